import { expect } from "chai";
import { hexlify, randomBytes } from "ethers";
import fc from "fast-check";
import { MAX_UINT256 } from "../../../sdk/model/index.js";
import { weiInLoanUnits } from "../../../keeper/plan/etherPrice.js";
import { GasExperience, MAX_GAS, gasLimitOf } from "../../../keeper/plan/gas.js";
import { type PackOptions, type Passed, type PricedBundle, pack } from "../../../keeper/plan/pack.js";
import { RollupFeeOracle } from "../../../keeper/plan/rollupFees.js";
import { TransactionFees } from "../../../keeper/plan/transactionFees.js";
import { BTC, TERMS, USD, loan, quoteOf } from "./support/loans.js";
import { RollupNode } from "./support/rollupNode.js";

const GWEI = 10n ** 9n;
const OPTIONS: PackOptions = {
  maxItems: 16,
  budgetWei: 5n * 10n ** 16n,
  fundsWei: 10n ** 18n,
  gasHeadroomPercent: 30n,
  riskMarginBps: 10n,
  slippageBps: 50n,
  intrinsicGas: (items) => 25_000n + 3_000n * BigInt(items),
};

/** A simulated liquidation that leaves so many units of a dollar. */
function passed(salt: bigint, grossProfit: bigint, gasUsed = 250_000n): Passed {
  const candidate = loan(salt, BTC, 6_200n * USD);
  const quote = quoteOf(candidate);
  const proceeds = quote.repaid + grossProfit;
  const shares = [{ path: "0x", amountIn: quote.seized }];
  const plan = { candidate, terms: TERMS, request: MAX_UINT256, quote, shares, proceeds, grossProfit };
  return { plan, grossProfit, gasUsed };
}

const idsOf = ({ items }: PricedBundle): bigint[] => items.map(({ plan }) => plan.candidate.loan.id);

/** Fees on that node for up to sixteen items of 250 bytes, at a base fee. */
async function feesOn(stub: RollupNode, oracle: RollupFeeOracle, baseFee = GWEI / 100n): Promise<TransactionFees> {
  const sample = async (items: number) => {
    const gasLimit = gasLimitOf(50_000n, items, 325_000n);
    return { items, gasLimit, fees: await oracle.boundsOf(hexlify(randomBytes(150 + 100 * items)), gasLimit) };
  };
  return new TransactionFees(baseFee, 2n * baseFee, await sample(1), await sample(16));
}

