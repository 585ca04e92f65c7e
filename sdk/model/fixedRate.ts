import { YEAR_SECONDS } from "./constants.js";

/** A rate that utilisation does not move, for policy lenders and tests: WAD a year in, WAD a second out, rounded down. */
export function fixedRatePerSecondDown(annualRateWad: bigint): bigint {
  return annualRateWad / YEAR_SECONDS;
}
