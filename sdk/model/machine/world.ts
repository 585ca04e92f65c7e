import { type Address, ZERO_ADDRESS } from "./address.js";
import { facilityNumberOf, openerOf } from "./loanId.js";
import { require } from "./refusal.js";
import { Journal, Table } from "./table.js";
import { type Authorisation, type Facility, type Loan, LoanFlags, NO_AUTHORISATION, type Pool } from "./types.js";

/** What is fixed in the contracts' code: no event says it, the deployment does. */
export interface Deployment {
  readonly manager: Address;
  readonly pools: ReadonlyMap<Address, PoolCode>;
  readonly vaults: ReadonlyMap<Address, VaultCode>;
}

export interface PoolCode {
  readonly asset: Address;
  /** The senior tranche. */
  readonly senior: Address;
  /** WAD a second; 0 where the rate follows the adaptive curve. */
  readonly fixedRatePerSecond: bigint;
}

export interface VaultCode {
  readonly asset: Address;
}

type Pair = `${Address}/${Address}`;
type Triple = `${Address}/${string}/${Address}`;

/**
 * All state of the contracts, as far as loans, lenders and their tokens go. Rows are replaced, never changed; only
 * {@link applyEvent} and token allowances write them.
 */
export class World {
  readonly journal = new Journal();
  readonly loans = this.#table<bigint, Loan>();
  /** Only of loans flagged TRANSFERRED. */
  readonly newOwners = this.#table<bigint, Address>();
  /** Loans that changed hands and are gone: their slots say SPENT, and their ids are never used again. */
  readonly spent = this.#table<bigint, true>();
  /** Only of loans flagged OFFERED. */
  readonly offers = this.#table<bigint, Address>();
  readonly facilities = this.#table<bigint, Facility>();
  readonly pools = this.#table<Address, Pool>();
  readonly nonces = this.#table<Address, bigint>();
  readonly #authorisations = this.#table<Triple, Authorisation>();
  readonly #supplies = this.#table<Address, bigint>();
  readonly #balances = this.#table<Pair, bigint>();
  readonly #allowances = this.#table<`${Pair}/${Address}`, bigint>();
  readonly #tokens: ReadonlySet<Address>;
  readonly #trancheToPool: ReadonlyMap<Address, Address>;

  constructor(readonly deployment: Deployment) {
    const pools = [...deployment.pools];
    this.#trancheToPool = new Map(pools.map(([pool, { senior }]) => [senior, pool]));
    this.#tokens = new Set([
      ...pools.flatMap(([, { asset, senior }]) => [asset, senior]),
      ...[...deployment.vaults.values()].map(({ asset }) => asset),
    ]);
  }

  #table<K, V>(): Table<K, V> {
    return new Table<K, V>(this.journal);
  }

  /** Whether balances of that token are kept: loan assets, collaterals and tranches. */
  isToken(address: Address): boolean {
    return this.#tokens.has(address);
  }

  /** The facility of that number, or the refusal UnknownFacility. */
  facility(number: bigint): Facility {
    const facility = this.facilities.get(number);
    require(facility !== undefined, "UnknownFacility", number);
    return facility;
  }

  /** The loan, which exists as long as it has debt or collateral, or the refusal NoSuchLoan. */
  openLoan(id: bigint): Loan {
    const loan = this.loans.get(id);
    require(loan !== undefined, "NoSuchLoan", id);
    return loan;
  }

  /** The facility a loan belongs to. */
  facilityOfLoan(id: bigint): Facility {
    return this.facility(facilityNumberOf(id));
  }

  /** Owner of an open loan; the zero address where there is none. */
  ownerOf(id: bigint): Address {
    const loan = this.loans.get(id);
    if (loan === undefined) return ZERO_ADDRESS;
    return (loan.flags & LoanFlags.TRANSFERRED) === 0n ? openerOf(id) : (this.newOwners.get(id) ?? ZERO_ADDRESS);
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

  poolOfTranche(tranche: Address): Address {
    const pool = this.#trancheToPool.get(tranche);
    if (pool === undefined) throw new Error(`${tranche} is not a tranche of this deployment`);
    return pool;
  }

  authorisation(owner: Address, facility: bigint, operator: Address): Authorisation {
    return this.#authorisations.get(`${owner}/${facility.toString()}/${operator}`) ?? NO_AUTHORISATION;
  }

  setAuthorisation(owner: Address, facility: bigint, operator: Address, authorisation: Authorisation): void {
    this.#authorisations.set(`${owner}/${facility.toString()}/${operator}`, authorisation);
  }

  nonce(owner: Address): bigint {
    return this.nonces.get(owner) ?? 0n;
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

  /** Moves, mints (from zero) or burns (to zero) as a Transfer event says. */
  moveBalance(token: Address, from: Address, to: Address, value: bigint): void {
    if (from === ZERO_ADDRESS) this.#supplies.set(token, this.supply(token) + value);
    else this.#balances.set(`${token}/${from}`, this.balance(token, from) - value);
    if (to === ZERO_ADDRESS) this.#supplies.set(token, this.supply(token) - value);
    else this.#balances.set(`${token}/${to}`, this.balance(token, to) + value);
  }
}
