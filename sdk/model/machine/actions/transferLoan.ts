import { toAssetsUp } from "../../shares.js";
import { type Address, ZERO_ADDRESS } from "../address.js";
import { requireAuthority } from "../authority.js";
import { requireAllowed } from "../gate.js";
import { facilityNumberOf } from "../loanId.js";
import { accruedPool, debtTotals } from "../pool.js";
import { require } from "../refusal.js";
import type { Transaction } from "../transaction.js";
import { Actions, NewRisk } from "../types.js";

/** Offers the loan to a new owner; the zero address takes the offer back. Owner, or operator with TRANSFER. */
export function transferLoan(
  tx: Transaction,
  caller: Address,
  { id, newOwner }: { readonly id: bigint; readonly newOwner: Address },
): void {
  tx.world.openLoan(id);
  tx.requireUnlocked(facilityNumberOf(id));
  requireAuthority(tx, caller, id, Actions.TRANSFER, 0n, 0n);
  tx.emit(tx.manager, "TransferOffered", { id, owner: tx.world.ownerOf(id), newOwner });
}

/** Takes over a loan offered to the caller, if it is not worse than the caller says. */
export function acceptLoan(
  tx: Transaction,
  caller: Address,
  { id, maxDebt, minCollateral }: { readonly id: bigint; readonly maxDebt: bigint; readonly minCollateral: bigint },
): void {
  const loan = tx.world.openLoan(id);
  tx.requireUnlocked(facilityNumberOf(id));
  const offered = tx.world.offers.get(id) ?? ZERO_ADDRESS;
  require(offered === caller, "NotOffered", id, caller, offered);
  const facility = tx.world.facilityOfLoan(id);
  require(!facility.newLoansStopped, "NewLoansAreStopped", facilityNumberOf(id));
  requireAllowed(tx, facility.gate, caller, NewRisk.AcceptLoan);
  const debt = toAssetsUp(loan.debtShares, debtTotals(accruedPool(tx.world, facility.pool, tx.now).pool));
  const acceptable = debt <= maxDebt && loan.collateral >= minCollateral;
  require(acceptable, "LoanChanged", debt, maxDebt, loan.collateral, minCollateral);
  tx.emit(tx.manager, "Transferred", { id, from: tx.world.ownerOf(id), to: caller });
}
