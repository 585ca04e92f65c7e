import type { Address } from "../address.js";
import { facilityNumberOf } from "../loanId.js";
import { require } from "../refusal.js";
import type { Transaction } from "../transaction.js";
import { castTo, checked } from "../uint.js";
import { takeCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

/** Adds collateral to a loan, anybody's, by anybody. */
export function topUp(
  tx: Transaction,
  caller: Address,
  { id, collateral, callback }: { readonly id: bigint; readonly collateral: bigint; readonly callback?: Callback },
): void {
  const loan = tx.world.openLoan(id);
  require(collateral !== 0n, "ZeroAmount");
  tx.lock(facilityNumberOf(id));

  castTo(96n, checked(loan.collateral + collateral));
  tx.emit(tx.manager, "ToppedUp", { id, payer: caller, collateral });

  callback?.(tx);
  takeCollateral(tx, tx.world.facilityOfLoan(id).vault, caller, collateral);
  tx.unlock(facilityNumberOf(id));
}
