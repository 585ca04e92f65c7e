import { PRICE_SCALE, WAD } from "./constants.js";
import { collateralValueDown, healthFactorDown, isLiquidatable } from "./health.js";
import { type DefaultRamp, incentiveDown } from "./incentive.js";
import { maxOf, minOf, mulDivDown, mulDivUp, subtractOrZero } from "./math.js";
import type { RiskTerms } from "./riskTerms.js";

/** A price scaled 1e36 against an incentive in WAD: `repaid × (1 + incentive) × PRICE_PER_WAD / price` is collateral. */
const PRICE_PER_WAD = PRICE_SCALE / WAD;

export interface LiquidationRequest {
  /** Units of collateral in the loan. */
  readonly collateral: bigint;
  /** The loan's debt now, accrued and rounded up, in units of the loan asset. */
  readonly debt: bigint;
  readonly priceE36: bigint;
  readonly terms: RiskTerms;
  /** The most the liquidator will repay, in units of the loan asset; MAX_UINT256 for as much as is allowed. */
  readonly request: bigint;
  /** Present when the loan is default-marked: the whole debt is allowed, whatever its health. */
  readonly ramp?: DefaultRamp;
}

export interface LiquidationQuote {
  /** Collateral value before, floored, in units of the loan asset. */
  readonly value: bigint;
  /** Health factor before, floored, WAD. */
  readonly healthFactorWad: bigint;
  readonly liquidatable: boolean;
  readonly incentiveWad: bigint;
  /** The most that may be repaid now. */
  readonly allowance: bigint;
  /** What the liquidator pays. Zero when the loan is healthy, or when nothing is left of the request (BelowMinimum). */
  readonly repaid: bigint;
  /** Units of collateral the liquidator receives. */
  readonly seized: bigint;
  /** Debt that ceases to exist: `repaid + loss`. */
  readonly debtClosed: bigint;
  /** Debt that no collateral covers, realised at once. */
  readonly loss: bigint;
  readonly debtAfter: bigint;
  readonly collateralAfter: bigint;
}

interface Fill {
  readonly allowance: bigint;
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly debtClosed: bigint;
}

const NOTHING: Fill = { allowance: 0n, repaid: 0n, seized: 0n, debtClosed: 0n };

function seizedDown(repaid: bigint, incentiveWad: bigint, { priceE36, collateral }: LiquidationRequest): bigint {
  return minOf(collateral, mulDivDown(repaid * (WAD + incentiveWad), PRICE_PER_WAD, priceE36));
}

/** What `collateral` costs a liquidator at the incentive, rounded up. */
function costUp(collateral: bigint, priceE36: bigint, incentiveWad: bigint): bigint {
  return mulDivUp(collateral, priceE36, PRICE_PER_WAD * (WAD + incentiveWad));
}

/** The most debt that can be closed while the rest is still a loan worth keeping: `debt − minDebt`, or nothing. */
function mostPartial({ debt, terms }: LiquidationRequest): bigint {
  return subtractOrZero(debt, terms.minDebt);
}

/** The repayment that brings the LTV back to target; the whole debt when that leaves less than minDebt. */
function allowanceToTargetUp(input: LiquidationRequest, value: bigint, incentiveWad: bigint): bigint {
  const { debt, terms, ramp } = input;
  if (ramp !== undefined) return debt;
  const excess = debt * WAD - terms.targetLtvWad * value;
  const allowance = mulDivUp(excess, WAD, WAD * WAD - terms.targetLtvWad * (WAD + incentiveWad));
  return allowance > mostPartial(input) ? debt : allowance;
}

function fillCovered(input: LiquidationRequest, value: bigint, incentiveWad: bigint): Fill {
  const { debt, request } = input;
  const allowance = allowanceToTargetUp(input, value, incentiveWad);
  const wanted = minOf(request, allowance);
  const repaid = wanted === debt ? debt : minOf(wanted, mostPartial(input));
  return { allowance, repaid, seized: seizedDown(repaid, incentiveWad, input), debtClosed: repaid };
}

/**
 * Every unit of collateral carries its share of the debt, so that selling a part neither lowers the health of the rest nor
 * puts the loss off. `debtClosed` is never less than was paid: rounding the seizure down must not swallow a payment.
 */
function fillUncovered(input: LiquidationRequest, incentiveWad: bigint): Fill {
  const { collateral, debt, priceE36, request } = input;
  const allowance = minOf(debt, costUp(collateral, priceE36, incentiveWad));
  if (request >= allowance) return { allowance, repaid: allowance, seized: collateral, debtClosed: debt };

  const most = mostPartial(input);
  let repaid = minOf(request, most);
  let seized = seizedDown(repaid, incentiveWad, input);
  const seizedMost = mulDivDown(collateral, most, debt);
  if (seized > seizedMost) {
    seized = seizedMost;
    repaid = costUp(seizedMost, priceE36, incentiveWad);
  }
  return { allowance, repaid, seized, debtClosed: maxOf(repaid, mulDivUp(debt, seized, collateral)) };
}

/**
 * What a liquidation would do now; the engine's quote and its execution are this one calculation.
 *
 * Covered (`value >= debt × (1 + min)`) it repays towards `targetLtv` and costs no one but the borrower. Not covered, each
 * part sold takes its share of the loss with it. A remainder is nothing or at least minDebt (LIQ-3).
 *
 * @example
 * const quote = quoteLiquidation({ collateral, debt, priceE36, terms, request: MAX_UINT256 });
 * if (quote.liquidatable && quote.repaid > 0n) console.log(quote.repaid, quote.seized);
 */
export function quoteLiquidation(input: LiquidationRequest): LiquidationQuote {
  const { collateral, debt, priceE36, terms, ramp } = input;
  const value = collateralValueDown(collateral, priceE36);
  const healthFactorWad = healthFactorDown(value, debt, terms.lltvWad);
  const liquidatable = debt > 0n && (ramp !== undefined || isLiquidatable(debt, value, terms.lltvWad));
  const incentiveWad = liquidatable ? incentiveDown(value, debt, healthFactorWad, terms, ramp) : 0n;
  const covered = value * WAD >= debt * (WAD + terms.incentiveMinWad);

  let fill = NOTHING;
  if (liquidatable) fill = covered ? fillCovered(input, value, incentiveWad) : fillUncovered(input, incentiveWad);
  // A request that leaves nothing to pay is no liquidation at all; execution refuses it as BelowMinimum.
  if (fill.repaid === 0n) fill = { ...NOTHING, allowance: fill.allowance };
  return {
    value,
    healthFactorWad,
    liquidatable,
    incentiveWad,
    ...fill,
    loss: fill.debtClosed - fill.repaid,
    debtAfter: debt - fill.debtClosed,
    collateralAfter: collateral - fill.seized,
  };
}
