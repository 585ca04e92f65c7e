import type { Address } from "./address.js";
import { facilityNumberOf } from "./loanId.js";
import { require } from "./refusal.js";
import type { Transaction } from "./transaction.js";

/**
 * Passes the owner of a loan and its live operators; refuses everyone else. What an operator uses of its limits is taken off
 * by the event of the action.
 */
export function requireAuthority(
  tx: Transaction,
  caller: Address,
  id: bigint,
  action: bigint,
  cash: bigint,
  collateral: bigint,
): void {
  const owner = tx.world.ownerOf(id);
  if (caller === owner) return;
  const given = tx.world.authorisation(owner, facilityNumberOf(id), caller);
  const live = (given.actions & action) !== 0n && tx.now <= given.expiresAt;
  require(live, "NotAuthorised", caller, owner, action);
  require(cash <= given.cashLimit, "CashLimitExceeded", cash, given.cashLimit);
  require(collateral <= given.collateralLimit, "CollateralLimitExceeded", collateral, given.collateralLimit);
}
