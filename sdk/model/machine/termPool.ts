import { adaptiveCurveRate } from "../adaptiveCurve.js";
import { RATE_SECONDS } from "../amortisation.js";
import { WAD, YEAR_SECONDS } from "../constants.js";
import { divUp, maxOf } from "../math.js";
import type { TermOutcome, TermSheet } from "../termLoanBook.js";
import type { Address } from "./address.js";
import { accrue, accruedPool, addLump, countedDebt, realiseLoss, reverseInterest, utilisationDown } from "./pool.js";
import { require } from "../refusal.js";
import type { Transaction } from "./transaction.js";
import { castTo, checked } from "./uint.js";
import type { World } from "./world.js";

/** Scale of a loan's stored rate: 0.00001 % a year. */
const RATE_UNIT = 10n ** 11n;
const MAX_RATE = 2n ** 24n - 1n;
const BPS_TO_WAD = WAD / 10_000n;

/** The sheet of that number, which new loans may still take, or the refusal NoSuchTermSheet. */
export function offeredSheet(world: World, pool: Address, number: bigint): TermSheet {
  const sheet = world.sheets(pool)[Number(number)];
  require(sheet !== undefined && !sheet.retired, "NoSuchTermSheet", number);
  return sheet;
}

/** WAD a year: the higher of curve and rate at target, so that cash lent for a moment buys no cheap rate, and the sheet's spread. */
function annualRateUp(
  world: World,
  address: Address,
  { spreadBps }: TermSheet,
  rateAtTarget: bigint,
  debt: bigint,
  cash: bigint,
): bigint {
  let rate = world.poolCode(address).fixedRatePerSecond;
  if (rate === 0n) {
    const { averageRateE36, endRateAtTarget } = adaptiveCurveRate(rateAtTarget, utilisationDown(debt, cash), 0n);
    rate = maxOf(averageRateE36 / WAD, endRateAtTarget);
  }
  return divUp(rate * YEAR_SECONDS + spreadBps * BPS_TO_WAD, RATE_UNIT) * RATE_UNIT;
}

/** The rate a loan of that size would get at `now`, WAD a year. */
export function offeredRate(world: World, address: Address, now: bigint, sheet: bigint, principal: bigint): bigint {
  const { pool } = accruedPool(world, address, now);
  require(principal <= pool.cash, "InsufficientCash", principal, pool.cash);
  const terms = offeredSheet(world, address, sheet);
  return annualRateUp(world, address, terms, pool.rateAtTarget, countedDebt(pool) + principal, pool.cash - principal);
}

/** The rate of a new loan, after which the pool has that debt and cash, if the borrower accepts it and a loan can keep it. */
export function acceptedRate(
  tx: Transaction,
  address: Address,
  { sheet, maxAnnualRate }: { readonly sheet: bigint; readonly maxAnnualRate: bigint },
  debt: bigint,
  cash: bigint,
): { annualRate: bigint; terms: TermSheet } {
  const terms = offeredSheet(tx.world, address, sheet);
  const { rateAtTarget } = accruedPool(tx.world, address, tx.now).pool;
  const annualRate = annualRateUp(tx.world, address, terms, rateAtTarget, debt, cash);
  require(annualRate <= maxAnnualRate, "RateTooHigh", annualRate, maxAnnualRate);
  require(annualRate <= MAX_RATE * RATE_UNIT, "RateTooHigh", annualRate, MAX_RATE * RATE_UNIT);
  return { annualRate, terms };
}

/**
 * Accrues, and books what the change of one loan is to the lenders: lump income, a loss, or interest taken back. The change itself
 * and the cash are booked by the event that reports the action.
 */
export function bookTermChange(
  tx: Transaction,
  address: Address,
  { before, after }: Pick<TermOutcome, "before" | "after">,
  received: bigint,
  isSale: boolean,
): void {
  const pool = accrue(tx, address);
  const receivable = checked(checked(pool.receivable - before.counted) + after.counted);
  const had = countedDebt(pool);
  const has = receivable / RATE_SECONDS + received;
  // One unit more is what rounding up brings; it is interest like any other.
  if (has > had + 1n) addLump(tx, address, has - had);
  else if (has < had && isSale) realiseLoss(tx, address, had - has);
  else if (has < had) reverseInterest(tx, address, had - has);
  castTo(112n, checked(tx.world.pool(address).cash + received));
}
