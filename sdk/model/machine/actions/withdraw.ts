import { MAX_UINT256 } from "../../constants.js";
import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { facilityNumberOf } from "../loanId.js";
import { accruedDebt } from "../pool.js";
import { require } from "../refusal.js";
import { requireWithinLtv } from "../risk.js";
import type { Transaction } from "../transaction.js";
import { Actions } from "../types.js";
import { sendCollateral } from "../vault.js";

/** Takes collateral out; 2^256 − 1 takes all. The oracle is asked only where something is owed. Returns what was sent. */
export function withdraw(
  tx: Transaction,
  caller: Address,
  { id, collateral, receiver }: { readonly id: bigint; readonly collateral: bigint; readonly receiver: Address },
): bigint {
  const loan = tx.world.openLoan(id);
  const withdrawn = collateral === MAX_UINT256 ? loan.collateral : collateral;
  require(withdrawn !== 0n, "ZeroAmount");
  require(withdrawn <= loan.collateral, "InsufficientCollateral", withdrawn, loan.collateral);
  const facility = tx.world.facilityOfLoan(id);
  tx.lock(facilityNumberOf(id));
  requireAuthority(tx, caller, id, Actions.WITHDRAW, 0n, withdrawn);

  if (loan.debtShares !== 0n) {
    const debt = accruedDebt(tx, facility.pool, loan.debtShares);
    requireWithinLtv(tx, facility, loan.collateral - withdrawn, debt);
  }
  tx.emit(tx.manager, "Withdrawn", { id, caller, receiver, collateral: withdrawn });

  sendCollateral(tx, facility.vault, receiver, withdrawn);
  tx.unlock(facilityNumberOf(id));
  return withdrawn;
}