describe("keeper: packing liquidations into transactions", () => {
  let stub: RollupNode;
  let oracle: RollupFeeOracle;
  beforeEach(async () => {
    stub = new RollupNode();
    oracle = await RollupFeeOracle.on(stub.node);
  });

  it("puts all that pay into one transaction, which costs each less than it would alone", async () => {
    const fees = await feesOn(stub, oracle);
    const together = pack([passed(1n, 90n * USD), passed(2n, 80n * USD), passed(3n, 70n * USD)], fees, OPTIONS);
    const [bundle] = together.bundles;
    expect(together.bundles).to.have.length(1);
    expect(idsOf(bundle as PricedBundle)).to.deep.equal([1n, 2n, 3n]);
    const alone = pack([passed(1n, 90n * USD)], fees, OPTIONS).bundles[0]?.items[0];
    expect(bundle?.items[0]?.fees.total).to.be.lessThan(Number(alone?.fees.total));
  });

  it("binds each sale to what it needs or to the slippage, whichever is more", async () => {
    const fees = await feesOn(stub, oracle);
    const [rich, poor] = pack([passed(1n, 300n * USD), passed(2n, 22n * USD)], fees, OPTIONS).bundles[0]?.items ?? [];
    expect(rich?.minGrossProfit).to.equal(300n * USD - ((rich?.plan.proceeds ?? 0n) * 50n) / 10_000n);
    expect(poor?.minGrossProfit).to.equal(poor?.need);
    expect(poor?.need).to.be.greaterThan(0n);
  });

  it("leaves out what does not pay its part, and the others share what it leaves", async () => {
    const fees = await feesOn(stub, oracle);
    const { bundles, holds } = pack([passed(1n, 90n * USD), passed(2n, USD)], fees, OPTIONS);
    expect(bundles.map(idsOf)).to.deep.equal([[1n]]);
    expect(holds.get(2n)?.code).to.equal("unprofitable");
    expect(holds.get(2n)?.text).to.match(/would leave 1000000 units, \d+ are needed/);
    expect(bundles[0]?.items[0]?.need).to.equal(
      pack([passed(1n, 90n * USD)], fees, OPTIONS).bundles[0]?.items[0]?.need,
    );
  });

  it("fault K18: with ten times the base fee it sends less at a time, and nothing where one alone is over the budget", async () => {
    const many = Array.from({ length: 8 }, (_, i) => passed(BigInt(i + 1), 5_000n * USD));
    const calm = pack(many, await feesOn(stub, oracle, GWEI), OPTIONS);
    expect(calm.bundles).to.have.length(1);
    const raised = pack(many, await feesOn(stub, oracle, 10n * GWEI), OPTIONS);
    expect(raised.bundles.length).to.be.greaterThan(1);
    for (const { worstWei } of raised.bundles) expect(worstWei <= OPTIONS.budgetWei).to.equal(true);
    expect(raised.bundles.flatMap(idsOf)).to.have.length(8);
    const absurd = pack(many, await feesOn(stub, oracle, 100n * GWEI), OPTIONS);
    expect(absurd.bundles).to.have.length(0);
    expect([...absurd.holds.values()].map(({ code }) => code)).to.deep.equal(Array(8).fill("over-budget"));
  });

  it("fault K18: with a hundred times the L1 fee what paid yesterday is held, with the figures that say why", async () => {
    stub.l1 = { ...stub.l1, blobBaseFee: 100n * GWEI };
    const one = passed(1n, 8n * USD);
    expect(pack([one], await feesOn(stub, oracle), OPTIONS).bundles).to.have.length(1);
    stub.l1 = { ...stub.l1, l1BaseFee: 100n * stub.l1.l1BaseFee, blobBaseFee: 100n * stub.l1.blobBaseFee };
    const { bundles, holds } = pack([one], await feesOn(stub, oracle), OPTIONS);
    expect(bundles).to.have.length(0);
    expect(holds.get(1n)?.code).to.equal("unprofitable");
    expect(holds.get(1n)?.need).to.be.greaterThan(8n * USD);
  });

  it("fault K19: a balance short by just the L1 fee, or by just the operator fee at the limit, sends nothing", async () => {
    const fees = await feesOn(stub, oracle);
    const one = passed(1n, 90n * USD);
    const [bundle] = pack([one], fees, OPTIONS).bundles;
    const worst = bundle?.worstWei ?? 0n;
    const gasLimit = bundle?.gasLimit ?? 0n;
    expect(fees.operatorFeeWei(gasLimit) >= 10n ** 10n + (gasLimit * 1_000n) / 1_000_000n).to.equal(true);
    expect(pack([one], fees, { ...OPTIONS, fundsWei: worst }).bundles).to.have.length(1);
    for (const missing of [fees.l1WorstWei(1), fees.operatorFeeWei(gasLimit), 1n]) {
      const { bundles, holds } = pack([one], fees, { ...OPTIONS, fundsWei: worst - missing });
      expect(bundles).to.have.length(0);
      expect(holds.get(1n)?.code).to.equal("no-funds");
    }
  });

  it("fault K28: a fork that changes the operator fee by 1e8 while it runs is priced at once", async () => {
    const one = passed(1n, 90n * USD);
    const before = await feesOn(stub, oracle);
    expect(pack([one], before, OPTIONS).bundles).to.have.length(1);
    // The same scalar, by Jovian's formula.
    stub.fork = "jovian";
    const after = await feesOn(stub, oracle);
    expect(after.operatorFeeWei(10n ** 6n)).to.equal(10n ** 6n * 1_000n * 100n + 10n ** 10n);
    expect(after.operatorFeeWei(10n ** 6n)).to.be.greaterThan(before.operatorFeeWei(10n ** 6n) * 5n);
    stub.operator = { ...stub.operator, scalar: 1_000_000_000n };
    const dear = await feesOn(stub, oracle);
    expect(pack([one], dear, OPTIONS).holds.get(1n)?.code).to.equal("over-budget");
    expect(pack([one], dear, { ...OPTIONS, budgetWei: 10n ** 18n }).holds.get(1n)?.code).to.equal("unprofitable");
  });

  it("fault K28: before Isthmus there is no operator fee, before Fjord no upper bound, and neither is an error", async () => {
    stub.fork = "fjord";
    expect((await feesOn(stub, oracle)).operatorFeeWei(10n ** 6n)).to.equal(0n);
    stub.fork = "ecotone";
    const fees = await feesOn(stub, oracle);
    expect(fees.l1WorstWei(1)).to.equal(fees.l1FeeWei(1));
    expect(fees.l1FeeWei(1)).to.be.greaterThan(0n);
  });

  it("stays below a transaction's gas, however hungry its items", async () => {
    const fees = await feesOn(stub, oracle);
    const rich = { ...OPTIONS, budgetWei: 10n ** 18n };
    const hungry = Array.from({ length: 12 }, (_, i) => passed(BigInt(i + 1), 5_000n * USD, 3_000_000n));
    const { bundles } = pack(hungry, fees, rich);
    expect(bundles.length).to.be.greaterThan(2);
    for (const { gasLimit } of bundles) expect(gasLimit).to.be.at.most(Number(MAX_GAS));
    const { holds } = pack([passed(1n, 5_000n * USD, 14_000_000n)], fees, rich);
    expect(holds.get(1n)?.code).to.equal("too-much-gas");
  });

  it("leaves an item what its oracle must be able to offer a failing source, though the simulation took no more for it", async () => {
    const { bundles } = pack([passed(1n, 90n * USD, 200_000n)], await feesOn(stub, oracle), OPTIONS);
    // GuardedCall: 300,000 times 64/63 and 5,000, at the moment of the question.
    expect(bundles[0]?.gasPerItem).to.be.at.least(200_000 + 309_762);
  });

  it("simulates as many at once as fit, learns what they take, and what a node grants a call", () => {
    const experience = new GasExperience();
    const first = experience.itemsInSimulation;
    expect(gasLimitOf(60_000n, first, experience.ample) <= MAX_GAS).to.equal(true);
    experience.learn([210_000n, 260_000n]);
    expect(experience.least).to.equal(210_000n);
    expect(experience.itemsInSimulation).to.be.greaterThan(first);
    experience.learnShortage();
    expect(experience.itemsInSimulation).to.be.lessThan(first);
    experience.learn([260_000n]);
    experience.learnRoom(3_000_000n);
    expect(experience.itemsInSimulation).to.equal(3);
    experience.learnRoom(10n);
    expect(experience.itemsInSimulation).to.equal(1);
  });

  it("property: every transaction pays for itself and keeps to budget, funds and gas; every loan is in one or held", async () => {
    const items = fc.array(fc.record({ dollars: fc.bigInt(0n, 200n), gas: fc.bigInt(100_000n, 2_000_000n) }), {
      minLength: 1,
      maxLength: 24,
    });
    await fc.assert(
      fc.asyncProperty(
        items,
        fc.bigInt(1n, 20_000n),
        fc.bigInt(1n, 400n),
        async (all, baseFeeMilliGwei, fundsMilli) => {
          const fees = await feesOn(stub, oracle, (baseFeeMilliGwei * GWEI) / 1_000n);
          const options = { ...OPTIONS, fundsWei: fundsMilli * 10n ** 15n };
          const some = all.map(({ dollars, gas }, i) => passed(BigInt(i + 1), dollars * USD, gas));
          const { bundles, holds } = pack(some, fees, options);
          expect(bundles.flatMap(idsOf).length + holds.size).to.equal(some.length);
          let spent = 0n;
          for (const { items: priced, gasLimit, gasPerItem, maxCostWei, worstWei } of bundles) {
            const count = priced.length;
            const gas = priced.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
            const wei = gas * fees.gasPriceWei + fees.l1FeeWei(count) + fees.operatorFeeWei(gasLimit);
            const gross = priced.reduce((sum, { grossProfit }) => sum + grossProfit, 0n);
            const least = priced.reduce((sum, { riskMargin, plan }) => sum + riskMargin + plan.terms.minProfit, 0n);
            expect(gross >= weiInLoanUnits(wei, TERMS.loanUnitsPerEther) + least).to.equal(true);
            for (const one of priced) {
              expect(one.minGrossProfit >= one.need && one.grossProfit >= one.need).to.equal(true);
              expect(gasPerItem * 10n >= one.gasUsed * 13n - 10n).to.equal(true);
            }
            expect(worstWei <= options.budgetWei && worstWei <= maxCostWei && gasLimit <= MAX_GAS).to.equal(true);
            expect(maxCostWei <= options.budgetWei).to.equal(true);
            spent += worstWei;
          }
          expect(spent <= options.fundsWei).to.equal(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
