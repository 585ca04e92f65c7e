import type { Address } from "../address.js";
import { facilityNumberOf } from "../loanId.js";
import { collect, quoteRepayment } from "../pool.js";
import { require } from "../refusal.js";
import type { Transaction } from "../transaction.js";
import type { Callback } from "./callback.js";

/** Pays a debt, anybody's, by anybody. Returns what was paid. */
export function repay(
  tx: Transaction,
  caller: Address,
  { id, assets, callback }: { readonly id: bigint; readonly assets: bigint; readonly callback?: Callback },
): bigint {
  const loan = tx.world.openLoan(id);
  require(assets !== 0n, "ZeroAmount");
  const { pool, minDebt } = tx.world.facilityOfLoan(id);
  tx.lock(facilityNumberOf(id));

  const { paid, shares } = quoteRepayment(tx, pool, loan.debtShares, assets, minDebt);
  tx.emit(tx.manager, "Repaid", { id, payer: caller, assets: paid, shares });

  callback?.(tx);
  collect(tx, pool, caller, paid);
  tx.unlock(facilityNumberOf(id));
  return paid;
}
