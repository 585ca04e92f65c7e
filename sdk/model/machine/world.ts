import type { TermSheet } from "../termLoanBook.js";
import { minOf } from "../math.js";
import { TrancheClass } from "../waterfall.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { QueueBook } from "./queueBook.js";
import { Register } from "./register.js";
import { Journal, Table } from "./table.js";
import { type ExitRequest, FacilityKind, NO_EXIT_REQUEST, type Pool } from "./types.js";

/** What is fixed in the contracts' code: no event says it, the deployment does. */
export interface Deployment {
  /** Of revolving loans. */
  readonly manager: Address;
  readonly termManager?: Address;
  /** Of both managers. */
  readonly pools: ReadonlyMap<Address, PoolCode>;
  /** Of both managers. */
  readonly vaults: ReadonlyMap<Address, VaultCode>;
}

export interface PoolCode {
  readonly asset: Address;
  /** The senior tranche. */
  readonly senior: Address;
  /** Of senior lenders who wait for cash; absent where there is none. */
  readonly queue?: QueueCode;
  /** Judge of the capital ratio; absent where the facility has no such limit. */
  readonly capital?: Address;
  /** WAD a second; 0 where the rate follows the adaptive curve. */
  readonly fixedRatePerSecond: bigint;
  /** {@link FacilityKind} of its loans; revolving where absent. */
  readonly kind?: bigint;
  /** Absent where senior lenders are alone. */
  readonly firstLoss?: FirstLossCode;
}

export interface QueueCode {
  readonly address: Address;
  /** One whole share: least that can wait, and least that is served at a time. */
  readonly leastShares: bigint;
}

export interface FirstLossCode {
  /** The junior and the cover tranche; absent where the pool does without. */
  readonly junior?: Address;
  readonly cover?: Address;
  /** Share of senior's interest that goes to junior. */
  readonly juniorSpreadBps: bigint;
  /** Share of all interest that goes to cover while there is stake. */
  readonly coverPremiumBps: bigint;
  /** From a request to the window in which shares of both classes leave, and the window's length. */
  readonly exitCooldownSeconds: bigint;
  readonly exitWindowSeconds: bigint;
}

export interface VaultCode {
  readonly asset: Address;
}

/** Where a tranche's assets are, and its place in the order of losses. */
export interface TranchePlace {
  readonly pool: Address;
  readonly trancheClass: bigint;
  /** Seconds; 0 where shares leave at once. */
  readonly cooldown: bigint;
  readonly window: bigint;
}

/** A redemption queue, and whose it is. */
export interface QueuePlace {
  readonly pool: Address;
  readonly leastShares: bigint;
  readonly book: QueueBook;
}

type Pair = `${Address}/${Address}`;

/** The tranches of a pool in the order in which a facility is seeded. */
export function tranchesOf({ senior, firstLoss }: PoolCode): { tranche: Address; trancheClass: bigint }[] {
  return [
    { tranche: senior, trancheClass: TrancheClass.Senior },
    ...(firstLoss?.junior === undefined ? [] : [{ tranche: firstLoss.junior, trancheClass: TrancheClass.Junior }]),
    ...(firstLoss?.cover === undefined ? [] : [{ tranche: firstLoss.cover, trancheClass: TrancheClass.Cover }]),
  ];
}

function exitTermsOf({ firstLoss }: PoolCode, trancheClass: bigint): { cooldown: bigint; window: bigint } {
  if (trancheClass === TrancheClass.Senior || firstLoss === undefined) return { cooldown: 0n, window: 0n };
  return { cooldown: firstLoss.exitCooldownSeconds, window: firstLoss.exitWindowSeconds };
}

/**
 * All state of the contracts, as far as loans, lenders and their tokens go. Rows are replaced, never changed; only
 * {@link applyEvent} and token allowances write them.
 */
export class World {
  readonly journal = new Journal();
  readonly pools = this.#table<Address, Pool>();
  /** Of pools of term facilities. */
  readonly #sheets = this.#table<Address, readonly TermSheet[]>();
  readonly #supplies = this.#table<Address, bigint>();
  readonly #balances = this.#table<Pair, bigint>();
  readonly #allowances = this.#table<`${Pair}/${Address}`, bigint>();
  readonly #exitRequests = this.#table<Pair, ExitRequest>();
  readonly #tokens: ReadonlySet<Address>;
  readonly #tranches: ReadonlyMap<Address, TranchePlace>;
  readonly #registers: ReadonlyMap<Address, Register>;
  readonly #queues: ReadonlyMap<Address, QueuePlace>;

