import { MAX_UINT256 } from "../../constants.js";
import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { facilityNumberOf } from "../loanId.js";
import { collect, quoteRepayment } from "../pool.js";
import type { Transaction } from "../transaction.js";
import { Actions } from "../types.js";
import { sendCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

/** Pays all the debt and takes out all the collateral, which is sent first. Owner, or operator with CLOSE. */
export function close(
  tx: Transaction,
  caller: Address,
  { id, receiver, callback }: { readonly id: bigint; readonly receiver: Address; readonly callback?: Callback },
): { paid: bigint; collateral: bigint } {
  const { debtShares: shares, collateral } = tx.world.openLoan(id);
  const { pool, vault } = tx.world.facilityOfLoan(id);
  tx.lock(facilityNumberOf(id));
  requireAuthority(tx, caller, id, Actions.CLOSE, 0n, collateral);

  const paid = shares === 0n ? 0n : quoteRepayment(tx, pool, shares, MAX_UINT256, 0n).paid;
  tx.emit(tx.manager, "Closed", { id, caller, receiver, assets: paid, shares, collateral });

  if (collateral !== 0n) sendCollateral(tx, vault, receiver, collateral);
  callback?.(tx);
  if (paid !== 0n) collect(tx, pool, caller, paid);
  tx.unlock(facilityNumberOf(id));
  return { paid, collateral };
}
