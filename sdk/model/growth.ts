import { WAD } from "./constants.js";
import { mulDivDown, wadMulDown } from "./math.js";

/**
 * Growth of a debt that compounds continuously, e^(rate × seconds) − 1, by the first three terms of its Taylor series.
 * Each term is floored and the cubic one is taken from the floored square, so the result never exceeds the true growth.
 *
 * @param ratePerSecondWad WAD a second
 * @param seconds elapsed time; zero gives zero (TIME-1)
 * @returns growth in WAD: 0.05e18 a year for one year gives 51270833327093113
 */
export function compoundedGrowth(ratePerSecondWad: bigint, seconds: bigint): bigint {
  const first = ratePerSecondWad * seconds;
  const second = mulDivDown(first, first, 2n * WAD);
  const third = mulDivDown(second, first, 3n * WAD);
  return first + second + third;
}

/** Interest on `totalDebt` over `seconds`, rounded down, in units of the loan asset. */
export function interestDown(totalDebt: bigint, ratePerSecondWad: bigint, seconds: bigint): bigint {
  return wadMulDown(totalDebt, compoundedGrowth(ratePerSecondWad, seconds));
}
