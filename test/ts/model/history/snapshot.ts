import { concat, keccak256, toBeHex, zeroPadValue } from "ethers";
import {
  type Address,
  type Facility,
  LoanFlags,
  type ModelEvent,
  type QueueBook,
  type Register,
  type World,
  ZERO_ADDRESS,
  facilityNumberOf,
  toAddress,
} from "../../../../sdk/model/machine/index.js";
import { LATE_FLAGS, NO_LATE_SLOTS, NO_TERM_SLOT, slotsOf } from "../termSlots.js";
import type { LoanKey } from "./move.js";
import type { Stage, StagedFacility } from "./stage.js";

/** Which rows to compare: everything the history has touched, whether it still exists or not. */
export interface Touched {
  /** Of {@link keyOf}. */
  readonly loans: ReadonlySet<string>;
  /** Of {@link authorisationKey}. */
  readonly authorisations: ReadonlySet<string>;
}

/** Everything stored, by name. Two snapshots are equal exactly when the contracts and the model hold the same. */
export type Snapshot = Record<string, unknown>;

const NO_LOAN = { debtShares: 0n, collateral: 0n, duesPassed: 0n, settledAfter: 0n, flags: 0n };

export const keyOf = (manager: Address, id: bigint): string => `${manager} ${id.toString()}`;

export function loanOfKey(key: string): LoanKey {
  const [manager, id] = key.split(" ");
  if (manager === undefined || id === undefined) throw new Error(`bad key ${key}`);
  return { manager: toAddress(manager), id: BigInt(id) };
}

export const authorisationKey = (manager: Address, owner: Address, facility: bigint, operator: Address): string =>
  `${manager} ${owner} ${facility.toString()} ${operator}`;

function splitKey(key: string): [manager: Address, triple: [Address, bigint, Address]] {
  const [manager, owner, facility, operator] = key.split(" ");
  if (manager === undefined || owner === undefined || facility === undefined || operator === undefined) {
    throw new Error(`bad key ${key}`);
  }
  return [toAddress(manager), [toAddress(owner), BigInt(facility), toAddress(operator)]];
}

function managersOf(stage: Stage): Address[] {
  return [...new Set(stage.facilities.map(({ manager }) => manager))];
}

function holders(stage: Stage): Address[] {
  const { pools, vaults } = stage.deployment;
  return [
    ...stage.actors.map(({ address }) => address),
    toAddress(stage.admin.address),
    "0x000000000000000000000000000000000000dead",
    ...managersOf(stage),
    ...pools.keys(),
    ...vaults.keys(),
    ...stage.facilities.flatMap(({ tranches, queue }) => (queue === undefined ? tranches : [...tranches, queue])),
  ];
}

function tokens(stage: Stage): Address[] {
  return [
    ...new Set(
      stage.facilities.flatMap(({ loanAsset, collateralAsset, tranches }) => [loanAsset, collateralAsset, ...tranches]),
    ),
  ];
}

const isTranche = (stage: Stage, token: Address): boolean =>
  stage.facilities.some(({ tranches }) => tranches.includes(token));

const balancesOf = (stage: Stage): Named["balances"] =>
  tokens(stage).flatMap((token) => holders(stage).map((holder) => ({ token, holder })));

function allowanceTriples(stage: Stage): [Address, Address, Address][] {
  return stage.facilities.flatMap(({ loanAsset, collateralAsset, tranches, queue, pool, vault }) =>
    stage.actors.flatMap(({ address }): [Address, Address, Address][] => [
      [loanAsset, address, pool],
      [collateralAsset, address, vault],
      ...tranches.map((tranche): [Address, Address, Address] => [loanAsset, address, tranche]),
      ...(queue === undefined ? [] : [[loanAsset, address, queue] satisfies [Address, Address, Address]]),
      ...tranches.flatMap((tranche) =>
        stage.actors.map(({ address: spender }): [Address, Address, Address] => [tranche, address, spender]),
      ),
    ]),
  );
}

/** The contract keeps two flags: new loans are stopped, and gate or loan cap say something. */
function storedFacility({ newLoansStopped, oracleSetAt: _, ...params }: Facility): Snapshot {
  const limited = params.gate !== ZERO_ADDRESS || params.loanCap !== 2n ** 96n - 1n;
  return { ...params, flags: (newLoansStopped ? 1n : 0n) + (limited ? 2n : 0n) };
}

