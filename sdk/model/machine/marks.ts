import { mulDivDown, subtractOrZero } from "../math.js";
import type { Address } from "./address.js";
import { changeExpectedLoss } from "./pool.js";
import type { Register } from "./register.js";
import type { Transaction } from "./transaction.js";

/** Says the loss to expect of a loan; nothing where it is as it was. */
export function setMark(tx: Transaction, register: Register, caller: Address, id: bigint, expectedLoss: bigint): void {
  const before = register.markOf(id);
  if (before === expectedLoss) return;
  tx.emit(register.manager, "Marked", { id, caller, expectedLoss });
  changeExpectedLoss(tx, register.facilityOfLoan(id).pool, before, expectedLoss);
}

/** A loan before and after a payment or a sale, as its pool counts it. */
export interface Move {
  readonly countedBefore: bigint;
  readonly countedAfter: bigint;
  readonly collateralBefore: bigint;
  readonly collateralAfter: bigint;
}

/**
 * What the collateral was expected to cover, of what is left of it, still covers as much of what the pool now counts. Money for what
 * was never counted lessens no expected loss, and a cure that counts more adds to it.
 */
export function moveMark(
  tx: Transaction,
  register: Register,
  caller: Address,
  id: bigint,
  { countedBefore, countedAfter, collateralBefore, collateralAfter }: Move,
): void {
  const before = register.markOf(id);
  if (before === 0n) return;
  const covered = subtractOrZero(countedBefore, before);
  const left = collateralAfter === collateralBefore ? covered : mulDivDown(covered, collateralAfter, collateralBefore);
  setMark(tx, register, caller, id, subtractOrZero(countedAfter, left));
}
