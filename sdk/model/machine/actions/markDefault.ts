import { MAX_UINT256 } from "../../constants.js";
import { markTermLoanDefault } from "../../termLoanBook.js";
import type { Address } from "../address.js";
import { require } from "../../refusal.js";
import { bookTermChange } from "../termPool.js";
import type { Transaction } from "../transaction.js";

/** Says that a term loan is in default, from the second after the grace of an unpaid instalment. Anyone may. */
export function markDefault(
  tx: Transaction,
  caller: Address,
  { manager, id }: { readonly manager: Address; readonly id: bigint },
): void {
  const register = tx.world.register(manager);
  register.openLoan(id);
  const { pool } = register.facilityOfLoan(id);
  tx.requireUnlocked(pool);
  const row = register.termLoans.get(id);
  require(row !== undefined, "NotInDefault", MAX_UINT256);
  const outcome = markTermLoanDefault(row.loan, tx.now);
  bookTermChange(tx, pool, outcome, 0n, false);
  tx.emit(manager, "DefaultMarked", { id, caller, defaultedAt: outcome.defaultedAt });
}
