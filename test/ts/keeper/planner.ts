import { expect } from "chai";
import { MAX_UINT256, WAD } from "../../../sdk/model/index.js";
import { type Judgement, judge } from "../../../keeper/judge/judge.js";
import type { Market } from "../../../keeper/plan/market.js";
import { type Hold, type SaleTerms, plan } from "../../../keeper/plan/planner.js";

const BTC = 10n ** 8n;
const USD = 10n ** 6n;
const PATH = "0xpath";
const priceE36 = (dollars: bigint): bigint => (dollars * USD * 10n ** 36n) / BTC;

const facility = {
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

/** A judged loan of so many satoshi and dollars, at 7,500. */
function loan(salt: bigint, collateral: bigint, debt: bigint): Judgement {
  const totals = { totalAssets: 10n ** 18n - 1n, totalShares: 10n ** 24n - 10n ** 6n };
  const price = { kind: "price", priceE36: priceE36(7_500n) } as const;
  const book = { id: salt, facility: 1, debtShares: debt * 10n ** 6n, collateral };
  return judge(book, { facility, now: 0n, totals, price, graceEndsAt: 0n });
}

/** A constant-product pool at 7,500 with so many dollars on its other side; counts what it is asked. */
class ProductMarket implements Market {
  asked = 0;
  constructor(private readonly dollars: bigint) {}

  proceeds(_: string, amountIn: bigint): Promise<bigint> {
    this.asked += 1;
    const btc = (this.dollars * BTC) / 7_500n;
    return Promise.resolve((this.dollars * USD * amountIn) / (btc + amountIn));
  }
}

const terms: SaleTerms = { path: PATH, cost: 2n * USD, minProfit: 1n * USD };
const options = { slippageBps: 50n, maxPlans: 16 };
const deep = new ProductMarket(1_000_000_000n);

describe("keeper: planner", () => {
  it("takes all that is allowed where the market is deep, and bounds the sale by the slippage", async () => {
    const { plans } = await plan([loan(1n, BTC, 6_200n * USD)], deep, () => terms, options);
    const [only] = plans;
    expect(only?.quote.repaid).to.equal(only?.quote.allowance);
    // No limit: the debt will have grown by the time it is executed, and a unit less than all of it would leave dust.
    expect(only?.request).to.equal(MAX_UINT256);
    expect(only?.grossProfit).to.equal((only?.proceeds ?? 0n) - (only?.quote.repaid ?? 0n));
    const slipped = (only?.grossProfit ?? 0n) - ((only?.proceeds ?? 0n) * 50n) / 10_000n;
    expect(only?.minGrossProfit)
      .to.equal(slipped)
      .and.to.be.greaterThan(3n * USD);
  });

  it("fault K26: takes a smaller part where the market is too thin for all of it, the one that leaves most", async () => {
    const thin = new ProductMarket(60_000n);
    const judgement = loan(1n, BTC, 6_200n * USD);
    const { plans } = await plan([judgement], thin, () => terms, options);
    const [only] = plans;
    expect(only).to.not.equal(undefined);
    expect(only?.request).to.be.lessThan(
      judgement.verdict.kind === "liquidatable" ? judgement.verdict.quote.allowance : 0n,
    );
    expect(only?.grossProfit).to.be.greaterThan(3n * USD);
    for (const part of [24n, 16n, 12n, 8n, 6n, 4n, 2n, 1n]) {
      if (judgement.verdict.kind !== "liquidatable") throw new Error("not liquidatable");
      const quote = judgement.verdict.quoteFor((judgement.verdict.quote.allowance * part) / 32n);
      if (quote.repaid === 0n) continue;
      expect((await thin.proceeds(PATH, quote.seized)) - quote.repaid).to.be.at.most(Number(only?.grossProfit));
    }
  });

  it("fault K26: waits where no part pays, and never asks for a bound below its fees", async () => {
    const { plans, holds } = await plan([loan(1n, BTC, 6_200n * USD)], new ProductMarket(5_000n), () => terms, options);
    expect(plans).to.have.length(0);
    expect(holds.get(1n)?.code).to.equal("unprofitable");
    const tight = await plan([loan(1n, BTC, 6_200n * USD)], deep, () => terms, { ...options, slippageBps: 2_000n });
    expect(tight.plans[0]?.minGrossProfit).to.equal(terms.cost + terms.minProfit);
  });

  it("plans each sale on what the ones before it leave of the market", async () => {
    const market = new ProductMarket(1_000_000n);
    const loans = [loan(1n, 2n * BTC, 12_400n * USD), loan(2n, BTC, 6_200n * USD), loan(3n, BTC, 6_200n * USD)];
    const { plans } = await plan(loans, market, () => terms, options);
    const total = plans.reduce((sum, one) => sum + one.quote.seized, 0n);
    const together = plans.reduce((sum, one) => sum + one.proceeds, 0n);
    expect(plans.length).to.be.greaterThan(1);
    expect(await market.proceeds(PATH, total)).to.equal(together);
    for (const one of plans) expect(one.grossProfit).to.be.at.least(Number(terms.cost + terms.minProfit));
  });

  it("fault K27: a thousand dust loans neither come first nor cost a question each", async () => {
    const dust = Array.from({ length: 1_000 }, (_, i) => loan(BigInt(i + 2), BTC / 60n, 103n * USD));
    const market = new ProductMarket(1_000_000_000n);
    const dear = { ...terms, cost: 50n * USD };
    const { plans, holds } = await plan([...dust, loan(1n, 20n * BTC, 124_000n * USD)], market, () => dear, options);
    expect(plans.map((one) => one.judgement.loan.id)).to.deep.equal([1n]);
    expect(holds.size).to.equal(1_000);
    expect(market.asked).to.be.lessThan(5);
  });

  it("sends no more than it may for one block, the most rewarding first", async () => {
    const loans = [1n, 2n, 3n, 4n].map((salt) => loan(salt, salt * BTC, salt * 6_200n * USD));
    const { plans, holds } = await plan(loans, deep, () => terms, { ...options, maxPlans: 2 });
    expect(plans.map((one) => one.judgement.loan.id)).to.deep.equal([4n, 3n]);
    expect([...holds.values()].map(({ code }) => code)).to.deep.equal(["queue-full", "queue-full"]);
  });

  it("says what is missing where a facility has no route or ether no price", async () => {
    const hold: Hold = { code: "no-route", text: "none" };
    const { plans, holds } = await plan([loan(1n, BTC, 6_200n * USD)], deep, () => hold, options);
    expect(plans).to.have.length(0);
    expect(holds.get(1n)).to.equal(hold);
  });

  it("leaves the healthy alone", async () => {
    const { plans, holds } = await plan([loan(1n, BTC, 5_000n * USD)], deep, () => terms, options);
    expect([plans.length, holds.size]).to.deep.equal([0, 0]);
  });
});
