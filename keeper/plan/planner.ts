import {
  type LiquidationQuote,
  MAX_UINT256,
  collateralValueDown,
  maxOf,
  minOf,
  subtractOrZero,
} from "../../sdk/model/index.js";
import { type Judgement, bonusOf } from "../judge/judge.js";
import { weiInLoanUnits } from "./etherPrice.js";
import type { DecisionCode } from "./record.js";
import { type Curves, type Share, bestSplit } from "./split.js";
import type { SaleTerms } from "./terms.js";

/** A loan that may be liquidated, and whether its default is to be marked in the same transaction. */
export type Candidate = Judgement & {
  readonly verdict: Extract<Judgement["verdict"], { kind: "liquidatable" }>;
  readonly markFirst?: boolean;
};

export interface PlannedLiquidation {
  readonly candidate: Candidate;
  readonly terms: SaleTerms;
  /** Most to repay: no limit but the allowance, or less where the market is too thin for that. */
  readonly request: bigint;
  readonly quote: LiquidationQuote;
  /** Where the collateral is sold; empty where it is paid for out of inventory and kept. */
  readonly shares: readonly Share[];
  /** What the sale should bring, when those planned before it are done, or what the collateral kept is worth; loan units. */
  readonly proceeds: bigint;
  /** Proceeds less repayment, before fees. */
  readonly grossProfit: bigint;
}

export interface Hold {
  readonly code: DecisionCode;
  readonly text: string;
  readonly planned?: PlannedLiquidation;
  readonly need?: bigint;
}

export interface Planned {
  /** The most rewarding first. */
  readonly plans: readonly PlannedLiquidation[];
  /** Why a liquidatable loan is left alone, by its id. */
  readonly holds: ReadonlyMap<bigint, Hold>;
}

export interface PlanOptions {
  /** Most liquidations planned for one block. */
  readonly maxPlans: number;
  /** Part of the proceeds kept back for what moves between plan and block. */
  readonly riskMarginBps: bigint;
  /** What an item costs at least, wei: its own L2 gas. The whole transaction is priced when it is simulated. */
  readonly itemCostWei: bigint;
  /** What each leg beyond the first costs, wei. */
  readonly legCostWei: bigint;
}

/** Parts of the allowance tried, in 64ths, when all of it is too much for the market. */
const PARTS = 64n;
const BPS = 10_000n;

/** What must be kept back of `proceeds`, rounded up. */
export function riskMarginOf(proceeds: bigint, bps: bigint): bigint {
  return (proceeds * bps + BPS - 1n) / BPS;
}

/**
 * Chooses which loans to liquidate, how much of each, and over which pools: the most rewarding first, so that no number of small
 * ones keeps a large one waiting. All of the allowance is taken where that pays, because it makes the loan healthy; else the part
 * that leaves most; else inventory pays, where its owner allows it; else the loan is left and the reason kept.
 *
 * Pure: every sale is planned on what the ones before it leave of the curves.
 *
 * @param termsOf how a facility's collateral is sold; a Hold where it cannot be
 */
export function plan(
  candidates: readonly Candidate[],
  curves: Curves,
  termsOf: (facility: number) => SaleTerms | Hold,
  options: PlanOptions,
): Planned {
  const holds = new Map<bigint, Hold>();
  const ready: { candidate: Candidate; terms: SaleTerms; reward: bigint }[] = [];
  for (const candidate of candidates) {
    const terms = termsOf(candidate.facility.id);
    if ("code" in terms) holds.set(candidate.loan.id, terms);
    // A facility's loan assets are worth what ether costs in them: that makes different ones comparable.
    else ready.push({ candidate, terms, reward: (bonusOf(candidate) * 10n ** 18n) / terms.loanUnitsPerEther });
  }
  ready.sort((a, b) => descending(a.reward, b.reward));

  const desk = new Desk(curves, options);
  const plans: PlannedLiquidation[] = [];
  for (const { candidate, terms } of ready) {
    const { id } = candidate.loan;
    if (plans.length >= options.maxPlans) {
      holds.set(id, { code: "queue-full", text: `${options.maxPlans} liquidations are planned for this block` });
      continue;
    }
    const planned = desk.plan(candidate, terms);
    if ("code" in planned) {
      holds.set(id, planned);
      continue;
    }
    plans.push(planned);
    desk.take(planned);
  }
  return { plans, holds };
}

/** All that could be sold on each path: what the `maxPlans` most rewarding loans of its facilities give. */
export function mostSold(
  candidates: readonly Candidate[],
  pathsOf: (facility: number) => readonly string[],
  maxPlans: number,
): ReadonlyMap<string, bigint> {
  const most = new Map<string, bigint>();
  const counted = new Map<string, number>();
  const byBonus = candidates
    .map((candidate) => ({ candidate, bonus: bonusOf(candidate) }))
    .sort((a, b) => descending(a.bonus, b.bonus));
  for (const { candidate } of byBonus) {
    for (const path of pathsOf(candidate.facility.id)) {
      const count = counted.get(path) ?? 0;
      if (count >= maxPlans) continue;
      counted.set(path, count + 1);
      most.set(path, (most.get(path) ?? 0n) + candidate.verdict.quote.seized);
    }
  }
  return most;
}