/** A loan's slots in the manager and, of a term loan, in its pool. */
function modelLoan(register: Register, id: bigint, isTerm: boolean): Snapshot {
  const loan = register.loans.get(id);
  const row = register.termLoans.get(id);
  const other = loan ?? { collateral: 0n, flags: 0n };
  const slots = row && slotsOf(row.loan, row.sheet, other);
  const stored = loan && { ...NO_LOAN, ...slots?.loan, ...loan, ...(slots && { flags: slots.loan.flags }) };
  return {
    loan: stored ?? { ...NO_LOAN, flags: register.spent.get(id) ? LoanFlags.SPENT : 0n },
    owner: register.ownerOf(id),
    offer: register.offers.get(id)?.to ?? ZERO_ADDRESS,
    mark: register.markOf(id),
    ...(isTerm && { slot: slots?.slot ?? NO_TERM_SLOT, late: slots?.late ?? NO_LATE_SLOTS }),
  };
}

/** A queue, line and all, and what it has of each who acts. */
function modelQueue(stage: Stage, book: QueueBook): Snapshot {
  const { requests, queuedTo, totals } = book.line;
  return {
    ...{ requests, queuedTo, totals },
    all: numbered(requests).map((id) => book.request(id)),
    lists: stage.actors.map(({ address }) => book.requestsOf(address)),
    operators: stage.actors.map(({ address }) => stage.actors.map((other) => book.isOperator(address, other.address))),
  };
}

const numbered = (count: bigint): bigint[] => Array.from({ length: Number(count) }, (_, i) => BigInt(i) + 1n);

/** What every step is checked by: all pools, the loans and queues its events name, and the balances they move. */
export interface Named {
  readonly queues: Iterable<Address>;
  readonly loans: Iterable<string>;
  readonly balances: readonly { readonly token: Address; readonly holder: Address }[];
}

/** What a step's events name. */
export function namedBy(stage: Stage, events: readonly ModelEvent[]): Named {
  const queues = queuesOf(stage);
  return {
    queues: new Set(events.map(({ emitter }) => emitter).filter((emitter) => queues.includes(emitter))),
    loans: new Set(events.flatMap(({ emitter, args }) => ("id" in args ? [keyOf(emitter, args.id)] : []))),
    balances: events.flatMap(({ name, emitter: token, args }) =>
      name === "Transfer"
        ? [args.from, args.to].map((holder) => ({ token, holder }))
        : name === "ExitRequested"
          ? [{ token, holder: args.owner }]
          : [],
    ),
  };
}

const queuesOf = (stage: Stage): Address[] =>
  stage.facilities.flatMap(({ queue }) => (queue === undefined ? [] : [queue]));

export function modelBooks(stage: Stage, world: World, { loans, queues, balances }: Named): Snapshot {
  const result: Snapshot = {};
  for (const queue of queues) result[`queue ${queue}`] = modelQueue(stage, world.queue(queue).book);
  for (const { pool } of stage.facilities) result[`pool ${pool}`] = { ...world.pool(pool) };
  for (const key of loans) {
    const { manager, id } = loanOfKey(key);
    result[`loan ${key}`] = modelLoan(world.register(manager), id, manager === world.deployment.termManager);
  }
  for (const { token, holder } of balances) {
    result[`balance ${token} ${holder}`] = world.balance(token, holder);
    if (isTranche(stage, token)) result[`exit request ${token} ${holder}`] = world.exitRequest(token, holder);
    result[`supply ${token}`] = world.supply(token);
  }
  return result;
}

export function modelSnapshot(stage: Stage, world: World, touched: Touched): Snapshot {
  const named = { loans: touched.loans, queues: queuesOf(stage), balances: balancesOf(stage) };
  const result = modelBooks(stage, world, named);
  for (const { manager, number, pool, isTerm } of stage.facilities) {
    result[`facility ${manager} ${number}`] = storedFacility(world.register(manager).facility(number));
    if (isTerm) result[`sheets ${pool}`] = world.sheets(pool);
  }
  for (const key of touched.authorisations) {
    const [manager, triple] = splitKey(key);
    result[`authorisation ${key}`] = { ...world.register(manager).authorisation(...triple) };
  }
  for (const manager of managersOf(stage)) {
    const register = world.register(manager);
    result[`facilities ${manager}`] = BigInt(register.facilities.size);
    for (const { address } of stage.actors) result[`nonce ${manager} ${address}`] = register.nonce(address);
  }
  return result;
}

