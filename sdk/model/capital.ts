import { MAX_UINT256, WAD } from "./constants.js";
import { wadDivDown, wadMulDown, wadMulUp } from "./math.js";

/** A debt and the weight its risk has in the regulatory ratio (1e18 = 100 %). */
export interface Exposure {
  readonly amount: bigint;
  readonly riskWeightWad: bigint;
}

/** Risk-weighted assets, rounded up: an exposure is never understated. */
export function riskWeightedAssetsUp(exposures: readonly Exposure[]): bigint {
  return exposures.reduce((sum, { amount, riskWeightWad }) => sum + wadMulUp(amount, riskWeightWad), 0n);
}

/** Junior capital / risk-weighted assets in WAD, rounded down; the largest uint256 where no risk is weighted. */
export function capitalRatioDown(juniorCapital: bigint, riskWeightedAssets: bigint): bigint {
  return riskWeightedAssets === 0n ? MAX_UINT256 : wadDivDown(juniorCapital, riskWeightedAssets);
}

/** Whether the junior capital meets a minimum ratio, by exact products. */
export function meetsCapitalRatio(juniorCapital: bigint, riskWeightedAssets: bigint, minimumRatioWad: bigint): boolean {
  return juniorCapital * WAD >= riskWeightedAssets * minimumRatioWad;
}

/** Least junior capital that risk-weighted assets require, rounded up: what meetsCapitalRatio is satisfied by. */
export function requiredCapitalUp(riskWeightedAssets: bigint, minimumRatioWad: bigint): bigint {
  return wadMulUp(riskWeightedAssets, minimumRatioWad);
}

/** What is left of a debt when its collateral's value, less a haircut (1e18 = 100 %), is taken off: the economic exposure. */
export function uncoveredDebt(debt: bigint, collateralValue: bigint, haircutWad: bigint): bigint {
  const covered = wadMulDown(collateralValue, WAD - haircutWad);
  return debt > covered ? debt - covered : 0n;
}

/**
 * Most debt that a junior capital carries at a weight and a minimum ratio: one unit more would require more of it. The largest
 * uint256 where the debt is not weighted.
 */
export function mostDebtDown(juniorCapital: bigint, riskWeightWad: bigint, minimumRatioWad: bigint): bigint {
  return riskWeightWad === 0n ? MAX_UINT256 : wadDivDown(wadDivDown(juniorCapital, minimumRatioWad), riskWeightWad);
}
