import type { Address } from "./address.js";
import { applyEvent } from "./applyEvent.js";
import type { EventArguments, EventName, ModelEvent } from "./events.js";
import { Refusal, require } from "../refusal.js";
import type { World } from "./world.js";

/** What the contracts ask of the outside world within one transaction. */
export interface Surroundings {
  /** The block's second. */
  readonly now: bigint;
  /** Price by which a loss is expected, 1e36; throws the oracle's {@link Refusal}. */
  price(oracle: Address): bigint;
  /** Price for new risk, 1e36; throws the oracle's {@link Refusal}. */
  borrowPrice(oracle: Address): bigint;
  /** Price at which collateral is sold, 1e36; throws the oracle's {@link Refusal}. */
  liquidationPrice(oracle: Address): bigint;
  /** Last second of the latest sequencer's grace; 0 for none. */
  graceEndsAt(oracle: Address): bigint;
  /** 0 to allow; 2^256 − 1 for a gate that fails to answer. Not asked where there is no gate. */
  gateReason(gate: Address, account: Address, action: bigint): bigint;
  /** Least junior capital for so much debt of a pool; not asked where the pool has no judge of capital. */
  requiredJuniorUp(capital: Address, pool: Address, debt: bigint): bigint;
  /** Whether the AccessManager lets `caller` use a governed function at once. */
  mayGovern(caller: Address): boolean;
}

/** What came of an action: its result and events, or the refusal that undid it. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly events: readonly ModelEvent[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** One transaction: what it has emitted, and which facilities it has locked. */
export class Transaction {
  readonly #events: ModelEvent[] = [];
  readonly #locked = new Set<Address>();

  constructor(
    readonly world: World,
    readonly surroundings: Surroundings,
  ) {}

  get now(): bigint {
    return this.surroundings.now;
  }

  /** Emits an event, and thereby changes the state. */
  emit<Name extends EventName>(emitter: Address, name: Name, args: EventArguments[Name]): void {
    const event = { name, emitter, timestamp: this.now, args } as ModelEvent;
    this.#events.push(event);
    applyEvent(this.world, event);
  }

  /** Locks the facility of that pool: two managers may have facilities of the same number. */
  lock(pool: Address): void {
    this.requireUnlocked(pool);
    this.#locked.add(pool);
  }

  unlock(pool: Address): void {
    this.#locked.delete(pool);
  }

  isLocked(pool: Address): boolean {
    return this.#locked.has(pool);
  }

  requireUnlocked(pool: Address): void {
    require(!this.isLocked(pool), "FacilityLocked", this.world.pool(pool).facility);
  }

  requireGovernor(caller: Address): void {
    require(this.surroundings.mayGovern(caller), "AccessManagedUnauthorized", caller);
  }

  /** Runs a call whose refusal its caller survives (Solidity's try): state, events and locks are as before it then. */
  attempt<T>(call: (tx: Transaction) => T): Outcome<T> {
    const savepoint = this.world.journal.savepoint();
    const eventsBefore = this.#events.length;
    const lockedBefore = [...this.#locked];
    try {
      const value = call(this);
      this.world.journal.release();
      return { ok: true, value, events: this.#events.slice(eventsBefore) };
    } catch (error) {
      this.world.journal.rollBack(savepoint);
      this.#events.length = eventsBefore;
      this.#locked.clear();
      for (const pool of lockedBefore) this.#locked.add(pool);
      if (error instanceof Refusal) return { ok: false, refusal: error };
      throw error;
    }
  }
}

/**
 * Runs one action, or several as a multicall would, on the world. A refusal changes nothing.
 *
 * @example
 * const outcome = execute(world, surroundings, (tx) => repay(tx, payer, { id, assets: MAX_UINT256 }));
 * if (!outcome.ok) console.error(outcome.refusal.message);
 */
export function execute<T>(world: World, surroundings: Surroundings, action: (tx: Transaction) => T): Outcome<T> {
  return new Transaction(world, surroundings).attempt(action);
}
