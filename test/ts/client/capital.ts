// Capital ratios and cover as lenders and supervisors read them, to the unit, as of any block.
import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { NoSuchBlock, readCapital } from "../../../sdk/client/capital.js";
import { createClient } from "../../../sdk/client/client.js";
import { readCover, readCovers } from "../../../sdk/client/cover.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { MAX_UINT256, mostDebtDown, requiredCapitalUp, riskWeightedAssetsUp } from "../../../sdk/model/index.js";
import { deployMarket, deploymentOf } from "../fixtures/market.js";
import { COVER_PREMIUM_BPS, RISK_CLASS, addTiered, withTiered } from "../fixtures/tiered.js";
import { rejection } from "./support.js";

const BPS = 10n ** 14n;
const WAD = 10n ** 18n;

/** A market without a ratio, a revolving facility at 100 %, and a term facility with a Capital of its own at 1250 %. */
async function books() {
  const { ethers, networkHelpers } = await network.create("op");
  const [deployer, lender, borrower] = await ethers.getSigners();
  if (!deployer || !lender || !borrower) throw new Error("the test network has no accounts");
  const market = await deployMarket(deployer);
  const revolving = await addTiered(market, { weightBps: 10_000n });
  const term = await addTiered(market, { kind: "term", weightBps: 125_000n, minRatioBps: 800n, haircutBps: 0n });
  const client = createClient(
    ethers.provider,
    parseDeployment(withTiered(await deploymentOf(10, market), revolving, term)),
  );
  return { ethers, time: networkHelpers.time, market, revolving, term, client, lender, borrower };
}