const said = (row: unknown): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));

const sorted = (row: unknown): unknown =>
  typeof row === "object" && row !== null
    ? Object.fromEntries(
        Object.entries(row)
          .sort()
          .map(([key, value]) => [key, sorted(value)]),
      )
    : row;

/** The rows in which two snapshots differ, in words; none where they are equal. */
export function differences(model: Snapshot, stored: Snapshot): string[] {
  const names = [...new Set([...Object.keys(model), ...Object.keys(stored)])];
  return names.flatMap((name) => {
    const [inModel, onChain] = [said(sorted(model[name])), said(sorted(stored[name]))];
    return inModel === onChain ? [] : [`${name}: the model has ${inModel}, the contracts ${onChain}`];
  });
}

/** ERC-20 spends allowances without an event: only a forward run knows them. */
export function modelAllowances(stage: Stage, world: World): Snapshot {
  return Object.fromEntries(allowanceTriples(stage).map((triple) => [triple.join(" "), world.allowance(...triple)]));
}

type Call = (target: Address, method: string, ...args: unknown[]) => Promise<unknown>;

function callOf(stage: Stage): Call {
  return async (target, method, ...args) => {
    const contract = stage.contracts.get(target);
    if (contract === undefined) throw new Error(`no contract at ${target}`);
    const answer: unknown = await contract.getFunction(method).staticCall(...args);
    return typeof answer === "string" && answer.startsWith("0x") ? toAddress(answer) : answer;
  };
}

/** A struct as a plain object, addresses in lower case, nested structs side by side. */
function plain(struct: unknown): Record<string, unknown> {
  const object = (struct as { toObject(deep: boolean): Record<string, unknown> }).toObject(true);
  const result: Record<string, unknown> = {};
  const add = (from: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(from)) {
      if (typeof value === "object" && value !== null) add(value as Record<string, unknown>);
      else result[key] = typeof value === "string" ? toAddress(value) : value;
    }
  };
  add(object);
  return result;
}

/** Fields of a storage slot, from its lowest bit up. */
function fields(word: bigint, ...layout: readonly (readonly [name: string, bits: number])[]): Record<string, bigint> {
  let rest = word;
  return Object.fromEntries(
    layout.map(([name, bits]) => {
      const value = BigInt.asUintN(bits, rest);
      rest >>= BigInt(bits);
      return [name, value];
    }),
  );
}

/**
 * A pool's slots, read as they are stored: no view of a term pool shows them undivided. Slot 0 is AccessManaged's; 1 to 4 are
 * PoolLedger's; then the debt of a revolving pool, or the term sheets, how many, and the sum of a term pool.
 */
async function storedPool(stage: Stage, { pool, isTerm }: StagedFacility): Promise<Snapshot> {
  const slot = async (number: number): Promise<bigint> => BigInt(await stage.ethers.provider.getStorage(pool, number));
  const { redemptionsQueued, ...state } = fields(
    await slot(1),
    ...([
      ["cash", 112],
      ["accruedAt", 40],
      ["rateAtTarget", 64],
      ["facility", 32],
      ["redemptionsQueued", 8],
    ] as const),
  );
  const claims = fields(await slot(2), ["senior", 112], ["reserve", 112], ["reserveFeeBps", 16]);
  const firstLoss = fields(await slot(3), ["junior", 112], ["stake", 112]);
  const expected = fields(await slot(4), ["expectedLoss", 112], ["premium", 112]);
  const debt = isTerm
    ? { debtAssets: 0n, debtShares: 0n, receivable: await slot(7), slope: await slot(8) }
    : { ...fields(await slot(5), ["debtAssets", 128], ["debtShares", 128]), receivable: 0n, slope: 0n };
  return { ...state, redemptionsQueued: redemptionsQueued === 1n, ...claims, ...firstLoss, ...expected, ...debt };
}

/** A list's entries are not reached by a struct's own conversion. */
interface Position {
  readonly slot: unknown;
  readonly late: readonly unknown[];
}

