// Lenders of all classes, of facilities of both kinds: what they hold, how they enter, leave, wait and are paid.
import { expect } from "chai";
import { network } from "hardhat";
import {
  ImpossibleAction,
  NotEnoughCash,
  type Plan,
  planCancelExit,
  planClaim,
  planLend,
  planQueue,
  planRedeem,
  planRequestExit,
  planServe,
} from "../../../sdk/client/actions/index.js";
import { createClient } from "../../../sdk/client/client.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { readLenderHoldings, readLenderPosition } from "../../../sdk/client/lender.js";
import { sendPlan } from "../../../sdk/client/send.js";
import { NoSuchTranche } from "../../../sdk/client/tranches.js";
import { deployMarket, deploymentOf } from "../fixtures/market.js";
import { COOLDOWN, type TieredOptions, WINDOW, addTiered, withTiered } from "../fixtures/tiered.js";
import { rejection } from "./support.js";

async function tieredMarket(options: TieredOptions = {}) {
  const { ethers, networkHelpers } = await network.create("op");
  const [deployer, lender, borrower, other] = await ethers.getSigners();
  if (!deployer || !lender || !borrower || !other) throw new Error("the test network has no accounts");
  const market = await deployMarket(deployer);
  const tiered = await addTiered(market, options);
  const client = createClient(ethers.provider, parseDeployment(withTiered(await deploymentOf(10, market), tiered)));
  const { time } = networkHelpers;
  const send = (who: typeof lender, plan: Plan) => sendPlan(client, who, plan);
  const refusal = async (plan: Promise<Plan>): Promise<string> => {
    const error = await rejection(plan);
    expect(error).to.be.instanceOf(ImpossibleAction);
    return error.message;
  };
  return { client, market, tiered, facility: tiered.id, send, refusal, time, lender, borrower, other };
}

