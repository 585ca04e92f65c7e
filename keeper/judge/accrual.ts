import { type ShareTotals, WAD, adaptiveCurveRate, interestDown, wadDivDown } from "../../sdk/model/index.js";

/** A pool's slots as stored at some block. */
export interface PoolState {
  readonly debtAssets: bigint;
  readonly debtShares: bigint;
  readonly cash: bigint;
  readonly accruedAt: bigint;
  /** WAD a second. */
  readonly rateAtTarget: bigint;
  /** WAD a second; 0 where the rate follows the adaptive curve. */
  readonly fixedRate: bigint;
}

/** Totals of the pool's debt at second `now`, as the pool's next action would find them. */
export function debtTotalsAt(pool: PoolState, now: bigint): ShareTotals {
  const { debtAssets, debtShares, cash, rateAtTarget, fixedRate } = pool;
  const elapsed = now - pool.accruedAt;
  if (elapsed <= 0n) return { totalAssets: debtAssets, totalShares: debtShares };
  const utilisation = debtAssets === 0n ? 0n : wadDivDown(debtAssets, debtAssets + cash);
  const rateE36 =
    fixedRate === 0n ? adaptiveCurveRate(rateAtTarget, utilisation, elapsed).averageRateE36 : fixedRate * WAD;
  return { totalAssets: debtAssets + interestDown(debtAssets, rateE36, elapsed), totalShares: debtShares };
}