async function chainLoan(stage: Stage, call: Call, { manager, id }: LoanKey): Promise<Snapshot> {
  const loan = plain(await call(manager, "loanOf", id));
  const number = facilityNumberOf(id);
  const staged = stage.facilities.find((f) => f.manager === manager && f.number === number);
  const snapshot = {
    loan,
    owner: await call(manager, "ownerOf", id),
    offer: await call(manager, "offeredTo", id),
    mark: await call(manager, "markOf", id),
  };
  if (staged === undefined || !staged.isTerm) return snapshot;
  // With every flag of lateness, so that the pool shows what it stores whether or not the loan's own flags let it look.
  const flags = BigInt(String(loan["flags"])) | LATE_FLAGS;
  const position = (await call(staged.pool, "positionOf", id, { ...loan, flags })) as Position;
  const [late] = position.late;
  return { ...snapshot, slot: plain(position.slot), late: late === undefined ? NO_LATE_SLOTS : plain(late) };
}

/**
 * A queue's slots. Slot 0 has how many requests there are and the line's end, 1 the totals, 3 the lists of requests by controller; what
 * has a view is asked by it.
 */
async function chainQueue(stage: Stage, call: Call, queue: Address): Promise<Snapshot> {
  const slot = async (at: bigint): Promise<bigint> => BigInt(await stage.ethers.provider.getStorage(queue, at));
  const { requests = 0n, queuedTo } = fields(await slot(0n), ["requests", 48], ["queuedTo", 128]);
  const beginning = BigInt(keccak256(toBeHex(1n, 32)));
  const totals = numbered(await slot(1n)).map(async (number) =>
    fields(await slot(beginning + number - 1n), ["shares", 128], ["assets", 128]),
  );
  const lists = stage.actors.map(async ({ address }) => {
    const at = keccak256(concat([zeroPadValue(address, 32), toBeHex(3n, 32)]));
    return fields(await slot(BigInt(at)), ["first", 48], ["last", 48]);
  });
  const operators = stage.actors.map(({ address }) =>
    Promise.all(stage.actors.map((other) => call(queue, "isOperator", address, other.address))),
  );
  return {
    ...{ requests, queuedTo, totals: await Promise.all(totals) },
    all: await Promise.all(numbered(requests).map(async (id) => plain(await call(queue, "requestOf", id)))),
    ...{ lists: await Promise.all(lists), operators: await Promise.all(operators) },
  };
}

export async function chainBooks(stage: Stage, { loans, queues, balances }: Named): Promise<Snapshot> {
  const call = callOf(stage);
  const result: Snapshot = {};
  for (const queue of queues) result[`queue ${queue}`] = await chainQueue(stage, call, queue);
  for (const staged of stage.facilities) result[`pool ${staged.pool}`] = await storedPool(stage, staged);
  for (const key of loans) result[`loan ${key}`] = await chainLoan(stage, call, loanOfKey(key));
  for (const { token, holder } of balances) {
    result[`balance ${token} ${holder}`] = await call(token, "balanceOf", holder);
    if (isTranche(stage, token)) {
      result[`exit request ${token} ${holder}`] = plain(await call(token, "exitRequestOf", holder));
    }
    result[`supply ${token}`] ??= await call(token, "totalSupply");
  }
  return result;
}

export async function chainSnapshot(stage: Stage, touched: Touched): Promise<Snapshot> {
  const call = callOf(stage);
  const named = { loans: touched.loans, queues: queuesOf(stage), balances: balancesOf(stage) };
  const result = await chainBooks(stage, named);
  for (const { manager, number, pool, isTerm } of stage.facilities) {
    result[`facility ${manager} ${number}`] = plain(await call(manager, "facilityOf", number));
    if (!isTerm) continue;
    const count = Number(await call(pool, "sheetCount"));
    const sheets = Array.from({ length: count }, async (_, number) => plain(await call(pool, "sheetOf", number)));
    result[`sheets ${pool}`] = await Promise.all(sheets);
  }
  for (const key of touched.authorisations) {
    const [manager, triple] = splitKey(key);
    result[`authorisation ${key}`] = plain(await call(manager, "authorisationOf", ...triple));
  }
  for (const manager of managersOf(stage)) {
    result[`facilities ${manager}`] = await call(manager, "facilityCount");
    for (const { address } of stage.actors) {
      result[`nonce ${manager} ${address}`] = await call(manager, "nonces", address);
    }
  }
  return result;
}

export async function chainAllowances(stage: Stage): Promise<Snapshot> {
  const call = callOf(stage);
  const result: Snapshot = {};
  for (const [token, owner, spender] of allowanceTriples(stage)) {
    result[[token, owner, spender].join(" ")] = await call(token, "allowance", owner, spender);
  }
  return result;
}