for (const kind of ["revolving", "term"] as const) {
  describe(`client: lenders of a ${kind} facility`, () => {
    it("enters each class, announces an exit, leaves in its window and not before or after", async () => {
      const { client, market, facility, send, refusal, time, lender } = await tieredMarket({ kind });
      const { cash } = market;
      const from = lender.address;
      await market.loan.mint(from, cash(3_000n));
      for (const tranche of ["senior", "junior", "cover"] as const) {
        const plan = await planLend(client, { from, facility, tranche, assets: cash(1_000n) });
        expect(plan.summary).to.include(`as ${tranche}`);
        await send(lender, plan);
      }
      const { positions } = await readLenderHoldings(client, facility, from);
      expect(positions.map(({ tranche }) => tranche)).to.deep.equal(["senior", "junior", "cover"]);
      for (const { assets, entryAssets } of positions) {
        expect([assets, entryAssets]).to.deep.equal([cash(1_000n), cash(1_000n)]);
      }
      expect(positions.map(({ withdrawable }) => withdrawable)).to.deep.equal([cash(1_000n), 0n, 0n]);

      const leave = { from, facility, tranche: "junior" } as const;
      expect(await refusal(planRedeem(client, { ...leave, assets: "most" }))).to.equal(
        "junior shares leave after a cooldown: request the exit first; they may leave 10 d later, within 2 d",
      );
      await send(lender, await planRequestExit(client, { ...leave, assets: cash(400n) }));
      const asked = (await readLenderPosition(client, facility, from, "junior")).exit;
      expect(asked?.assets).to.equal(cash(400n));
      expect([asked?.state, (asked?.closesAt ?? 0n) - (asked?.opensAt ?? 0n)]).to.deep.equal(["waiting", WINDOW]);
      expect(await refusal(planRedeem(client, { ...leave, assets: "most" }))).to.match(
        /^the exit opens at \d{4}-.* and closes at .*: wait for it$/,
      );
      const again = await planRequestExit(client, { ...leave, assets: cash(500n) });
      expect(again.summary).to.match(
        /worth 500.00 USDX are to leave.*the request for 400.00 USDX, open from .*, is replaced$/,
      );
      await send(lender, again);
      await time.increase(COOLDOWN);
      expect(await refusal(planRedeem(client, { ...leave, assets: cash(501n) }))).to.equal(
        "the shares of which the exit was requested are worth 500.00 USDX, not 501.00 USDX",
      );
      await send(lender, await planRedeem(client, { ...leave, assets: cash(100n) }));
      await send(lender, await planRedeem(client, { ...leave, assets: "most" }));
      expect(await market.loan.balanceOf(from)).to.equal(cash(500n));
      expect((await readLenderPosition(client, facility, from, "junior")).exit).to.equal(undefined);

      await send(lender, await planRequestExit(client, { from, facility, tranche: "cover", assets: "most" }));
      await send(lender, await planCancelExit(client, { from, facility, tranche: "cover" }));
      expect(await refusal(planCancelExit(client, { from, facility, tranche: "cover" }))).to.match(
        /has requested no exit/,
      );
      await send(lender, await planRequestExit(client, { from, facility, tranche: "cover", assets: "most" }));
      await time.increase(COOLDOWN + WINDOW + 1n);
      expect(await refusal(planRedeem(client, { from, facility, tranche: "cover", assets: "most" }))).to.match(
        /^the exit was open until .*: request it again$/,
      );
    });

    it("queues senior shares while there is no cash, serves them in their order, and pays what they brought", async () => {
      const { client, market, tiered, facility, send, refusal, lender, borrower, other } = await tieredMarket({ kind });
      const { cash, btc } = market;
      const [first, second] = [lender, other];
      await tiered.lend(first, "senior", cash(10_000n));
      await tiered.lend(second, "senior", cash(5_000n));
      await tiered.lend(second, "junior", cash(1_000n));
      // All but 502 of 16,002 (two seeds of 1 are among them).
      const id = await tiered.open(borrower, btc(1n), cash(15_500n));
      const redeeming = planRedeem(client, { from: first.address, facility, assets: "most" });
      expect(await rejection(redeeming)).to.be.instanceOf(NotEnoughCash);
      expect((await rejection(redeeming)).message).to.equal(
        "the pool holds 502.00 USDX in cash, less than 10,000.00 USDX; the rest is lent out: redeem at most 502.00 USDX, or wait for repayments",
      );
      expect(await refusal(planServe(client, { from: first.address, facility }))).to.match(/^nobody waits/);
      const queueing = await planQueue(client, { from: first.address, facility, assets: "most" });
      expect(queueing.summary).to.match(/worth 10,000.00 USDX into the redemption queue.*behind 0 shares that wait/);
      expect(queueing.needs).to.deep.equal([]);
      await send(first, queueing);
      await send(second, await planQueue(client, { from: second.address, facility, assets: cash(2_000n) }));

      const shares = (whole: bigint) => cash(whole) * 10n ** 6n;
      const ofFirst = (await readLenderHoldings(client, facility, first.address)).queue;
      expect(ofFirst?.waiting).to.equal(shares(9_498n + 2_000n));
      expect(ofFirst?.requests).to.deep.equal([
        { id: 1n, waiting: shares(9_498n), ahead: 0n, servedShares: shares(502n), claimable: cash(502n) },
      ]);
      expect((await readLenderHoldings(client, facility, second.address)).queue?.requests).to.deep.equal([
        { id: 2n, waiting: shares(2_000n), ahead: shares(9_498n), servedShares: 0n, claimable: 0n },
      ]);
      expect(await refusal(planClaim(client, { from: second.address, facility }))).to.equal(
        "nothing of request 2 is served yet: 2,000 shares of it wait behind 9,498 shares",
      );
      expect(await refusal(planRedeem(client, { from: second.address, facility, assets: "most" }))).to.match(
        /^other lenders wait in the redemption queue/,
      );
      const claiming = await planClaim(client, { from: first.address, facility });
      expect(claiming.summary).to.include("claims 502.00 USDX of request 1");
      const { events } = await send(first, claiming);
      expect(events.map(({ name }) => name)).to.include("Withdraw");
      expect(await market.loan.balanceOf(first.address)).to.equal(cash(502n));

      const manager = kind === "term" ? market.termManager : market.manager;
      await market.loan.connect(borrower).approve(tiered.pool, cash(15_500n));
      const repay = async (assets: bigint) =>
        (await manager.connect(borrower).getFunction("repay")(id, assets, "0x")) as { wait(): Promise<unknown> };
      await (await repay(cash(11_498n))).wait();
      const serving = await planServe(client, { from: borrower.address, facility });
      expect(serving.summary).to.match(/^turns 11,498 shares of 11,498 shares that wait .* into 11,498.00 USDX/);
      await send(borrower, serving);
      await send(first, await planClaim(client, { from: first.address, facility, id: 1n }));
      await send(second, await planClaim(client, { from: second.address, facility }));
      expect(await market.loan.balanceOf(first.address)).to.equal(cash(10_000n));
      expect(await market.loan.balanceOf(second.address)).to.equal(cash(2_000n));
      expect((await readLenderHoldings(client, facility, first.address)).queue?.requests).to.deep.equal([]);
      expect(await refusal(planClaim(client, { from: first.address, facility }))).to.match(
        /has nothing in the redemption queue/,
      );
    });
  });
}

