import {
  type LiquidationQuote,
  type ShareTotals,
  MAX_UINT256,
  WAD,
  collateralValueDown,
  healthFactorDown,
  isLiquidatable,
  quoteLiquidation,
  secondsOnRamp,
  toAssetsUp,
} from "../../sdk/model/index.js";
import type { BookFacility, BookLoan } from "../index/loanBook.js";

/** What the oracle of a facility says about selling its collateral. */
export type PriceAnswer =
  | { readonly kind: "price"; readonly priceE36: bigint }
  | {
      /** The two sources disagree: nothing is sold before `releasedAt`, and only if the disagreement is noted meanwhile. */
      readonly kind: "disagreement";
      readonly primaryE36: bigint;
      readonly releasedAt: bigint;
    }
  | { readonly kind: "refusal"; readonly why: string };

/**
 * Everything a judgement needs to know of a facility beside its loans. As of one block; or with the second and the price of the
 * block that is being made, and the loans of the newest one sealed.
 */
export interface FacilityFacts {
  readonly facility: BookFacility;
  /** Second of the block. */
  readonly now: bigint;
  /** The pool's debt at that second; without shares in a term facility. */
  readonly totals: ShareTotals;
  readonly price: PriceAnswer;
  /** End of the sequencer's latest grace; for loans marked as defaulted. */
  readonly graceEndsAt: bigint;
  /** Of the collateral; 8 where it is not said. Only the order of loans of several facilities depends on it. */
  readonly collateralDecimals?: number;
}

/** What is known of a term loan beside its size. */
export interface DatedDebt {
  readonly debt: bigint;
  /** Second of the default mark; 0 for none. */
  readonly defaultMarkedAt: bigint;
}

export interface Judgement {
  readonly loan: BookLoan;
  readonly facility: BookFacility;
  readonly debt: bigint;
  /** Undefined where the oracle refuses. */
  readonly healthWad: bigint | undefined;
  readonly priceE36: bigint | undefined;
  readonly verdict: Verdict;
}

export type Verdict =
  /** Nothing to do: healthy, or owes nothing. */
  | { readonly kind: "healthy" }
  /** Could be liquidated now for all that is allowed. */
  | {
      readonly kind: "liquidatable";
      readonly quote: LiquidationQuote;
      /** What a smaller request would bring, by the same terms. */
      readonly quoteFor: (request: bigint) => LiquidationQuote;
    }
  /** Would be liquidatable at the primary price, which a disagreement holds back. */
  | { readonly kind: "held"; readonly releasedAt: bigint }
  /** No price: nothing can be said of its health. */
  | { readonly kind: "unpriced"; readonly why: string };

/** The price by which loans are judged; undefined where the oracle refuses. */
export const judgedPrice = (price: PriceAnswer): bigint | undefined =>
  price.kind === "price" ? price.priceE36 : price.kind === "disagreement" ? price.primaryE36 : undefined;

/** What a revolving loan owes at the facts' second, rounded up. */
export const revolvingDebt = ({ debtShares }: BookLoan, { totals }: FacilityFacts): bigint =>
  debtShares === 0n ? 0n : toAssetsUp(debtShares, totals);

/**
 * Judges one loan by the same arithmetic as the engine. Pure: what it says depends on its arguments alone.
 *
 * @param dated of a term loan
 */
export function judge(loan: BookLoan, facts: FacilityFacts, dated?: DatedDebt): Judgement {
  const { facility, price } = facts;
  const debt = dated?.debt ?? revolvingDebt(loan, facts);
  const base = { loan, facility, debt };
  if (debt === 0n) return { ...base, healthWad: MAX_UINT256, priceE36: undefined, verdict: { kind: "healthy" } };
  if (price.kind === "refusal") {
    return { ...base, healthWad: undefined, priceE36: undefined, verdict: { kind: "unpriced", why: price.why } };
  }
  const priceE36 = price.kind === "price" ? price.priceE36 : price.primaryE36;
  const value = collateralValueDown(loan.collateral, priceE36);
  const healthWad = healthFactorDown(value, debt, facility.terms.lltvWad);
  const markedAt = dated?.defaultMarkedAt ?? 0n;
  const verdict: Verdict =
    markedAt === 0n && !isLiquidatable(debt, value, facility.terms.lltvWad)
      ? { kind: "healthy" }
      : price.kind === "disagreement"
        ? { kind: "held", releasedAt: price.releasedAt }
        : new Liquidatable(loan, debt, priceE36, markedAt, facts);
  return { ...base, healthWad, priceE36, verdict };
}

/** A verdict whose amounts are computed when somebody asks for them. */
export class Liquidatable {
  readonly kind = "liquidatable";
  private whole: LiquidationQuote | undefined;

  constructor(
    private readonly loan: BookLoan,
    private readonly debt: bigint,
    private readonly priceE36: bigint,
    private readonly markedAt: bigint,
    private readonly facts: FacilityFacts,
  ) {}

  get quote(): LiquidationQuote {
    this.whole ??= this.quoteFor(MAX_UINT256);
    return this.whole;
  }

  readonly quoteFor = (request: bigint): LiquidationQuote => {
    const { facility, now, graceEndsAt } = this.facts;
    const { rampSeconds, terms } = facility;
    const ramp = { seconds: secondsOnRamp(now, this.markedAt, graceEndsAt), rampSeconds };
    return quoteLiquidation({
      collateral: this.loan.collateral,
      debt: this.debt,
      priceE36: this.priceE36,
      terms,
      request,
      ...(this.markedAt !== 0n && { ramp }),
    });
  };
}

/** What is left for the liquidator at the oracle's price, in loan units: how loans are put in order. */
export function bonusOf({ priceE36, verdict }: Judgement): bigint {
  if (verdict.kind !== "liquidatable" || priceE36 === undefined) return 0n;
  return collateralValueDown(verdict.quote.seized, priceE36) - verdict.quote.repaid;
}

/** Health at and below which a loan is shown as at risk. */
export const AT_RISK_HEALTH = (WAD * 105n) / 100n;
