import { WAD } from "./constants.js";
import { InvalidRiskTerms } from "./errors.js";

/** What a facility fixes for ever at its creation about when and how a loan is liquidated. Fractions are WAD. */
export interface RiskTerms {
  /** LTV above which a loan may be liquidated. */
  readonly lltvWad: bigint;
  /** LTV to which a liquidation brings a loan back. */
  readonly targetLtvWad: bigint;
  /** Incentive at a health factor just below 1. */
  readonly incentiveMinWad: bigint;
  readonly incentiveMaxWad: bigint;
  /** Health factor at and below which the incentive is at its maximum. */
  readonly healthForMaxIncentiveWad: bigint;
  /** Least debt a loan may be left with, in units of the loan asset. */
  readonly minDebt: bigint;
}

/**
 * Throws {@link InvalidRiskTerms} unless a facility may be created with these terms. `lltv × (1 + max) <= 1` keeps a loan
 * that has just become liquidatable from being sold at a loss; with it the allowance's denominator is above zero too.
 */
export function checkRiskTerms(terms: RiskTerms, maxLtvWad: bigint): void {
  const { lltvWad, targetLtvWad, incentiveMinWad, incentiveMaxWad, healthForMaxIncentiveWad, minDebt } = terms;
  const require = (holds: boolean, rule: string, ...found: bigint[]): void => {
    if (!holds) throw new InvalidRiskTerms(rule, found.map(String).join(", "));
  };
  require(targetLtvWad < maxLtvWad, "targetLtv < maxLtv", targetLtvWad, maxLtvWad);
  require(maxLtvWad < lltvWad, "maxLtv < lltv", maxLtvWad, lltvWad);
  require(lltvWad * (WAD + incentiveMaxWad) <= WAD * WAD, "lltv × (1 + incentiveMax) <= 1", lltvWad, incentiveMaxWad);
  require(incentiveMinWad <= incentiveMaxWad, "incentiveMin <= incentiveMax", incentiveMinWad, incentiveMaxWad);
  require(healthForMaxIncentiveWad < WAD, "healthForMaxIncentive < 1", healthForMaxIncentiveWad);
  require(minDebt > 0n, "minDebt > 0", minDebt);
}
