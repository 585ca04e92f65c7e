// The schedule of a running loan: the model's, off chain, and the chain's own, to the unit.
import { expect } from "chai";
import { MaxUint256 } from "ethers";
import { network } from "hardhat";
import { createClient } from "../../../sdk/client/client.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { readSchedule } from "../../../sdk/client/termLoan.js";
import { dueNow, nextPayment, termSchedule } from "../../../sdk/model/index.js";
import { deployMarket, deploymentOf } from "../fixtures/market.js";
import { addTiered, withTiered } from "../fixtures/tiered.js";
import { Random } from "../model/history/random.js";

const DAY = 86_400;
/** 10 % a year, WAD a second. */
const RATE = 3_170_979_198n;
const STEPS = 24;
const SEED = Number(process.env["SCHEDULE_SEED"] ?? 7);

describe("client: the schedule of a running loan", () => {
  it(`is the model's to the unit, whatever was paid, ahead or late (seed ${SEED})`, async () => {
    const { ethers, networkHelpers } = await network.create("op");
    const [deployer, lender, borrower] = await ethers.getSigners();
    if (!deployer || !lender || !borrower) throw new Error("the test network has no accounts");
    const market = await deployMarket(deployer);
    const { btc, cash } = market;
    const tiered = await addTiered(market, { kind: "term", fixedRatePerSecond: RATE });
    const client = createClient(ethers.provider, parseDeployment(withTiered(await deploymentOf(10, market), tiered)));
    await tiered.lend(lender, "senior", cash(100_000n));
    await (await market.loan.mint(borrower, cash(1_000_000n))).wait();
    await (await market.loan.connect(borrower).approve(tiered.pool, MaxUint256)).wait();

    const random = new Random(SEED);
    const seen = { late: 0, ahead: 0, scaled: 0, whole: 0 };
    let salt = 0n;
    let id = 0n;
    let first = 0n;
    for (let step = 0; step < STEPS; step++) {
      if (id === 0n || (await market.termManager.debtOf(id)) === 0n) {
        id = await tiered.open(borrower, btc(1n), cash(random.between(1_000n, 20_000n)), salt++);
        first = (await client.termLens.read(client.provider, "termLoanOverview", [id])).balance.instalment;
        seen.whole++;
      }
      const {
        balance,
        terms,
        nextDueAt,
        nextPayment: asked,
        ...o
      } = await client.termLens.read(client.provider, "termLoanOverview", [id]);
      const expected = termSchedule(balance, terms);
      const onChain = await readSchedule(client, id);
      const rows = onChain.map(({ number, dueAt, interest, principal, left }) => ({
        ...{ number, dueAt, interest, principal, left },
      }));
      expect(rows).to.deep.equal(expected);
      expect(o.dueNow).to.equal(dueNow(balance));
      expect(nextDueAt).to.equal(expected[0]?.dueAt ?? 0n);
      const ask = nextPayment(balance, terms);
      expect(asked).to.equal(ask > balance.credit ? ask - balance.credit : 0n);
      if (balance.arrears !== 0n) seen.late++;
      if (balance.credit !== 0n) seen.ahead++;
      if (balance.instalment !== first) seen.scaled++;

      await networkHelpers.time.increase(Number(random.between(1n, 25n * BigInt(DAY))));
      if (random.chance(0.7)) {
        const assets = random.between(cash(1n), 3n * first);
        await (await market.termManager.connect(borrower).repay(id, assets, "0x")).wait();
      }
    }
    expect(seen.late, "late").to.be.greaterThan(0);
    expect(seen.ahead, "ahead").to.be.greaterThan(0);
    expect(seen.scaled, "prepaid").to.be.greaterThan(0);
  });
});
