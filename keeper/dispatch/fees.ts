import { maxOf, minOf } from "../../sdk/model/index.js";
import type { Intent } from "./intent.js";

/** What a transaction offers for a unit of L2 gas, wei. */
export interface GasFees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What nodes ask of a replacement: both fees a tenth above what waits. */
const LEAST_RAISE_PERCENT = 10n;

/** Twice the base fee holds for about six full blocks of rises by an eighth. */
export function feesAt(baseFeePerGas: bigint, priorityFee: bigint): GasFees {
  return { maxFeePerGas: 2n * baseFeePerGas + priorityFee, maxPriorityFeePerGas: priorityFee };
}

/** What a unit of gas will really cost at that base fee, wei. */
export function effectiveGasPrice(fees: GasFees, baseFeePerGas: bigint): bigint {
  return minOf(fees.maxFeePerGas, baseFeePerGas + fees.maxPriorityFeePerGas);
}

/**
 * Most that may be offered for a unit of gas so that all of it stays within the intent's `maxCostWei`.
 *
 * @param extraWei what the rollup charges beyond gas, at most
 */
export function feeCeiling({ maxCostWei, gasLimit }: Intent, extraWei: bigint): bigint {
  return maxCostWei > extraWei ? (maxCostWei - extraWei) / gasLimit : 0n;
}

/**
 * Fees of a first attempt, cut to the ceiling.
 *
 * @returns undefined where what the ceiling leaves could not be mined in the next block: the budget is exceeded
 */
export function openingFees(baseFeePerGas: bigint, priorityFee: bigint, ceiling: bigint): GasFees | undefined {
  if (baseFeePerGas + priorityFee > ceiling) return undefined;
  const { maxFeePerGas, maxPriorityFeePerGas } = feesAt(baseFeePerGas, priorityFee);
  return { maxFeePerGas: minOf(maxFeePerGas, ceiling), maxPriorityFeePerGas };
}

/**
 * The next rung: both fees raised by `percent` over the last attempt and at least what a new transaction would offer, cut to
 * the ceiling.
 *
 * @returns undefined where the ceiling leaves less than nodes ask of a replacement
 */
export function raisedFees(last: GasFees, now: GasFees, percent: bigint, ceiling: bigint): GasFees | undefined {
  const raise = (fee: bigint, by: bigint): bigint => fee + maxOf((fee * by + 99n) / 100n, 1n);
  const wanted = maxOf(raise(last.maxFeePerGas, percent), now.maxFeePerGas);
  const maxFeePerGas = minOf(wanted, ceiling);
  const priority = maxOf(raise(last.maxPriorityFeePerGas, percent), now.maxPriorityFeePerGas);
  const maxPriorityFeePerGas = minOf(priority, maxFeePerGas);
  const isEnough =
    maxFeePerGas >= raise(last.maxFeePerGas, LEAST_RAISE_PERCENT) &&
    maxPriorityFeePerGas >= raise(last.maxPriorityFeePerGas, LEAST_RAISE_PERCENT);
  return isEnough ? { maxFeePerGas, maxPriorityFeePerGas } : undefined;
}
