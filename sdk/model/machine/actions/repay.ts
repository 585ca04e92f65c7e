import type { Address } from "../address.js";
import { payDebt, recognisedDebt } from "../debt.js";
import { moveMark } from "../marks.js";
import { collect } from "../pool.js";
import { require } from "../../refusal.js";
import type { Transaction } from "../transaction.js";
import type { Callback } from "./callback.js";

export interface RepayArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly assets: bigint;
  readonly callback?: Callback;
}

/** Pays a debt, anybody's, by anybody. Returns what was paid. */
export function repay(tx: Transaction, caller: Address, { manager, id, assets, callback }: RepayArguments): bigint {
  const register = tx.world.register(manager);
  const { collateral } = register.openLoan(id);
  require(assets !== 0n, "ZeroAmount");
  const { pool } = register.facilityOfLoan(id);
  tx.lock(pool);

  const countedBefore = register.markOf(id) === 0n ? 0n : recognisedDebt(tx, register, id);
  const { paid, shares, counted } = payDebt(tx, register, id, assets);
  const move = { countedBefore, countedAfter: counted, collateralBefore: collateral, collateralAfter: collateral };
  moveMark(tx, register, caller, id, move);
  tx.emit(manager, "Repaid", { id, payer: caller, assets: paid, shares });

  callback?.(tx);
  collect(tx, pool, caller, paid);
  tx.unlock(pool);
  return paid;
}
