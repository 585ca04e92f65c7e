import { adaptiveCurveRate } from "../adaptiveCurve.js";
import { toAssetsUp } from "../shares.js";
import type { Address } from "./address.js";
import { accruedPool, debtTotals, utilisationDown } from "./pool.js";
import { require } from "./refusal.js";
import type { World } from "./world.js";

/** What a loan owes at `now`, rounded up; 0 for a loan that does not exist. */
export function debtOf(world: World, id: bigint, now: bigint): bigint {
  const loan = world.loans.get(id);
  if (loan === undefined || loan.debtShares === 0n) return 0n;
  return toAssetsUp(loan.debtShares, debtTotals(accruedPool(world, world.facilityOfLoan(id).pool, now).pool));
}

/** The rate borrowers would pay if `drawn` more were lent now, WAD a second. */
export function borrowRateAfter(world: World, address: Address, now: bigint, drawn: bigint): bigint {
  const { fixedRatePerSecond } = world.poolCode(address);
  if (fixedRatePerSecond !== 0n) return fixedRatePerSecond;
  const { pool } = accruedPool(world, address, now);
  require(drawn <= pool.cash, "InsufficientCash", drawn, pool.cash);
  return adaptiveCurveRate(pool.rateAtTarget, utilisationDown(pool.debtAssets + drawn, pool.cash - drawn), 0n)
    .averageRate;
}
