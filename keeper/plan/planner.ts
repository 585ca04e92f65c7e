import { type LiquidationQuote, MAX_UINT256, maxOf, mulDivUp, subtractOrZero } from "../../sdk/model/index.js";
import { type Judgement, bonusOf } from "../judge/judge.js";
import type { Market } from "./market.js";

/** What must be true of a facility for its loans to be sold: where, and how much a sale must leave. */
export interface SaleTerms {
  /** Uniswap v3 path from the collateral to the loan asset. */
  readonly path: string;
  /** Fees of one liquidation, loan units. */
  readonly cost: bigint;
  /** What must be left beyond the fees, loan units. */
  readonly minProfit: bigint;
}

export interface PlannedLiquidation {
  readonly judgement: Judgement;
  /** Most to repay: no limit but the allowance, or less where the market is too thin for that. */
  readonly request: bigint;
  readonly quote: LiquidationQuote;
  readonly terms: SaleTerms;
  /** What the sale should bring, when the liquidations planned before it are done; loan units. */
  readonly proceeds: bigint;
  /** Proceeds less repayment, before fees. */
  readonly grossProfit: bigint;
  /** Bound given to the contract: never below fees and profit, nor below what slippage explains. */
  readonly minGrossProfit: bigint;
}

export interface Hold {
  readonly code: "unprofitable" | "no-route" | "queue-full" | "no-ether-price";
  readonly text: string;
}

export interface Planned {
  readonly plans: readonly PlannedLiquidation[];
  /** Why a liquidatable loan is left alone, by its id. */
  readonly holds: ReadonlyMap<bigint, Hold>;
}

export interface PlanOptions {
  /** How much less than quoted a sale may bring before it reverts. */
  readonly slippageBps: bigint;
  /** Most liquidations planned for one block. */
  readonly maxPlans: number;
}

type Liquidatable = Judgement & { readonly verdict: Extract<Judgement["verdict"], { kind: "liquidatable" }> };

/** Parts of the allowance tried, in 32nds, when all of it is too much for the market. */
const PARTS = [24n, 16n, 12n, 8n, 6n, 4n, 2n, 1n] as const;
const BPS = 10_000n;

/**
 * Chooses which loans to liquidate and how much of each, the most rewarding first. Several sales in one block share one
 * market: each is planned on what the ones before it leave, which for a path through pools is the difference of two quotes.
 *
 * @param termsOf where a facility's collateral is sold; a Hold where it cannot be
 */
export async function plan(
  judgements: readonly Judgement[],
  market: Market,
  termsOf: (facility: number) => SaleTerms | Hold,
  options: PlanOptions,
): Promise<Planned> {
  const plans: PlannedLiquidation[] = [];
  const holds = new Map<bigint, Hold>();
  const sold = new Map<string, bigint>();
  const inOrder = judgements.filter(isLiquidatable).sort((a, b) => Number(bonusOf(b) - bonusOf(a)));
  const best = await bestPrices(inOrder, market, termsOf);

  for (const judgement of inOrder) {
    const { loan, facility, verdict } = judgement;
    const terms = termsOf(facility.id);
    if ("code" in terms) {
      holds.set(loan.id, terms);
      continue;
    }
    if (plans.length >= options.maxPlans) {
      holds.set(loan.id, { code: "queue-full", text: `${options.maxPlans} liquidations are planned for this block` });
      continue;
    }
    const need = terms.cost + terms.minProfit;
    const ceiling = best.get(terms.path)?.(verdict.quote.seized) ?? 0n;
    if (ceiling < verdict.quote.repaid + need) {
      // A thousand dust loans must not cost a thousand questions.
      holds.set(loan.id, unprofitable(subtractOrZero(ceiling, verdict.quote.repaid), need));
      continue;
    }
    const before = sold.get(terms.path) ?? 0n;
    const chosen = await chooseSize(judgement, market, terms, before);
    if (chosen.grossProfit < need) {
      holds.set(loan.id, unprofitable(chosen.grossProfit, need));
      continue;
    }
    const slipped = chosen.grossProfit - (chosen.proceeds * options.slippageBps) / BPS;
    plans.push({ judgement, terms, ...chosen, minGrossProfit: slipped > need ? slipped : need });
    sold.set(terms.path, before + chosen.quote.seized);
  }
  return { plans, holds };
}

interface Size {
  readonly request: bigint;
  readonly quote: LiquidationQuote;
  readonly proceeds: bigint;
  readonly grossProfit: bigint;
}

/** All that is allowed where that pays; otherwise the part that leaves most. */
async function chooseSize(
  { verdict }: Liquidatable,
  market: Market,
  terms: SaleTerms,
  soldBefore: bigint,
): Promise<Size> {
  const base = await market.proceeds(terms.path, soldBefore);
  const sizeOf = async (quote: LiquidationQuote, request: bigint): Promise<Size> => {
    const proceeds = (await market.proceeds(terms.path, soldBefore + quote.seized)) - base;
    return { request, quote, proceeds, grossProfit: proceeds - quote.repaid };
  };
  // Asking for the amount quoted would, a second of interest later, leave a remainder that is dust and have it cut.
  const all = await sizeOf(verdict.quote, MAX_UINT256);
  if (all.grossProfit >= terms.cost + terms.minProfit) return all;
  const parts = PARTS.map((part) => verdict.quoteFor((verdict.quote.allowance * part) / 32n));
  const sizes = await Promise.all(
    parts.filter(({ repaid }) => repaid > 0n).map((quote) => sizeOf(quote, quote.repaid)),
  );
  return sizes.reduce((most, size) => (size.grossProfit > most.grossProfit ? size : most), all);
}

/**
 * Most that an amount could bring on each path: no sale fetches a better price than the smallest
 * part of the smallest loan.
 */
async function bestPrices(
  judgements: readonly Liquidatable[],
  market: Market,
  termsOf: (facility: number) => SaleTerms | Hold,
): Promise<Map<string, (amount: bigint) => bigint>> {
  const smallest = new Map<string, bigint>();
  for (const { facility, verdict } of judgements) {
    const terms = termsOf(facility.id);
    if ("code" in terms) continue;
    const known = smallest.get(terms.path);
    const part = maxOf(verdict.quote.seized / 32n, 1n);
    if (known === undefined || part < known) smallest.set(terms.path, part);
  }
  const entries = [...smallest].map(async ([path, probe]) => {
    // One unit more than quoted: the quote was rounded down.
    const most = (await market.proceeds(path, probe)) + 1n;
    return [path, (amount: bigint): bigint => mulDivUp(amount, most, probe)] as const;
  });
  return new Map(await Promise.all(entries));
}

function isLiquidatable(judgement: Judgement): judgement is Liquidatable {
  return judgement.verdict.kind === "liquidatable" && judgement.verdict.quote.repaid > 0n;
}

function unprofitable(best: bigint, need: bigint): Hold {
  return { code: "unprofitable", text: `at best ${best} units are left of the sale, ${need} are needed` };
}