const descending = (a: bigint, b: bigint): number => (a > b ? -1 : Number(a < b));

/** What is left of market and inventory while one plan follows another. */
class Desk {
  private readonly sold = new Map<string, bigint>();
  /** By facility, and by loan asset. */
  private readonly spentOf = new Map<number | string, bigint>();

  constructor(
    private readonly curves: Curves,
    private readonly options: PlanOptions,
  ) {}

  plan(candidate: Candidate, terms: SaleTerms): PlannedLiquidation | Hold {
    const sale = this.sale(candidate, terms);
    if (!("code" in sale)) return sale;
    const purchase = this.purchase(candidate, terms);
    return purchase !== undefined && this.leaves(purchase) >= 0n ? purchase : sale;
  }

  take({ candidate, quote, shares, terms }: PlannedLiquidation): void {
    for (const { path, amountIn } of shares) this.sold.set(path, (this.sold.get(path) ?? 0n) + amountIn);
    if (shares.length > 0) return;
    for (const key of [candidate.facility.id, terms.loanAsset]) {
      this.spentOf.set(key, (this.spentOf.get(key) ?? 0n) + quote.repaid);
    }
  }

  /** The least that a plan must leave, whatever its transaction's shared costs turn out to be. */
  private need({ proceeds, shares, terms }: PlannedLiquidation): bigint {
    const { itemCostWei, legCostWei, riskMarginBps } = this.options;
    const wei = itemCostWei + legCostWei * BigInt(Math.max(shares.length - 1, 0));
    return weiInLoanUnits(wei, terms.loanUnitsPerEther) + riskMarginOf(proceeds, riskMarginBps) + terms.minProfit;
  }

  private sale(candidate: Candidate, terms: SaleTerms): PlannedLiquidation | Hold {
    const curves = new Map(
      terms.paths.flatMap((path) => {
        const curve = this.curves.get(path);
        return curve === undefined || curve.depth === 0n ? [] : [[path, curve] as const];
      }),
    );
    if (curves.size === 0) return tooThin();
    const { verdict } = candidate;
    const legCost = weiInLoanUnits(this.options.legCostWei, terms.loanUnitsPerEther);
    const sizeOf = (quote: LiquidationQuote, request: bigint): PlannedLiquidation | undefined => {
      const split = bestSplit(curves, this.sold, quote.seized, legCost);
      if (split === undefined || split.shares.length === 0) return undefined;
      const { shares, proceeds } = split;
      return { candidate, terms, request, quote, shares, proceeds, grossProfit: proceeds - quote.repaid };
    };
    // A thousand dust loans must not cost a thousand searches: no sale fetches a better price than the best there is.
    const { quote } = verdict;
    const ceiling = [...curves.values()].map(({ best }) => (quote.seized * best.amountOut) / best.amountIn + 1n);
    const most = ceiling.reduce(maxOf, 0n);
    const least = weiInLoanUnits(this.options.itemCostWei, terms.loanUnitsPerEther) + terms.minProfit;
    if (most < quote.repaid + least) return unprofitable(most - quote.repaid, least);

    // Asking for the amount quoted would, a second of interest later, leave a remainder that is dust and have it cut.
    const all = sizeOf(quote, MAX_UINT256);
    if (all !== undefined && all.grossProfit >= this.need(all)) return all;
    let best = all;
    for (let part = PARTS - 1n; part > 0n; part--) {
      const smaller = verdict.quoteFor((quote.allowance * part) / PARTS);
      if (smaller.repaid === 0n) continue;
      const size = sizeOf(smaller, smaller.repaid);
      if (size !== undefined && (best === undefined || this.leaves(size) > this.leaves(best))) best = size;
    }
    if (best === undefined) return tooThin();
    const need = this.need(best);
    return best.grossProfit >= need ? best : { ...unprofitable(best.grossProfit, need), planned: best };
  }

  private purchase(candidate: Candidate, terms: SaleTerms): PlannedLiquidation | undefined {
    const { inventory } = terms;
    if (inventory === undefined || candidate.priceE36 === undefined) return undefined;
    const spendable = minOf(
      subtractOrZero(inventory.allowance, this.spentOf.get(candidate.facility.id) ?? 0n),
      subtractOrZero(inventory.balance, this.spentOf.get(terms.loanAsset) ?? 0n),
    );
    if (spendable === 0n) return undefined;
    const quote = candidate.verdict.quoteFor(spendable);
    if (quote.repaid === 0n) return undefined;
    const worth = collateralValueDown(quote.seized, candidate.priceE36);
    if (worth < quote.repaid + riskMarginOf(quote.repaid, inventory.minPremiumBps)) return undefined;
    const request = quote.repaid < candidate.verdict.quote.repaid ? quote.repaid : MAX_UINT256;
    return { candidate, terms, request, quote, shares: [], proceeds: worth, grossProfit: worth - quote.repaid };
  }

  private leaves(planned: PlannedLiquidation): bigint {
    return planned.grossProfit - this.need(planned);
  }
}

function unprofitable(best: bigint, need: bigint): Hold {
  return { code: "unprofitable", text: `at best ${best} units are left of the sale, ${need} are needed`, need };
}

function tooThin(): Hold {
  return { code: "no-depth", text: "the pools on its routes do not buy any part of it worth selling" };
}
