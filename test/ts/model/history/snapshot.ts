import {
  type Address,
  type Facility,
  LoanFlags,
  type World,
  ZERO_ADDRESS,
  toAddress,
} from "../../../../sdk/model/machine/index.js";
import type { Stage } from "./stage.js";

/** Which rows to compare: everything the history has touched, whether it still exists or not. */
export interface Touched {
  readonly loans: ReadonlySet<bigint>;
  readonly authorisations: ReadonlySet<string>;
}

/** Everything stored, by name. Two snapshots are equal exactly when the contracts and the model hold the same. */
export type Snapshot = Record<string, unknown>;

const NO_LOAN = { debtShares: 0n, collateral: 0n, flags: 0n };

export const authorisationKey = (owner: Address, facility: bigint, operator: Address): string =>
  `${owner} ${facility.toString()} ${operator}`;

function splitKey(key: string): [Address, bigint, Address] {
  const [owner, facility, operator] = key.split(" ");
  if (owner === undefined || facility === undefined || operator === undefined) throw new Error(`bad key ${key}`);
  return [toAddress(owner), BigInt(facility), toAddress(operator)];
}

function holders(stage: Stage): Address[] {
  const { manager, pools, vaults } = stage.deployment;
  return [
    ...stage.actors.map(({ address }) => address),
    toAddress(stage.admin.address),
    "0x000000000000000000000000000000000000dead",
    manager,
    ...pools.keys(),
    ...vaults.keys(),
    ...stage.facilities.map(({ tranche }) => tranche),
  ];
}

function tokens(stage: Stage): Address[] {
  return [
    ...new Set(
      stage.facilities.flatMap(({ loanAsset, collateralAsset, tranche }) => [loanAsset, collateralAsset, tranche]),
    ),
  ];
}

function allowanceTriples(stage: Stage): [Address, Address, Address][] {
  return stage.facilities.flatMap(({ loanAsset, collateralAsset, tranche, pool, vault }) =>
    stage.actors.flatMap(({ address }): [Address, Address, Address][] => [
      [loanAsset, address, pool],
      [loanAsset, address, tranche],
      [collateralAsset, address, vault],
      ...stage.actors.map(({ address: spender }): [Address, Address, Address] => [tranche, address, spender]),
    ]),
  );
}

/** The contract keeps two flags: new loans are stopped, and gate or loan cap say something. */
function storedFacility({ newLoansStopped, oracleSetAt: _, ...params }: Facility): Snapshot {
  const limited = params.gate !== ZERO_ADDRESS || params.loanCap !== 2n ** 96n - 1n;
  return { ...params, flags: (newLoansStopped ? 1n : 0n) + (limited ? 2n : 0n) };
}

export function modelSnapshot(stage: Stage, world: World, touched: Touched): Snapshot {
  const result: Snapshot = { facilityCount: BigInt(world.facilities.size) };
  for (const { number, pool } of stage.facilities) {
    result[`facility ${number}`] = storedFacility(world.facility(number));
    result[`pool ${number}`] = { ...world.pool(pool) };
  }
  for (const id of touched.loans) {
    result[`loan ${id}`] =
      world.loans.get(id) ?? (world.spent.get(id) ? { ...NO_LOAN, flags: LoanFlags.SPENT } : NO_LOAN);
    result[`owner ${id}`] = world.ownerOf(id);
    result[`offer ${id}`] = world.offers.get(id) ?? ZERO_ADDRESS;
  }
  for (const key of touched.authorisations)
    result[`authorisation ${key}`] = { ...world.authorisation(...splitKey(key)) };
  for (const { address } of stage.actors) result[`nonce ${address}`] = world.nonce(address);
  for (const token of tokens(stage)) {
    result[`supply ${token}`] = world.supply(token);
    for (const holder of holders(stage)) result[`balance ${token} ${holder}`] = world.balance(token, holder);
  }
  return result;
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

export async function chainSnapshot(stage: Stage, touched: Touched): Promise<Snapshot> {
  const call = callOf(stage);
  const { manager } = stage.deployment;
  const result: Snapshot = { facilityCount: await call(manager, "facilityCount") };
  for (const { number, pool } of stage.facilities) {
    result[`facility ${number}`] = plain(await call(manager, "facilityOf", number));
    const [debt, cash, claims] = (await call(pool, "stored")) as [unknown, unknown, unknown];
    const { assets: debtAssets, shares: debtShares } = plain(debt);
    const state = { ...plain(cash) };
    delete state.redemptionsQueued; // nobody queues here
    result[`pool ${number}`] = { debtAssets, debtShares, ...state, ...plain(claims) };
  }
  for (const id of touched.loans) {
    const { debtShares: shares, collateral, flags } = plain(await call(manager, "loanOf", id));
    result[`loan ${id}`] = { debtShares: shares, collateral, flags };
    result[`owner ${id}`] = await call(manager, "ownerOf", id);
    result[`offer ${id}`] = await call(manager, "offeredTo", id);
  }
  for (const key of touched.authorisations) {
    result[`authorisation ${key}`] = plain(await call(manager, "authorisationOf", ...splitKey(key)));
  }
  for (const { address } of stage.actors) result[`nonce ${address}`] = await call(manager, "nonces", address);
  for (const token of tokens(stage)) {
    result[`supply ${token}`] = await call(token, "totalSupply");
    for (const holder of holders(stage)) {
      result[`balance ${token} ${holder}`] = await call(token, "balanceOf", holder);
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
