import { WAD, YEAR_SECONDS } from "./constants.js";
import { ModelInputError } from "./errors.js";
import { divUp, minOf, mulDivDown, mulDivUp, subtractOrZero } from "./math.js";

/** A fixed-rate loan repaid in equal dated instalments, with an optional balloon at the end. */
export interface InstalmentTerms {
  /** Units of the loan asset. */
  readonly principal: bigint;
  readonly annualRateWad: bigint;
  readonly intervalSeconds: bigint;
  /** Number of payments, at least 1. */
  readonly count: bigint;
  /** Part of the principal left to the last payment, at most `principal`. */
  readonly balloon: bigint;
}

export interface ScheduledPayment {
  /** 1 for the first. */
  readonly number: bigint;
  readonly interest: bigint;
  readonly principal: bigint;
  /** `interest + principal`. */
  readonly payment: bigint;
  /** Principal still owed afterwards. */
  readonly remaining: bigint;
}

/** 36 digits: a power kept to 18 is wrong by up to 1e11 units of an 18-decimal asset. */
const POWER_SCALE = 10n ** 36n;

/** Scale of a rate times seconds: dividing by it gives units. */
export const RATE_SECONDS = WAD * YEAR_SECONDS;

function check({ principal, count, balloon }: InstalmentTerms): void {
  if (count < 1n) throw new ModelInputError("count", count, "at least 1");
  if (balloon > principal) throw new ModelInputError("balloon", balloon, `at most the principal, ${principal}`);
}

/** base^exponent at {@link POWER_SCALE}, by squaring, each product rounded down. */
function powerDown(base: bigint, exponent: bigint): bigint {
  let result = POWER_SCALE;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mulDivDown(result, square, POWER_SCALE);
    if (rest > 1n) square = mulDivDown(square, square, POWER_SCALE);
  }
  return result;
}

/** Interest of one period on `remaining` principal, rounded up. */
export function periodInterestUp(remaining: bigint, annualRateWad: bigint, intervalSeconds: bigint): bigint {
  return mulDivUp(remaining, annualRateWad * intervalSeconds, RATE_SECONDS);
}

/** The equal payment ⌈(P(1+R)^N − B)·R / ((1+R)^N − 1)⌉, with the period rate R kept as a fraction. */
export function instalmentUp(terms: InstalmentTerms): bigint {
  check(terms);
  const { principal, annualRateWad, intervalSeconds, count, balloon } = terms;
  const rate = annualRateWad * intervalSeconds;
  if (rate === 0n) return divUp(principal - balloon, count);
  const base = POWER_SCALE + mulDivDown(rate, POWER_SCALE, RATE_SECONDS);
  const power = powerDown(base, count);
  return mulDivUp(principal * power - balloon * POWER_SCALE, rate, RATE_SECONDS * (power - POWER_SCALE));
}

/** Principal that a scheduled instalment pays: what its interest leaves of it, and at most what remains. */
export const principalPart = (remaining: bigint, instalment: bigint, interest: bigint): bigint =>
  // An instalment rounded up can pay a loan of a few units off before its last date.
  minOf(subtractOrZero(instalment, interest), remaining);

/** All payments. Their principal parts sum exactly to the principal; the last is all that remains (TERM-1). */
export function amortisationSchedule(terms: InstalmentTerms): ScheduledPayment[] {
  const instalment = instalmentUp(terms);
  const payments: ScheduledPayment[] = [];
  let remaining = terms.principal;
  for (let number = 1n; number <= terms.count; number++) {
    const interest = periodInterestUp(remaining, terms.annualRateWad, terms.intervalSeconds);
    const principal = number === terms.count ? remaining : principalPart(remaining, instalment, interest);
    remaining -= principal;
    payments.push({ number, interest, principal, payment: interest + principal, remaining });
  }
  return payments;
}
