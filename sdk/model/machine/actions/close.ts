import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { payOffDebt } from "../debt.js";
import { setMark } from "../marks.js";
import { collect } from "../pool.js";
import type { Transaction } from "../transaction.js";
import { Actions } from "../types.js";
import { sendCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface CloseArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly receiver: Address;
  readonly callback?: Callback;
}

/** Pays all the debt and takes out all the collateral, which is sent first. Owner, or operator with CLOSE. */
export function close(
  tx: Transaction,
  caller: Address,
  { manager, id, receiver, callback }: CloseArguments,
): { paid: bigint; collateral: bigint } {
  const register = tx.world.register(manager);
  const { debtShares: shares, collateral } = register.openLoan(id);
  const { pool, vault } = register.facilityOfLoan(id);
  tx.lock(pool);
  requireAuthority(tx, register, caller, id, Actions.CLOSE, 0n, collateral);

  const paid = payOffDebt(tx, register, id);
  setMark(tx, register, caller, id, 0n);
  tx.emit(manager, "Closed", { id, caller, receiver, assets: paid, shares, collateral });

  if (collateral !== 0n) sendCollateral(tx, vault, receiver, collateral);
  callback?.(tx);
  if (paid !== 0n) collect(tx, pool, caller, paid);
  tx.unlock(pool);
  return { paid, collateral };
}
