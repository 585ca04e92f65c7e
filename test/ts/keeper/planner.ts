import { expect } from "chai";
import fc from "fast-check";
import { MAX_UINT256 } from "../../../sdk/model/index.js";
import { type Hold, plan, riskMarginOf } from "../../../keeper/plan/planner.js";
import { unitsOf } from "../../../keeper/plan/units.js";
import { BTC, OPTIONS, PATH, ProductMarket, TERMS, USD, loan, planOn, quoteOf } from "./support/loans.js";

const deep = new ProductMarket({ [PATH]: 1_000_000_000n });
const typical = () => loan(1n, BTC, 6_200n * USD);
const ITEM = 2n * USD;

describe("keeper: planner", () => {
  it("takes all that is allowed where the market is deep", async () => {
    const { plans } = await planOn(deep, [typical()]);
    const [only] = plans;
    expect(only?.quote.repaid).to.equal(only?.quote.allowance);
    // No limit: the debt will have grown by the time it is executed, and a unit less than all of it would leave dust.
    expect(only?.request).to.equal(MAX_UINT256);
    expect(only?.grossProfit).to.equal((only?.proceeds ?? 0n) - (only?.quote.repaid ?? 0n));
  });

  it("takes configured amounts as the asset counts them, also with more digits than it has", () => {
    expect(unitsOf("12.5", 6)).to.equal(12_500_000n);
    expect(unitsOf("0.12345678", 6)).to.equal(123_456n);
    expect([unitsOf("0.5", 0), unitsOf("7", 0), unitsOf("2000", 18)]).to.deep.equal([0n, 7n, 2000n * 10n ** 18n]);
  });

  it("fault K26: takes a smaller part where the market is too thin for all of it, the one that leaves most", async () => {
    const thin = new ProductMarket({ [PATH]: 60_000n });
    const candidate = typical();
    const { plans } = await planOn(thin, [candidate]);
    const [only] = plans;
    expect(only).to.not.equal(undefined);
    expect(only?.request).to.be.lessThan(quoteOf(candidate).allowance);
    expect(only?.grossProfit).to.be.greaterThan(3n * USD);
    for (let part = 1n; part < 64n; part++) {
      const quote = candidate.verdict.quoteFor((quoteOf(candidate).allowance * part) / 64n);
      if (quote.repaid === 0n) continue;
      // Between its quotes the planner knows the market only to a few hundredths of a percent.
      const leaves = thin.exact(PATH, quote.seized) - quote.repaid;
      expect(leaves).to.be.at.most(Number((only?.grossProfit ?? 0n) + quote.repaid / 500n));
    }
  });

  it("fault K26: waits where no part pays, and says what would be left and what is needed", async () => {
    const { plans, holds } = await planOn(new ProductMarket({ [PATH]: 5_000n }), [typical()]);
    expect(plans).to.have.length(0);
    expect(holds.get(1n)?.code).to.equal("unprofitable");
    expect(holds.get(1n)?.need).to.be.at.least(ITEM + TERMS.minProfit);
  });

  it("fault K26: a pool that answers nothing is no market, and is told apart from a bad price", async () => {
    const silent = { proceeds: () => Promise.resolve(undefined) };
    const { plans, holds } = await planOn(silent, [typical()]);
    expect([plans.length, holds.get(1n)?.code]).to.deep.equal([0, "no-depth"]);
  });

  it("plans each sale on what the ones before it leave of the market, never more than the market pays in the end", async () => {
    const market = new ProductMarket({ [PATH]: 1_000_000n });
    const loans = [loan(1n, 2n * BTC, 12_400n * USD), loan(2n, BTC, 6_200n * USD), loan(3n, BTC, 6_200n * USD)];
    const { plans } = await planOn(market, loans);
    const total = plans.reduce((sum, one) => sum + one.quote.seized, 0n);
    const together = plans.reduce((sum, one) => sum + one.proceeds, 0n);
    expect(plans.length).to.be.greaterThan(1);
    const paid = market.exact(PATH, total);
    expect(together).to.be.at.most(Number(paid));
    expect(together).to.be.at.least(Number(paid - paid / 500n));
  });

  it("fault K27: a thousand dust loans neither come first nor cost a question each", async () => {
    const dust = Array.from({ length: 1_000 }, (_, i) => loan(BigInt(i + 2), BTC / 60n, 103n * USD));
    const market = new ProductMarket({ [PATH]: 1_000_000_000n });
    const dear = { ...OPTIONS, itemCostWei: 25n * 10n ** 15n };
    const { plans, holds } = await planOn(market, [...dust, loan(1n, 20n * BTC, 124_000n * USD)], TERMS, dear);
    expect(plans.map((one) => one.candidate.loan.id)).to.deep.equal([1n]);
    expect(holds.size).to.equal(1_000);
    expect(market.asked).to.be.at.most(10);
  });

  it("fault K27: the large one is planned even where every dust loan pays and there is room for few", async () => {
    const dust = Array.from({ length: 100 }, (_, i) => loan(BigInt(i + 2), BTC / 60n, 103n * USD));
    const free = { ...OPTIONS, itemCostWei: 0n, maxPlans: 4 };
    const { plans } = await planOn(
      deep,
      [...dust, loan(1n, 20n * BTC, 124_000n * USD)],
      { ...TERMS, minProfit: 0n },
      free,
    );
    expect(plans[0]?.candidate.loan.id).to.equal(1n);
    expect(plans).to.have.length(4);
  });

  it("plans no more than it may for one block, the most rewarding first", async () => {
    const loans = [1n, 2n, 3n, 4n].map((salt) => loan(salt, salt * BTC, salt * 6_200n * USD));
    const { plans, holds } = await planOn(deep, loans, TERMS, { ...OPTIONS, maxPlans: 2 });
    expect(plans.map((one) => one.candidate.loan.id)).to.deep.equal([4n, 3n]);
    expect([...holds.values()].map(({ code }) => code)).to.deep.equal(["queue-full", "queue-full"]);
  });

  it("says what is missing where a facility has no route or ether no price", () => {
    const hold: Hold = { code: "no-route", text: "none" };
    const { plans, holds } = plan([typical()], new Map(), () => hold, OPTIONS);
    expect(plans).to.have.length(0);
    expect(holds.get(1n)).to.equal(hold);
  });

  it("splits over pools where that leaves more than the leg costs, and not where it does not", async () => {
    const two = new ProductMarket({ a: 300_000n, b: 300_000n });
    const terms = { ...TERMS, paths: ["a", "b"] };
    const split = await planOn(two, [loan(1n, 5n * BTC, 31_000n * USD)], terms);
    expect(split.plans[0]?.shares).to.have.length(2);
    const single = await planOn(two, [loan(1n, 5n * BTC, 31_000n * USD)], { ...terms, paths: ["a"] });
    expect(split.plans[0]?.grossProfit).to.be.greaterThan((single.plans[0]?.grossProfit ?? 0n) + USD);
    const dear = { ...OPTIONS, legCostWei: 10n ** 18n };
    expect((await planOn(two, [loan(1n, 5n * BTC, 31_000n * USD)], terms, dear)).plans[0]?.shares).to.have.length(1);
  });

  describe("inventory", () => {
    const none = new ProductMarket({ [PATH]: 5_000n });
    const holding = (allowance: bigint, balance = allowance, minPremiumBps = 100n) => ({
      ...TERMS,
      inventory: { allowance, balance, minPremiumBps },
    });

    it("pays where no market does, as far as the owner allows and money is there", async () => {
      const candidates = [loan(1n, 2n * BTC, 12_400n * USD), loan(2n, BTC, 6_200n * USD)];
      for (const terms of [holding(5_000n * USD, 10n ** 12n), holding(10n ** 12n, 5_000n * USD)]) {
        const { plans } = await planOn(none, candidates, terms);
        const paid = plans.reduce((sum, { quote }) => sum + quote.repaid, 0n);
        expect(plans[0]?.shares).to.deep.equal([]);
        expect(paid).to.be.at.most(Number(5_000n * USD));
        expect(paid).to.be.at.least(Number(4_000n * USD));
      }
    });

    it("is not touched where a sale pays, where the premium is not reached, or where there is none", async () => {
      const sale = await planOn(deep, [typical()], holding(10n ** 12n));
      expect(sale.plans[0]?.shares).to.have.length(1);
      for (const terms of [holding(10n ** 12n, 10n ** 12n, 2_000n), holding(1n), TERMS]) {
        const { plans, holds } = await planOn(none, [typical()], terms);
        expect([plans.length, holds.get(1n)?.code]).to.deep.equal([0, "unprofitable"]);
      }
    });
  });

  it("property: whatever the loans and the pools, nothing planned brings less than it costs, nor more than the pools pay", async () => {
    const loans = fc.array(fc.record({ btc: fc.bigInt(10n ** 6n, 10n ** 10n), ltvBps: fc.bigInt(8_050n, 9_900n) }), {
      minLength: 1,
      maxLength: 12,
    });
    const pools = fc.array(fc.bigInt(10_000n, 10_000_000n), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(loans, pools, async (many, depths) => {
        const market = new ProductMarket(Object.fromEntries(depths.map((dollars, i) => [`pool ${i}`, dollars])));
        const terms = { ...TERMS, paths: market.paths };
        const candidates = many.flatMap(({ btc, ltvBps }, i) => {
          const debt = (btc * 7_500n * USD * ltvBps) / (BTC * 10_000n);
          const one = loan(BigInt(i + 1), btc, debt);
          return quoteOf(one).repaid === 0n ? [] : [one];
        });
        const { plans, holds } = await planOn(market, candidates, terms);
        expect(plans.length + holds.size).to.equal(candidates.length);
        const sold = new Map<string, bigint>();
        let brought = 0n;
        for (const one of plans) {
          const costs = ITEM + USD * BigInt(one.shares.length - 1);
          const margin = riskMarginOf(one.proceeds, OPTIONS.riskMarginBps);
          expect(one.grossProfit >= costs + margin + terms.minProfit).to.equal(true);
          const inLegs = one.shares.reduce((sum, { amountIn }) => sum + amountIn, 0n);
          expect(inLegs).to.equal(one.quote.seized);
          for (const { path, amountIn } of one.shares) sold.set(path, (sold.get(path) ?? 0n) + amountIn);
          brought += one.proceeds;
        }
        const paid = [...sold].reduce((sum, [path, amount]) => sum + market.exact(path, amount), 0n);
        expect(brought <= paid).to.equal(true);
      }),
      { numRuns: 60 },
    );
  });
});
