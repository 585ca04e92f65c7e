import {
  type LiquidationQuote,
  type ShareTotals,
  MAX_UINT256,
  WAD,
  collateralValueDown,
  healthFactorDown,
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

/** Everything a judgement needs to know of a facility, as of one block. */
export interface FacilityFacts {
  readonly facility: BookFacility;
  /** Second of the block. */
  readonly now: bigint;
  /** The pool's debt at that second; without shares in a term facility. */
  readonly totals: ShareTotals;
  /** Of a term facility, by loan. */
  readonly dated?: ReadonlyMap<bigint, DatedDebt>;
  readonly price: PriceAnswer;
  /** End of the sequencer's latest grace; for loans marked as defaulted. */
  readonly graceEndsAt: bigint;
}

/** What a term loan owes at a block's second, and whether it is late. */
export interface DatedDebt {
  readonly debt: bigint;
  /** Second of the default mark; 0 for none. */
  readonly defaultMarkedAt: bigint;
  /** Last second not in default if nothing more is paid. */
  readonly defaultsAfter: bigint;
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

/** What a loan owes at the facts' second, rounded up. */
export function debtOf(loan: BookLoan, { dated, totals }: FacilityFacts): bigint {
  return dated?.get(loan.id)?.debt ?? (loan.debtShares === 0n ? 0n : toAssetsUp(loan.debtShares, totals));
}

/**
 * Judges one loan by the same arithmetic as the engine. Pure: what it says depends on its arguments alone.
 */
export function judge(loan: BookLoan, facts: FacilityFacts): Judgement {
  const { facility, now, price } = facts;
  const debt = debtOf(loan, facts);
  const markedAt = facts.dated?.get(loan.id)?.defaultMarkedAt ?? 0n;
  const base = { loan, facility, debt };
  if (debt === 0n) return { ...base, healthWad: MAX_UINT256, priceE36: undefined, verdict: { kind: "healthy" } };
  if (price.kind === "refusal") {
    return { ...base, healthWad: undefined, priceE36: undefined, verdict: { kind: "unpriced", why: price.why } };
  }

  const priceE36 = price.kind === "price" ? price.priceE36 : price.primaryE36;
  const position = {
    collateral: loan.collateral,
    debt,
    priceE36,
    terms: facility.terms,
    ...(markedAt !== 0n && {
      ramp: {
        seconds: secondsOnRamp(now, markedAt, facts.graceEndsAt),
        rampSeconds: facility.rampSeconds,
      },
    }),
  };
  const quoteFor = (request: bigint): LiquidationQuote => quoteLiquidation({ ...position, request });
  const quote = quoteFor(MAX_UINT256);
  const healthWad = healthFactorDown(collateralValueDown(loan.collateral, priceE36), debt, facility.terms.lltvWad);
  const verdict: Verdict = !quote.liquidatable
    ? { kind: "healthy" }
    : price.kind === "disagreement"
      ? { kind: "held", releasedAt: price.releasedAt }
      : { kind: "liquidatable", quote, quoteFor };
  return { ...base, healthWad, priceE36, verdict };
}

/** What is left for the liquidator at the oracle's price, in loan units: how loans are put in order. */
export function bonusOf({ priceE36, verdict }: Judgement): bigint {
  if (verdict.kind !== "liquidatable" || priceE36 === undefined) return 0n;
  return collateralValueDown(verdict.quote.seized, priceE36) - verdict.quote.repaid;
}

/** Health at and below which a loan is shown as at risk. */
export const AT_RISK_HEALTH = (WAD * 105n) / 100n;

export function isAtRisk({ healthWad, verdict }: Judgement): boolean {
  return verdict.kind === "liquidatable" || verdict.kind === "held" || (healthWad ?? WAD) < AT_RISK_HEALTH;
}
