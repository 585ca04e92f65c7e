import { MAX_UINT256, PRICE_SCALE, WAD } from "./constants.js";
import { mulDivDown, mulDivUp, wadDivUp, wadMulDown } from "./math.js";

/** Value of `collateral` in units of the loan asset, rounded down. */
export function collateralValueDown(collateral: bigint, priceE36: bigint): bigint {
  return mulDivDown(collateral, priceE36, PRICE_SCALE);
}

/** The most debt `value` of collateral carries at an LTV, rounded down: maxLtv for new risk, lltv before liquidation. */
export function maxDebtDown(value: bigint, ltvWad: bigint): bigint {
  return wadMulDown(value, ltvWad);
}

/** Whether a loan may be liquidated for its price. A default mark is the other reason, and none of this function's. */
export function isLiquidatable(debt: bigint, value: bigint, lltvWad: bigint): boolean {
  return debt > maxDebtDown(value, lltvWad);
}

/** ⌊value × lltv / debt⌋ in WAD; the largest uint256 for a loan that owes nothing. */
export function healthFactorDown(value: bigint, debt: bigint, lltvWad: bigint): bigint {
  return debt === 0n ? MAX_UINT256 : mulDivDown(value, lltvWad, debt);
}

/** debt / value in WAD, rounded up; the largest uint256 for a debt that nothing covers. */
export function loanToValueUp(debt: bigint, value: bigint): bigint {
  if (debt === 0n) return 0n;
  return value === 0n ? MAX_UINT256 : mulDivUp(debt, WAD, value);
}

/**
 * The price shown to people as "liquidation price": the lowest at which the loan is still safe, rounded up, so that one
 * unit (1e-36) less makes {@link isLiquidatable} true.
 *
 * @returns price scaled 1e36; 0 for a loan that owes nothing, undefined for a debt without collateral
 */
export function liquidationPriceUp(debt: bigint, collateral: bigint, lltvWad: bigint): bigint | undefined {
  if (debt === 0n) return 0n;
  if (collateral === 0n) return undefined;
  return mulDivUp(wadDivUp(debt, lltvWad), PRICE_SCALE, collateral);
}
