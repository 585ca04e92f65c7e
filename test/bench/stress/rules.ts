import {
  type RiskTerms,
  WAD,
  checkRiskTerms,
  collateralValueDown,
  isLiquidatable,
  quoteLiquidation,
} from "../../../sdk/model/index.js";
import type { Position } from "./book.js";

/** What a liquidation of a request would do. */
export interface Sale {
  readonly repaid: bigint;
  readonly seized: bigint;
  /** debt that is gone without having been paid */
  readonly loss: bigint;
  readonly after: Position;
}

/** How a protocol liquidates. */
export interface Rule {
  readonly name: "Ballast" | "fixed bonus";
  readonly lltvWad: bigint;
  /** @param request most that is repaid, loan units; undefined where nothing may be sold */
  sale(position: Position, priceE36: bigint, request: bigint): Sale | undefined;
}

/** What differs between facilities, basis points; the rest follows from lltv. */
export interface FacilityChoice {
  readonly lltvBps: number;
  /** below lltv */
  readonly maxLtvGapBps: number;
  readonly targetGapBps: number;
  readonly incentiveMinBps: number;
  readonly incentiveMaxBps: number;
  readonly healthForMaxBps: number;
}

const wad = (bps: number): bigint => (BigInt(bps) * WAD) / 10_000n;
/** 100 dollars */
const MIN_DEBT = 100n * 10n ** 6n;
const PRICE_SCALE = 10n ** 36n;

/** Ballast: the sdk's exact model of the contracts decides. @throws InvalidRiskTerms */
export function ballast(choice: FacilityChoice): Rule {
  const { lltvBps } = choice;
  // A facility is refused unless lltv × (1 + max) <= 1; an lltv that leaves no room at all is refused below.
  const most = Math.max(0, Math.floor(100_000_000 / lltvBps) - 10_000);
  const terms: RiskTerms = {
    lltvWad: wad(lltvBps),
    targetLtvWad: wad(lltvBps - choice.targetGapBps),
    incentiveMinWad: wad(Math.min(choice.incentiveMinBps, most)),
    incentiveMaxWad: wad(Math.min(choice.incentiveMaxBps, most)),
    healthForMaxIncentiveWad: wad(choice.healthForMaxBps),
    minDebt: MIN_DEBT,
  };
  checkRiskTerms(terms, wad(lltvBps - choice.maxLtvGapBps));
  return {
    name: "Ballast",
    lltvWad: terms.lltvWad,
    sale({ collateral, debt }, priceE36, request) {
      const quote = quoteLiquidation({ collateral, debt, priceE36, terms, request });
      if (quote.repaid === 0n) return undefined;
      const { repaid, seized, loss, collateralAfter, debtAfter } = quote;
      return { repaid, seized, loss, after: { collateral: collateralAfter, debt: debtAfter } };
    },
  };
}

/**
 * A bonus that lltv fixes, on any part of the debt, as in Morpho Blue: incentive factor min(1.15, 1/(0.3 · lltv + 0.7)); debt that
 * is left without collateral is lost (docs.morpho.org, "Liquidation"; Morpho.sol, `liquidate`).
 */
export function fixedBonus(lltvBps: number): Rule {
  const lltvWad = wad(lltvBps);
  const most = (115n * WAD) / 100n;
  const byLltv = (WAD * WAD) / ((3n * lltvWad) / 10n + (7n * WAD) / 10n);
  const factorWad = byLltv < most ? byLltv : most;
  return {
    name: "fixed bonus",
    lltvWad,
    sale({ collateral, debt }, priceE36, request) {
      const value = collateralValueDown(collateral, priceE36);
      if (debt === 0n || !isLiquidatable(debt, value, lltvWad)) return undefined;
      const scale = factorWad * PRICE_SCALE;
      const forAll = (collateral * priceE36 * WAD + scale - 1n) / scale;
      const repaid = [request, debt, forAll].reduce((least, one) => (one < least ? one : least));
      const wanted = (repaid * scale) / (priceE36 * WAD);
      const seized = repaid === forAll || wanted > collateral ? collateral : wanted;
      if (repaid === 0n) return undefined;
      const left = collateral - seized;
      const owed = debt - repaid;
      const loss = left === 0n ? owed : 0n;
      return { repaid, seized, loss, after: { collateral: left, debt: owed - loss } };
    },
  };
}
