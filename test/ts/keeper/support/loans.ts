import { type LiquidationQuote, WAD } from "../../../../sdk/model/index.js";
import { type Judgement, judge } from "../../../../keeper/judge/judge.js";
import type { Market } from "../../../../keeper/plan/market.js";
import { sampleCurves } from "../../../../keeper/plan/market.js";
import { type Candidate, type PlanOptions, type Planned, mostSold, plan } from "../../../../keeper/plan/planner.js";
import type { SaleTerms } from "../../../../keeper/plan/terms.js";

export const BTC = 10n ** 8n;
export const USD = 10n ** 6n;
export const priceE36 = (dollars: bigint): bigint => (dollars * USD * 10n ** 36n) / BTC;

export const FACILITY = {
  id: 1,
  pool: "0xpool",
  vault: "0xvault",
  oracle: "0xoracle",
  terms: {
    lltvWad: (WAD * 80n) / 100n,
    targetLtvWad: (WAD * 65n) / 100n,
    incentiveMinWad: WAD / 50n,
    incentiveMaxWad: WAD / 10n,
    healthForMaxIncentiveWad: (WAD * 90n) / 100n,
    minDebt: 100n * USD,
  },
  rampSeconds: 3_600n,
};

/** A judged loan of so many satoshi and units of a dollar. */
export function judged(salt: bigint, collateral: bigint, debt: bigint, dollars = 7_500n): Judgement {
  const totals = { totalAssets: 10n ** 18n - 1n, totalShares: 10n ** 24n - 10n ** 6n };
  const price = { kind: "price", priceE36: priceE36(dollars) } as const;
  const book = { id: salt, facility: 1, debtShares: debt * 10n ** 6n, collateral };
  return judge(book, { facility: FACILITY, now: 0n, totals, price, graceEndsAt: 0n });
}

/** The same where it must be liquidatable. */
export function loan(salt: bigint, collateral: bigint, debt: bigint, dollars = 7_500n): Candidate {
  const judgement = judged(salt, collateral, debt, dollars);
  const { verdict } = judgement;
  if (verdict.kind !== "liquidatable") throw new Error(`loan ${salt} is ${verdict.kind}, not liquidatable`);
  return { ...judgement, verdict };
}

export const quoteOf = ({ verdict }: Candidate): LiquidationQuote => verdict.quote;

/** Constant-product pools at a price, by path, with so many dollars on their other side; counts what it is asked. */
export class ProductMarket implements Market {
  asked = 0;

  constructor(
    private readonly dollars: Readonly<Record<string, bigint>>,
    private readonly price = 7_500n,
  ) {}

  get paths(): string[] {
    return Object.keys(this.dollars);
  }

  exact(path: string, amountIn: bigint): bigint {
    const dollars = this.dollars[path] ?? 0n;
    const btc = (dollars * BTC) / this.price;
    return amountIn === 0n ? 0n : (dollars * USD * amountIn) / (btc + amountIn);
  }

  proceeds(path: string, amountIn: bigint): Promise<bigint> {
    this.asked += 1;
    return Promise.resolve(this.exact(path, amountIn));
  }
}

export const PATH = "0xpath";
/** Ether costs 2,000 dollars. */
export const TERMS: SaleTerms = {
  loanAsset: "0xdollar",
  paths: [PATH],
  loanUnitsPerEther: 2_000n * USD,
  minProfit: USD,
  inventory: undefined,
};
/** An item costs two dollars, a leg beyond the first one. */
export const OPTIONS: PlanOptions = {
  maxPlans: 16,
  riskMarginBps: 10n,
  itemCostWei: 10n ** 15n,
  legCostWei: 5n * 10n ** 14n,
};

/** Plans on that market as the keeper does. */
export async function planOn(
  market: Market,
  candidates: readonly Candidate[],
  terms: SaleTerms = TERMS,
  options: PlanOptions = OPTIONS,
): Promise<Planned> {
  const curves = await sampleCurves(
    market,
    mostSold(candidates, () => terms.paths, options.maxPlans),
  );
  return plan(candidates, curves, () => terms, options);
}
