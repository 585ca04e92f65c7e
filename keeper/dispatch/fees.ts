import { maxOf, minOf } from "../../sdk/model/index.js";

/** What a transaction offers for a unit of L2 gas, wei. */
export interface GasFees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Twice the base fee holds for about six full blocks of rises by an eighth. */
export function feesAt(baseFeePerGas: bigint, priorityFee: bigint): GasFees {
  return { maxFeePerGas: 2n * baseFeePerGas + priorityFee, maxPriorityFeePerGas: priorityFee };
}

/**
 * Fees a replacement needs: both raised by `percent` over the last attempt (nodes ask for at least a tenth more of each), and
 * at least what a new transaction would offer now.
 */
export function bumpedFees(last: GasFees, now: GasFees, percent: bigint): GasFees {
  const raise = (fee: bigint): bigint => fee + maxOf((fee * percent) / 100n, 1n);
  const maxPriorityFeePerGas = maxOf(raise(last.maxPriorityFeePerGas), now.maxPriorityFeePerGas);
  const maxFeePerGas = maxOf(raise(last.maxFeePerGas), now.maxFeePerGas);
  return { maxFeePerGas: maxOf(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas };
}

/** What a unit of gas will really cost at that base fee, wei. */
export function effectiveGasPrice(fees: GasFees, baseFeePerGas: bigint): bigint {
  return minOf(fees.maxFeePerGas, baseFeePerGas + fees.maxPriorityFeePerGas);
}
