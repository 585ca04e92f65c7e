import type { Address } from "../address.js";
import { require } from "../../refusal.js";
import type { Transaction } from "../transaction.js";
import { castTo, checked } from "../uint.js";
import { takeCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface TopUpArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly collateral: bigint;
  readonly callback?: Callback;
}

/** Adds collateral to a loan, anybody's, by anybody. */
export function topUp(tx: Transaction, caller: Address, { manager, id, collateral, callback }: TopUpArguments): void {
  const register = tx.world.register(manager);
  const loan = register.openLoan(id);
  const { pool, vault } = register.facilityOfLoan(id);
  require(collateral !== 0n, "ZeroAmount");
  tx.lock(pool);

  castTo(96n, checked(loan.collateral + collateral));
  tx.emit(manager, "ToppedUp", { id, payer: caller, collateral });

  callback?.(tx);
  takeCollateral(tx, vault, caller, collateral);
  tx.unlock(pool);
}
