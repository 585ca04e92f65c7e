import { ScenarioError } from "../errors.js";
import { SeededRandom } from "./random.js";

/** One loan to be opened, by a borrower of its own. */
export interface LoanPlan {
  /** from 0 */
  borrower: number;
  /** at the price the plan was made for; the loan's own LTV is at most this, and less by less than one unit of collateral */
  ltvBps: number;
  /** loan units */
  principal: bigint;
  /** collateral units */
  collateral: bigint;
}

export interface BookTerms {
  loans: number;
  seed: number;
  /** loan units for one collateral unit, at which the loans are opened */
  priceE36: bigint;
  /** most at which one may borrow */
  maxLtvBps: number;
  loanDecimals: number;
}

/** A third of the loans stand above this LTV, the rest below. */
export const RISKY_LTV_BPS = 6_500;
const LOWEST_LTV_BPS = 2_500;
/** Between the riskiest loan and maxLtv, so that none is refused for the last digit of a price. */
const HEADROOM_BPS = 50;

/** Whole units of the loan asset. */
const SMALLEST_LOAN = 8_000;
const LARGEST_LOAN = 400_000;
/** People borrow round sums. */
const ROUND_SUM = 100;

/**
 * Plans a book of loans: a third above 65 % LTV, sizes spread evenly over the orders of magnitude between 8,000 and
 * 400,000, LTV and size independent of each other.
 * @throws ScenarioError when the facility does not lend above 65 % LTV
 */
export function planBook({ loans, seed, priceE36, maxLtvBps, loanDecimals }: BookTerms): LoanPlan[] {
  const highestLtvBps = maxLtvBps - HEADROOM_BPS;
  if (highestLtvBps <= RISKY_LTV_BPS)
    throw new ScenarioError(
      `A third of the loans is to stand above ${RISKY_LTV_BPS / 100} % LTV, but the facility lends up to ` +
        `${maxLtvBps / 100} %: raise its maxLtv above ${(RISKY_LTV_BPS + HEADROOM_BPS) / 100} %.`,
    );
  const random = new SeededRandom(seed);
  const risky = Math.round(loans / 3);
  const ltvs = random.shuffled([
    ...random.spread(risky).map((share) => Math.ceil(between(RISKY_LTV_BPS + 1, highestLtvBps, share))),
    ...random.spread(loans - risky).map((share) => Math.floor(between(LOWEST_LTV_BPS, RISKY_LTV_BPS, share))),
  ]);
  const sizes = random.spread(loans).map((share) => SMALLEST_LOAN * (LARGEST_LOAN / SMALLEST_LOAN) ** share);
  return ltvs.map((ltvBps, borrower) => {
    const roundSum = Math.round((sizes[borrower] ?? SMALLEST_LOAN) / ROUND_SUM) * ROUND_SUM;
    const principal = BigInt(roundSum) * 10n ** BigInt(loanDecimals);
    return { borrower, ltvBps, principal, collateral: collateralFor(principal, ltvBps, priceE36) };
  });
}

/** Least collateral at which `principal` is at most the LTV. */
export function collateralFor(principal: bigint, ltvBps: number, priceE36: bigint): bigint {
  const numerator = principal * 10_000n * 10n ** 36n;
  const denominator = BigInt(ltvBps) * priceE36;
  return (numerator + denominator - 1n) / denominator;
}

const between = (low: number, high: number, share: number) => low + (high - low) * share;