describe("client: capital", () => {
  it("says the most debt that a capital carries: that much passes, one unit more does not", () => {
    const weight = fc.bigInt(1n, 125_000n);
    const minimum = fc.bigInt(800n, 10_000n);
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 100n), weight, minimum, (junior, weightBps, ratioBps) => {
        const requiredFor = (amount: bigint): bigint =>
          requiredCapitalUp(riskWeightedAssetsUp([{ amount, riskWeightWad: weightBps * BPS }]), ratioBps * BPS);
        const most = mostDebtDown(junior, weightBps * BPS, ratioBps * BPS);
        expect(requiredFor(most) <= junior).to.equal(true);
        expect(requiredFor(most + 1n) > junior).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
    expect(mostDebtDown(0n, 0n, 800n * BPS)).to.equal(MAX_UINT256);
    // The example of docs/capital.md.
    expect(mostDebtDown(1_001_000_000_000n, WAD, 1_050n * BPS)).to.equal(9_533_333_333_333n);
  });

  it("reports facilities of both kinds, their books and those without a ratio; the headroom is what can be lent", async () => {
    const { market, revolving, term, client, lender, borrower } = await books();
    const { cash, btc } = market;
    await revolving.lend(lender, "senior", cash(50_000n));
    await revolving.lend(lender, "junior", cash(2_099n));
    await term.lend(lender, "senior", cash(50_000n));
    await term.lend(lender, "junior", cash(9_999n));
    await revolving.open(borrower, btc(1n), cash(15_000n), 1n);
    await revolving.open(borrower, btc("0.1"), cash(2_500n), 0n);
    await term.open(borrower, btc("0.2"), cash(9_000n));
    await market.setPrice(30_000n);

    const { facilities, without, books: all } = await readCapital(client);
    expect(without.map(({ id }) => id)).to.deep.equal([1]);
    expect(facilities.map(({ facility }) => facility.id)).to.deep.equal([2, 1_000_001]);
    const [first, second] = facilities;
    expect(first).to.deep.include({
      junior: cash(2_100n),
      exposure: cash(17_500n),
      riskClass: RISK_CLASS,
      weightBps: 10_000n,
      minRatioBps: 1_050n,
      riskWeightedAssets: cash(17_500n),
      ratioWad: (12n * WAD) / 100n,
      required: cash("1837.5"),
      headroom: cash(2_500n),
      haircutBps: 3_000n,
    });
    // 0.1 BTC at 30,000 count for 2,100 of 2,500; the surplus of the other loan does not help.
    expect(first?.economic).to.deep.equal({
      junior: cash(2_100n),
      exposure: cash(400n),
      riskWeightedAssets: cash(400n),
      ratioWad: (525n * WAD) / 100n,
    });
    expect(second).to.deep.include({
      junior: cash(10_000n),
      exposure: cash(9_000n),
      riskWeightedAssets: cash(112_500n),
      ratioWad: (cash(10_000n) * WAD) / cash(112_500n),
      minRatioBps: 800n,
      required: cash(9_000n),
      headroom: cash(1_000n),
    });
    // A term loan's debt is rounded up, the total is not: its fraction of a unit of interest counts here.
    expect(second?.economic.refusal === undefined && second?.economic.exposure).to.equal(cash(3_000n) + 1n);
    expect(all.map(({ facilities: of, exposure }) => [of, exposure])).to.deep.equal([
      [[2], cash(17_500n)],
      [[1_000_001], cash(9_000n)],
    ]);
    // No more and no less than the headroom can be lent.
    await market.setPrice(60_000n);
    await expect(revolving.open(borrower, btc(1n), cash(2_500n) + 1n, 2n)).to.be.revertedWithCustomError(
      revolving.pool,
      "JuniorCapitalTooLow",
    );
    await revolving.open(borrower, btc(1n), cash(2_500n), 2n);
    expect((await readCapital(client, { facility: 2 })).facilities[0]?.headroom).to.equal(0n);
  });

  it("looks back to any block, and at the table to come", async () => {
    const { ethers, time, market, revolving, client, lender, borrower } = await books();
    const { cash, btc } = market;
    const { capital } = revolving;
    if (capital === undefined) throw new Error("the fixture has a capital ratio");
    await revolving.lend(lender, "senior", cash(50_000n));
    await revolving.lend(lender, "junior", cash(4_999n));
    await revolving.open(borrower, btc(1n), cash(20_000n));
    const early = await ethers.provider.getBlockNumber();
    await market.manager
      .connect(borrower)
      .draw((BigInt(borrower.address) << 96n) | (2n << 64n), cash(5_000n), borrower);
    const from = BigInt(await time.latest()) + 1_000n;
    await capital.setRiskWeights([{ name: encodeBytes32String(RISK_CLASS), weightBps: 20_000 }], from);
    const [now] = (await readCapital(client, { facility: 2 })).facilities;
    expect([now?.exposure, now?.weightBps, now?.table.version]).to.deep.equal([cash(25_000n), 10_000n, 1n]);
    expect(now?.nextTable).to.deep.equal({ version: 2n, effectiveAt: from });
    await time.increaseTo(from);
    const [doubled] = (await readCapital(client, { facility: 2 })).facilities;
    expect([doubled?.riskWeightedAssets, doubled?.table.version, doubled?.headroom]).to.deep.equal([
      cash(50_000n),
      2n,
      0n,
    ]);
    expect(doubled?.ratioWad).to.equal(WAD / 10n);

    const past = await readCapital(client, { facility: 2, blockTag: early });
    expect(past.block).to.equal(early);
    expect(past.facilities[0]).to.deep.include({ exposure: cash(20_000n), weightBps: 10_000n, nextTable: undefined });
    expect(past.facilities[0]?.ratioWad).to.equal(WAD / 4n);
    expect(await rejection(readCapital(client, { blockTag: 10_000 }))).to.be.instanceOf(NoSuchBlock);
  });

  it("adds up a book of facilities of both kinds that ask one Capital, in both views", async () => {
    const { ethers, market, revolving, lender, borrower } = await books();
    const { cash, btc } = market;
    if (revolving.capital === undefined) throw new Error("the fixture has a capital ratio");
    const term = await addTiered(market, { kind: "term", capital: revolving.capital });
    const client = createClient(
      ethers.provider,
      parseDeployment(withTiered(await deploymentOf(10, market), revolving, term)),
    );
    for (const [tiered, junior] of [
      [revolving, 2_999n],
      [term, 999n],
    ] as const) {
      await tiered.lend(lender, "senior", cash(20_000n));
      await tiered.lend(lender, "junior", cash(junior));
    }
    await revolving.open(borrower, btc("0.2"), cash(9_000n));
    await term.open(borrower, btc("0.15"), cash(6_000n));
    const [book, ...others] = (await readCapital(client)).books;
    expect(others).to.deep.equal([]);
    expect(book).to.deep.include({
      facilities: [2, term.id],
      junior: cash(4_000n),
      exposure: cash(15_000n),
      riskWeightedAssets: cash(15_000n),
      ratioWad: (cash(4_000n) * WAD) / cash(15_000n),
    });
    // Of 12,000 and 9,000 the haircut leaves 8,400 and 6,300.
    expect(book?.economic).to.deep.include({ exposure: cash(600n), ratioWad: (cash(4_000n) * WAD) / cash(600n) });
  });

  it("says why there is no economic view while the oracle refuses a price, and keeps the regulatory one", async () => {
    const { market, client, revolving, lender, borrower } = await books();
    await revolving.lend(lender, "senior", market.cash(1_000n));
    await revolving.lend(lender, "junior", market.cash(999n));
    await revolving.open(borrower, market.btc(1n), market.cash(1_000n));
    await (await market.oracle.setRefusing(true)).wait();
    const { facilities, books: all } = await readCapital(client);
    expect(facilities[0]?.ratioWad).to.equal(WAD);
    expect(facilities[0]?.economic.refusal).to.be.a("string").and.to.have.length.greaterThan(10);
    expect(all[0]?.economic).to.equal(undefined);
  });
});