  constructor(readonly deployment: Deployment) {
    const { manager, termManager, vaults } = deployment;
    const pools = [...deployment.pools];
    this.#tranches = new Map(
      pools.flatMap(([pool, code]) =>
        tranchesOf(code).map(({ tranche, trancheClass }) => [
          tranche,
          { pool, trancheClass, ...exitTermsOf(code, trancheClass) },
        ]),
      ),
    );
    this.#queues = new Map(
      pools.flatMap(([pool, { queue }]) =>
        queue === undefined
          ? []
          : [[queue.address, { pool, leastShares: queue.leastShares, book: new QueueBook(this.journal) }]],
      ),
    );
    this.#tokens = new Set([
      ...pools.map(([, { asset }]) => asset),
      ...this.#tranches.keys(),
      ...[...vaults.values()].map(({ asset }) => asset),
    ]);
    const registers = [new Register(this.journal, manager, FacilityKind.Revolving)];
    if (termManager !== undefined) registers.push(new Register(this.journal, termManager, FacilityKind.Term));
    this.#registers = new Map(registers.map((register) => [register.manager, register]));
  }

  #table<K, V>(): Table<K, V> {
    return new Table<K, V>(this.journal);
  }

  /** Whether balances of that token are kept: loan assets, collaterals and tranches. */
  isToken(address: Address): boolean {
    return this.#tokens.has(address);
  }

  isManager(address: Address): boolean {
    return this.#registers.has(address);
  }

  /** What that loan manager stores. */
  register(manager: Address): Register {
    const register = this.#registers.get(manager);
    if (register === undefined) throw new Error(`${manager} is not a loan manager of this deployment`);
    return register;
  }

  /** What the manager of revolving loans stores. */
  get revolving(): Register {
    return this.register(this.deployment.manager);
  }

  get registers(): readonly Register[] {
    return [...this.#registers.values()];
  }

  /** What the manager of a pool stores. */
  registerOfPool(pool: Address): Register {
    const kind = this.poolCode(pool).kind ?? FacilityKind.Revolving;
    const found = this.registers.find((register) => register.kind === kind);
    if (found === undefined) throw new Error(`this deployment has no loan manager for pool ${pool}`);
    return found;
  }

  pool(address: Address): Pool {
    const pool = this.pools.get(address);
    if (pool === undefined) throw new Error(`no event of pool ${address} has been seen yet`);
    return pool;
  }

  poolCode(address: Address): PoolCode {
    const code = this.deployment.pools.get(address);
    if (code === undefined) throw new Error(`${address} is not a pool of this deployment`);
    return code;
  }

  vaultCode(address: Address): VaultCode {
    const code = this.deployment.vaults.get(address);
    if (code === undefined) throw new Error(`${address} is not a vault of this deployment`);
    return code;
  }

  tranche(address: Address): TranchePlace {
    const place = this.#tranches.get(address);
    if (place === undefined) throw new Error(`${address} is not a tranche of this deployment`);
    return place;
  }

  /** The last announcement of leaving that tranche; its window may be over. */
  exitRequest(tranche: Address, owner: Address): ExitRequest {
    return this.#exitRequests.get(`${tranche}/${owner}`) ?? NO_EXIT_REQUEST;
  }

  setExitRequest(tranche: Address, owner: Address, request: ExitRequest): void {
    this.#exitRequests.set(`${tranche}/${owner}`, request);
  }

  isQueue(address: Address): boolean {
    return this.#queues.has(address);
  }

  queue(address: Address): QueuePlace {
    const place = this.#queues.get(address);
    if (place === undefined) throw new Error(`${address} is not a redemption queue of this deployment`);
    return place;
  }

  /** What the redemption queue of a pool stores; undefined where it has none. */
  queueOfPool(pool: Address): QueueBook | undefined {
    const code = this.poolCode(pool).queue;
    return code && this.queue(code.address).book;
  }

  /** The term sheets of a pool, by their numbers. */
  sheets(pool: Address): readonly TermSheet[] {
    return this.#sheets.get(pool) ?? [];
  }

  setSheets(pool: Address, sheets: readonly TermSheet[]): void {
    this.#sheets.set(pool, sheets);
  }

  supply(token: Address): bigint {
    return this.#supplies.get(token) ?? 0n;
  }

  balance(token: Address, holder: Address): bigint {
    return this.#balances.get(`${token}/${holder}`) ?? 0n;
  }

  /** Known to a forward run only: ERC-20 spends allowances without an event. */
  allowance(token: Address, owner: Address, spender: Address): bigint {
    return this.#allowances.get(`${token}/${owner}/${spender}`) ?? 0n;
  }

  setAllowance(token: Address, owner: Address, spender: Address, value: bigint): void {
    this.#allowances.set(`${token}/${owner}/${spender}`, value);
  }

  /**
   * Moves, mints (from zero) or burns (to zero) as a Transfer event says. First-loss shares are burned only by leaving, which uses
   * up the owner's request; those that went elsewhere are under request no more.
   */
  moveBalance(token: Address, from: Address, to: Address, value: bigint): void {
    if (from === ZERO_ADDRESS) this.#supplies.set(token, this.supply(token) + value);
    else this.#balances.set(`${token}/${from}`, this.balance(token, from) - value);
    if (to === ZERO_ADDRESS) this.#supplies.set(token, this.supply(token) - value);
    else this.#balances.set(`${token}/${to}`, this.balance(token, to) + value);
    const request = this.exitRequest(token, from);
    if (request.shares === 0n) return;
    const unused = to === ZERO_ADDRESS ? request.shares - value : request.shares;
    this.setExitRequest(token, from, { ...request, shares: minOf(unused, this.balance(token, from)) });
  }
}
