import { WAD } from "./constants.js";
import { maxOf, minOf, mulDivDown, subtractOrZero, wadDivDown } from "./math.js";
import type { RiskTerms } from "./riskTerms.js";

/** How far the ramp of a default-marked loan has run. */
export interface DefaultRamp {
  /** Seconds since the later of the default mark and the end of the sequencer's grace. */
  readonly seconds: bigint;
  /** Seconds in which the incentive reaches its maximum; fixed at the facility's creation. */
  readonly rampSeconds: bigint;
}

type IncentiveTerms = Pick<RiskTerms, "incentiveMinWad" | "incentiveMaxWad" | "healthForMaxIncentiveWad">;

/** Seconds on the ramp: an outage's grace stops the clock from running against a borrower who could not act. */
export function secondsOnRamp(now: bigint, markedAt: bigint, graceEndsAt: bigint): bigint {
  return subtractOrZero(now, maxOf(markedAt, graceEndsAt));
}

/** The incentive a shortfall earns, rounded down: from min at a health factor of 1 to max at `healthForMaxIncentiveWad`. */
function curveDown(healthFactorWad: bigint, terms: IncentiveTerms): bigint {
  const { incentiveMinWad: min, incentiveMaxWad: max, healthForMaxIncentiveWad } = terms;
  if (healthFactorWad >= WAD) return min;
  if (healthFactorWad <= healthForMaxIncentiveWad) return max;
  return min + mulDivDown(max - min, WAD - healthFactorWad, WAD - healthForMaxIncentiveWad);
}

function rampDown({ seconds, rampSeconds }: DefaultRamp, terms: IncentiveTerms): bigint {
  const { incentiveMinWad: min, incentiveMaxWad: max } = terms;
  return seconds >= rampSeconds ? max : min + mulDivDown(max - min, seconds, rampSeconds);
}

/**
 * What a liquidator receives beyond what it repays, WAD. Never more than would leave the remaining loan worse covered
 * than before (a discount must not create the loss it is paid for), but never less than the minimum.
 *
 * @param value of the collateral, floored, in units of the loan asset
 * @param debt above zero
 * @param healthFactorWad floored, as {@link healthFactorDown} gives it
 * @param ramp of a default-marked loan; undefined for any other
 */
export function incentiveDown(
  value: bigint,
  debt: bigint,
  healthFactorWad: bigint,
  terms: IncentiveTerms,
  ramp?: DefaultRamp,
): bigint {
  const curve = curveDown(healthFactorWad, terms);
  const earned = ramp === undefined ? curve : maxOf(curve, rampDown(ramp, terms));
  const room = subtractOrZero(wadDivDown(value, debt), WAD);
  return minOf(earned, maxOf(terms.incentiveMinWad, room));
}