describe("client: lenders who cannot leave", () => {
  it("says the worth with a marked loss and what entering would cost without it", async () => {
    const { client, market, tiered, facility, lender, borrower } = await tieredMarket();
    const { cash, btc } = market;
    await tiered.lend(lender, "senior", cash(50_000n));
    await tiered.lend(lender, "cover", cash(999n));
    const id = await tiered.open(borrower, btc(1n), cash(45_000n));
    await market.setPrice(45_645n);
    // 45,645 / 1.02 = 44,750: 250 are expected to be lost, all of it borne by the cover of 1,000.
    await (await market.manager.mark(id)).wait();
    const { positions } = await readLenderHoldings(client, facility, lender.address);
    const worth = positions.map(({ tranche, assets, entryAssets }) => [tranche, assets, entryAssets]);
    expect(worth).to.deep.equal([
      ["senior", cash(50_000n), cash(50_000n)],
      ["cover", (cash(750n) * 999n) / 1_000n, cash(999n)],
    ]);
  });

  it("names the capital ratio's limit to a junior, the queue before a junior, and a class that there is not", async () => {
    const { client, market, tiered, facility, send, refusal, time, lender, borrower } = await tieredMarket({
      weightBps: 10_000n,
    });
    const { cash, btc } = market;
    const from = lender.address;
    await tiered.lend(lender, "senior", cash(20_000n));
    await tiered.lend(lender, "junior", cash(2_099n));
    await tiered.open(borrower, btc(1n), cash(10_000n));
    const leave = { from, facility, tranche: "junior", assets: "most" } as const;
    await send(lender, await planRequestExit(client, leave));
    await time.increase(COOLDOWN);
    // 10.5 % of 10,000 stay, of 2,100 with the seed.
    expect(await refusal(planRedeem(client, leave))).to.equal(
      "the capital ratio lets only 1,050.00 USDX of the junior capital go, not 2,099.00 USDX: redeem at most 1,050.00 USDX, or wait until less is lent",
    );
    await send(lender, await planRedeem(client, { ...leave, assets: cash(1_050n) }));
    const error = await rejection(planLend(client, { from, facility: 1, tranche: "cover", assets: 1n }));
    expect(error).to.be.instanceOf(NoSuchTranche);
    expect(error.message).to.equal("facility 1 (WBTC / USDX) has no cover lenders; it has senior");
  });

  it("refuses what is too small to wait, more than is owned, and a facility without a queue", async () => {
    const { client, market, tiered, facility, refusal, lender, borrower } = await tieredMarket();
    const { cash, btc } = market;
    const from = lender.address;
    expect(await refusal(planQueue(client, { from, facility, assets: "most" }))).to.match(/has lent nothing/);
    await tiered.lend(lender, "senior", cash(1_000n));
    await tiered.open(borrower, btc(1n), cash(1_002n));
    expect(await refusal(planQueue(client, { from, facility, assets: cash("0.5") }))).to.equal(
      "0.5 shares are too few to wait in the queue: at least one whole share, worth 1.00 USDX",
    );
    expect(await refusal(planQueue(client, { from, facility, assets: cash(1_001n) }))).to.match(
      /are worth 1,000.00 USDX, not 1,001.00 USDX$/,
    );
    await market.lend(lender, cash(5n));
    expect(await refusal(planQueue(client, { from, facility: 1, assets: "most" }))).to.match(/has no redemption queue/);
  });
});
