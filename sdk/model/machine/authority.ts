import type { Address } from "./address.js";
import { facilityNumberOf } from "./loanId.js";
import { require } from "../refusal.js";
import type { Register } from "./register.js";
import type { Transaction } from "./transaction.js";
import type { Authorisation } from "./types.js";

/**
 * Passes the owner of a loan and its live operators; refuses everyone else. What an operator uses of its limits is taken off
 * by the event of the action.
 */
export function requireAuthority(
  tx: Transaction,
  register: Register,
  caller: Address,
  id: bigint,
  action: bigint,
  cash: bigint,
  collateral: bigint,
): void {
  const given = requireLive(tx, register, caller, id, action);
  if (given === undefined) return;
  require(cash <= given.cashLimit, "CashLimitExceeded", cash, given.cashLimit);
  require(collateral <= given.collateralLimit, "CollateralLimitExceeded", collateral, given.collateralLimit);
}

/** Passes the owner and its live operators, whatever their limits. Returns what an operator was given. */
export function requireLive(
  tx: Transaction,
  register: Register,
  caller: Address,
  id: bigint,
  action: bigint,
): Authorisation | undefined {
  const owner = register.ownerOf(id);
  if (caller === owner) return undefined;
  const given = register.authorisation(owner, facilityNumberOf(id), caller);
  const live = (given.actions & action) !== 0n && tx.now <= given.expiresAt;
  require(live, "NotAuthorised", caller, owner, action);
  return given;
}

/** A limit that is not used up. */
const UNLIMITED = 2n ** 104n - 1n;

const spend = (limit: bigint, amount: bigint): bigint => (limit === UNLIMITED ? limit : limit - amount);

/** An event names who acted; where that was not the owner, an authorisation was used. */
export function useAuthorisation(
  register: Register,
  id: bigint,
  caller: Address,
  cash: bigint,
  collateral: bigint,
): void {
  const owner = register.ownerOf(id);
  if (caller === owner) return;
  const facility = facilityNumberOf(id);
  const given = register.authorisation(owner, facility, caller);
  register.setAuthorisation(owner, facility, caller, {
    ...given,
    cashLimit: spend(given.cashLimit, cash),
    collateralLimit: spend(given.collateralLimit, collateral),
  });
}
