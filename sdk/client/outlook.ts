import {
  PRICE_SCALE,
  collateralValueDown,
  healthFactorDown,
  liquidationPriceUp,
  loanToValueUp,
  mulDivUp,
  wadDivUp,
} from "../model/index.js";
import { bpsToWad } from "./amounts.js";
import type { FacilityState } from "./facilityState.js";

/** How a loan with that debt and collateral would stand, at the facility's present price. */
export interface Outlook {
  readonly collateral: bigint;
  readonly debt: bigint;
  /** Undefined, as LTV and health, while the oracle refuses a price. */
  readonly value: bigint | undefined;
  readonly ltvWad: bigint | undefined;
  readonly healthWad: bigint | undefined;
  /** 0 for a loan that owes nothing; undefined for a debt without collateral. */
  readonly liquidationPriceE36: bigint | undefined;
}

/** @param facility for its price and lltv */
export function outlookOf(
  facility: Pick<FacilityState, "price" | "lltvBps">,
  collateral: bigint,
  debt: bigint,
): Outlook {
  const lltvWad = bpsToWad(facility.lltvBps);
  const { priceE36 } = facility.price;
  const value = priceE36 === undefined ? undefined : collateralValueDown(collateral, priceE36);
  return {
    collateral,
    debt,
    value,
    ltvWad: value === undefined ? undefined : loanToValueUp(debt, value),
    healthWad: value === undefined ? undefined : healthFactorDown(value, debt, lltvWad),
    liquidationPriceE36: liquidationPriceUp(debt, collateral, lltvWad),
  };
}

/** Least collateral that carries `debt` at the facility's max LTV; undefined where no amount would. */
export function leastCollateralUp(
  facility: Pick<FacilityState, "borrowPrice" | "maxLtvBps">,
  debt: bigint,
): bigint | undefined {
  const { priceE36 } = facility.borrowPrice;
  if (priceE36 === undefined || priceE36 === 0n || facility.maxLtvBps === 0n) return undefined;
  // Rounded up twice, so that the value rounded down still reaches debt / maxLtv.
  return mulDivUp(wadDivUp(debt, bpsToWad(facility.maxLtvBps)), PRICE_SCALE, priceE36);
}
