import type { Address } from "../address.js";
import { accrue } from "../pool.js";
import type { Transaction } from "../transaction.js";

/** Adds interest up to this second. Anyone may. */
export function accruePool(tx: Transaction, pool: Address): void {
  tx.requireUnlocked(pool);
  accrue(tx, pool);
}
