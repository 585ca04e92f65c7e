import { WAD } from "./constants.js";
import { mulDivDown, wadMulDown } from "./math.js";

/**
 * Growth of a debt that compounds continuously, e^(rate × seconds) − 1, by the first three terms of its Taylor series.
 * Each term is floored and the cubic one is taken from the floored square, so the result never exceeds the true growth.
 *
 * @param rateE36 a second, at 1e36 = 100 %
 * @param seconds elapsed time; zero gives zero (TIME-1)
 * @returns growth in WAD: 0.05e18 a year for one year gives 51270833327093113
 */
export function compoundedGrowth(rateE36: bigint, seconds: bigint): bigint {
  const first = (rateE36 * seconds) / WAD;
  const second = mulDivDown(first, first, 2n * WAD);
  const third = mulDivDown(second, first, 3n * WAD);
  return first + second + third;
}

/** Interest on `totalDebt` over `seconds`, rounded down, in units of the loan asset. */
export function interestDown(totalDebt: bigint, rateE36: bigint, seconds: bigint): bigint {
  return wadMulDown(totalDebt, compoundedGrowth(rateE36, seconds));
}