describe("client: cover", () => {
  it("says the stake, the premium earned and unpaid, and who would bear what was marked", async () => {
    const { ethers, networkHelpers } = await network.create("op");
    const [deployer, lender, borrower] = await ethers.getSigners();
    if (!deployer || !lender || !borrower) throw new Error("the test network has no accounts");
    const market = await deployMarket(deployer);
    const { cash, btc } = market;
    // One per cent in a million seconds.
    const tiered = await addTiered(market, { fixedRatePerSecond: 10n ** 10n });
    const client = createClient(ethers.provider, parseDeployment(withTiered(await deploymentOf(10, market), tiered)));
    await tiered.lend(lender, "senior", cash(44_999n));
    await tiered.lend(lender, "cover", cash(199n));
    const id = await tiered.open(borrower, btc(1n), cash(45_000n));
    await networkHelpers.time.increase(1_000_000n);
    const idle = await readCover(client, tiered.id);
    const interest = (await tiered.pool.totalDebt()) - cash(45_000n);
    expect(interest > cash(450n), "one per cent and a little, compounded").to.equal(true);
    const earned = (interest * COVER_PREMIUM_BPS) / 10_000n;
    // One dollar is all the cash that there is to pay it from: the two seeds less what was lent.
    const cashLeft = cash(44_999n) + cash(2n) - cash(45_000n);
    expect(idle.stake).to.equal(cash(200n) + cashLeft);
    expect(idle.unpaidPremium).to.equal(earned - cashLeft);
    expect(idle.premiumBps).to.equal(COVER_PREMIUM_BPS);
    expect(idle.expectedLoss).to.equal(0n);

    await market.setPrice(45_645n);
    await (await market.manager.mark(id)).wait();
    const marked = await readCover(client, tiered.id);
    const worth = marked.stake + marked.unpaidPremium;
    expect(marked.expectedLoss > worth, "more than cover has").to.equal(true);
    const { cover, junior, senior } = marked.wouldBear;
    expect(cover).to.equal(worth);
    expect(cover + junior + senior).to.equal(marked.expectedLoss);
    expect(junior > cash(1n), "its seed and its interest").to.equal(true);
    expect((await readCovers(client)).map(({ facility }) => facility.id)).to.deep.equal([2]);
  });
});
