import { WAD, YEAR_SECONDS } from "./constants.js";
import { exponentialToZero } from "./exponential.js";
import { maxOf, minOf, wadDivToZero, wadMulToZero } from "./math.js";

/** Utilisation at which the rate stands still, WAD. */
export const TARGET_UTILIZATION = (WAD * 9n) / 10n;

/** Rate at full utilisation over rate at target, and rate at target over rate at none; WAD. */
export const CURVE_STEEPNESS = 4n * WAD;

/** How fast the rate at target moves at full error, WAD a second. */
export const ADJUSTMENT_SPEED = (50n * WAD) / YEAR_SECONDS;

/** Rate at target of a facility on its first accrual: 4 % a year, WAD a second. */
export const INITIAL_RATE_AT_TARGET = WAD / 25n / YEAR_SECONDS;

/** 0.1 % a year, WAD a second. */
export const MIN_RATE_AT_TARGET = WAD / 1000n / YEAR_SECONDS;

/** 200 % a year, WAD a second. */
export const MAX_RATE_AT_TARGET = (2n * WAD) / YEAR_SECONDS;

export interface AdaptiveRate {
  /** Rate charged for the elapsed time, a second, at 1e36 = 100 %: so that a longer time never costs less by a rounding. */
  readonly averageRateE36: bigint;
  /** Rate at target from now on, to be stored beside the pool's totals; WAD a second. */
  readonly endRateAtTarget: bigint;
}

/** Distance of the utilisation from its target, from −1 (nothing lent) to 1 (all lent), WAD. */
function utilizationError(utilizationWad: bigint): bigint {
  const span = utilizationWad > TARGET_UTILIZATION ? WAD - TARGET_UTILIZATION : TARGET_UTILIZATION;
  return wadDivToZero(utilizationWad - TARGET_UTILIZATION, span);
}

/** The curve through a quarter of, exactly, and four times the rate at target; at the scale of that rate. */
function curve(rateAtTarget: bigint, errorWad: bigint): bigint {
  const coefficient = errorWad < 0n ? WAD - wadDivToZero(WAD, CURVE_STEEPNESS) : CURVE_STEEPNESS - WAD;
  return wadMulToZero(wadMulToZero(coefficient, errorWad) + WAD, rateAtTarget);
}

/** Beyond this exponent both halves of a move end at a bound: e^8 is more than the highest rate over the lowest. WAD. */
const SATURATION = 16n * WAD;

function moveWad(errorWad: bigint, elapsedSeconds: bigint): bigint {
  const move = wadMulToZero(ADJUSTMENT_SPEED, errorWad) * elapsedSeconds;
  return minOf(maxOf(move, -SATURATION), SATURATION);
}

function bounded(rateAtTargetE36: bigint): bigint {
  return minOf(maxOf(rateAtTargetE36, MIN_RATE_AT_TARGET * WAD), MAX_RATE_AT_TARGET * WAD);
}

/**
 * The adaptive curve: the rate at target drifts exponentially towards whatever brings utilisation to 90 %, and the rate
 * charged follows a kinked line through it. The average over the elapsed time is (start + end + 2 × middle) / 4.
 *
 * @param startRateAtTarget the stored rate at target, WAD a second; 0 on a facility's first accrual
 * @param utilizationWad debt / (debt + cash) during the elapsed time, WAD, at most 1e18
 * @param elapsedSeconds since the last accrual
 */
export function adaptiveCurveRate(
  startRateAtTarget: bigint,
  utilizationWad: bigint,
  elapsedSeconds: bigint,
): AdaptiveRate {
  const errorWad = utilizationError(utilizationWad);
  const start = startRateAtTarget === 0n ? INITIAL_RATE_AT_TARGET : startRateAtTarget;
  const move = startRateAtTarget === 0n ? 0n : moveWad(errorWad, elapsedSeconds);
  if (move === 0n) return { averageRateE36: curve(start * WAD, errorWad), endRateAtTarget: start };
  const halfway = exponentialToZero(move / 2n);
  const middle = bounded(start * halfway);
  const end = bounded(start * wadMulToZero(halfway, halfway));
  const average = (start * WAD + end + 2n * middle) / 4n;
  return { averageRateE36: curve(average, errorWad), endRateAtTarget: end / WAD };
}
