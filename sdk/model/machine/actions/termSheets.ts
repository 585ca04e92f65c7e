import { type TermSheet, requireValidSheet } from "../../termLoanBook.js";
import type { Address } from "../address.js";
import { require } from "../../refusal.js";
import { offeredSheet } from "../termPool.js";
import type { Transaction } from "../transaction.js";

const MOST_SHEETS = 256;

/** Risk manager. Sheets are numbered from 0 and never change. Returns the number. */
export function addTermSheet(
  tx: Transaction,
  caller: Address,
  { pool, terms }: { readonly pool: Address; readonly terms: TermSheet },
): bigint {
  tx.requireGovernor(caller);
  requireValidSheet(terms);
  const { length } = tx.world.sheets(pool);
  require(length < MOST_SHEETS, "TooManyTermSheets");
  tx.emit(pool, "TermSheetAdded", { sheet: BigInt(length), terms });
  return BigInt(length);
}

/** Guardian: no new loan takes it. */
export function retireTermSheet(
  tx: Transaction,
  caller: Address,
  { pool, sheet }: { readonly pool: Address; readonly sheet: bigint },
): void {
  tx.requireGovernor(caller);
  offeredSheet(tx.world, pool, sheet);
  tx.emit(pool, "TermSheetRetired", { sheet });
}
