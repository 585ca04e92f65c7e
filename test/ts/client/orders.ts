// Protection orders as their owner sees them: what placing takes, what an execution would move, and why there is none.
import { expect } from "chai";
import { ContractFactory } from "ethers";
import hre, { network } from "hardhat";
import type { ProtectionOrders } from "../../../types/ethers-contracts/index.js";
import { ImpossibleAction, planCancelOrder, planPlaceOrder } from "../../../sdk/client/actions/index.js";
import { NO_LIMIT, readAuthorisation } from "../../../sdk/client/authorisation.js";
import { createClient } from "../../../sdk/client/client.js";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { describeNeed } from "../../../sdk/client/needs.js";
import { ALL_DEBT, NoProtectionOrders, type OrderTerms } from "../../../sdk/client/orders.js";
import { readOrders } from "../../../sdk/client/placedOrders.js";
import { sendPlan } from "../../../sdk/client/send.js";
import { simulate } from "../../../sdk/client/simulate.js";
import { stepsOf } from "../../../sdk/client/steps.js";
import { deployMarket, deploymentOf } from "../fixtures/market.js";
import { addTiered, withTiered } from "../fixtures/tiered.js";
import { Uniswap } from "../keeper/support/uniswap.js";
import { rejection } from "./support.js";

const POOL_FEE = 500;
const FOREVER = 2n ** 40n - 1n;

/** A loan of 30,000 on one bitcoin at 60,000 (maxLtv 75 %, lltv 85 %), and a market in which it can be sold at 37,000. */
async function protectedLoan(kind: "revolving" | "term") {
  const { ethers } = await network.create("op");
  const [deployer, lender, borrower, other] = await ethers.getSigners();
  if (!deployer || !lender || !borrower || !other) throw new Error("the test network has no accounts");
  const market = await deployMarket(deployer);
  const { btc, cash } = market;
  const tiered = await addTiered(market, { kind });
  await tiered.lend(lender, "senior", cash(100_000n));
  const id = await tiered.open(borrower, btc(1n), cash(30_000n));
  const uniswap = await Uniswap.deploy(deployer);
  await uniswap.makePool(market.collateral, market.loan, POOL_FEE, market.priceE36(37_000n), cash(5_000_000n));
  const { abi, bytecode } = await hre.artifacts.readArtifact("ProtectionOrders");
  const factory = new ContractFactory(abi, bytecode, deployer);
  const orders = (await factory.deploy(
    market.manager,
    market.termManager,
    uniswap.factory,
  )) as unknown as ProtectionOrders;
  const deployment = withTiered(await deploymentOf(10, market), tiered);
  const [router, quoter] = await Promise.all([uniswap.router.getAddress(), uniswap.quoter.getAddress()]);
  const client = createClient(
    ethers.provider,
    parseDeployment({
      ...deployment,
      protectionOrders: await orders.getAddress(),
      uniswap: { router, quoter, fee: POOL_FEE },
    }),
  );
  const from = borrower.address;
  const common = { expiresAt: FOREVER, feeBps: 50n, maxFee: cash(20n) };
  const terms = {
    deleverage: {
      ...{ kind: "deleverage", triggerLtvBps: 8_000n, targetLtvBps: 6_500n, maxSlippageBps: 200n },
      ...common,
    },
    takeProfit: {
      kind: "take-profit",
      triggerPriceE36: market.priceE36(90_000n),
      assets: ALL_DEBT,
      maxSlippageBps: 100n,
      ...common,
    },
    autoRepay: {
      ...{ kind: "auto-repay", triggerLtvBps: 7_000n, targetLtvBps: 5_000n, maxPerExecution: cash(5_000n) },
      ...{ limit: cash(8_000n), ...common },
    },
    autoTopUp: {
      ...{ kind: "auto-top-up", triggerLtvBps: 7_000n, targetLtvBps: 5_000n, maxPerExecution: btc("0.5") },
      ...{ limit: btc("0.8"), ...common, maxFee: btc("0.01") },
    },
  } as const satisfies Record<string, OrderTerms>;
  const place = (order: OrderTerms, collateralLimit?: bigint) =>
    planPlaceOrder(client, { from, id, order, ...(collateralLimit === undefined ? {} : { collateralLimit }) });
  return { client, market, tiered, orders, id, from, borrower, other, terms, place };
}

for (const kind of ["revolving", "term"] as const) {
  describe(`client: protection orders for a ${kind} loan`, () => {
    it("authorises what a sale needs, says what it would move, and a keeper then moves exactly that", async () => {
      const { client, market, orders, id, from, borrower, other, terms, place } = await protectedLoan(kind);
      const { cash, btc } = market;
      const plan = await place(terms.deleverage);
      expect(plan.summary).to.match(
        /^lets any keeper sell collateral of loan \d+:0 when its LTV reaches 80.00 %, to bring it to 65.00 %, at most 2.00 % below the oracle's price, for a fee of 0.50 % of it and at most 20 USDX, until /,
      );
      expect(plan.needs.map(describeNeed)).to.have.length(1);
      expect(plan.needs.map(describeNeed)[0]).to.match(/^authorise the protection orders to take out 1 WBTC until /);
      const steps = stepsOf(client, plan);
      expect(steps.map(({ isAction }) => isAction)).to.deep.equal([false, true]);
      expect((await simulate(client, plan, steps)).extent).to.equal("complete");
      const { events } = await sendPlan(client, borrower, plan);
      expect(events.map(({ name }) => name)).to.deep.equal(["OrderPlaced"]);
      const facility = Number((id >> 64n) & 0xffffffffn);
      expect(await readAuthorisation(client, from, facility, await orders.getAddress())).to.deep.equal({
        actions: ["withdraw"],
        expiresAt: FOREVER,
        cashLimit: 0n,
        collateralLimit: btc(1n),
      });

      const [waiting] = (await readOrders(client, id)).orders;
      expect([waiting?.quote, waiting?.needs]).to.deep.equal([undefined, []]);
      expect(waiting?.refusal).to.match(/^the LTV is 50.0\d %, below the 80.00 % the order waits for$/);
      await market.setPrice(37_000n);
      const [ready] = (await readOrders(client, id)).orders;
      expect(ready?.refusal).to.equal(undefined);
      const again = await place(terms.deleverage);
      expect(again.needs, "it is authorised already").to.deep.equal([]);
      expect(again.summary).to.match(
        /the deleverage order before it is replaced; its LTV is 81.0\d %, so any keeper may execute it at once$/,
      );

      await (await orders.connect(other).execute(id, 0, other, 0)).wait();
      const fee = await market.loan.balanceOf(other);
      expect(fee).to.equal(ready?.quote?.fee);
      expect(fee > 0n && fee <= cash(20n)).to.equal(true);
      const { loan, orders: left } = await readOrders(client, id);
      expect(loan.debt).to.be.closeTo(cash(30_000n) - (ready?.quote?.repaid ?? 0n), cash("0.01"));
      expect(loan.collateral >= btc(1n) - (ready?.quote?.maxSold ?? 0n)).to.equal(true);
      expect(left[0]?.refusal, "the target is reached").to.match(/^the LTV is [46]\d.\d\d %, below the 80.00 %/);
    });

    it("approves what the wallet is to pay with, and says what is missing as it goes missing", async () => {
      const { client, market, orders, id, from, borrower, terms, place } = await protectedLoan(kind);
      const { cash, btc } = market;
      const repaying = await place(terms.autoRepay);
      expect(repaying.needs.map(describeNeed)[0]).to.match(
        /^the protection orders \(0x.*\) has to be approved for 8,000 USDX$/,
      );
      await sendPlan(client, borrower, repaying);
      await sendPlan(client, borrower, await place(terms.autoTopUp));
      expect(await market.loan.allowance(from, orders)).to.equal(cash(8_000n));
      expect(await market.collateral.allowance(from, orders)).to.equal(btc("0.8"));
      await market.setPrice(40_000n);
      const found = (await readOrders(client, id)).orders;
      expect(found.map((order) => order.kind)).to.deep.equal(["auto-repay", "auto-top-up"]);
      const [repay, topUp] = found;
      expect([repay?.refusal, repay?.quote?.repaid]).to.deep.equal([undefined, repay?.quote?.repaid]);
      expect((repay?.quote?.repaid ?? 0n) + (repay?.quote?.fee ?? 0n)).to.equal(cash(5_000n));
      expect(topUp?.refusal, "there is no bitcoin in the wallet").to.match(/balance and allowance leave 0 units/);
      await (await market.loan.connect(borrower).approve(orders, 0n)).wait();
      const [unapproved] = (await readOrders(client, id)).orders;
      expect(unapproved?.refusal).to.match(/balance and allowance leave 0 units/);
      expect(unapproved?.needs.map((need) => need.kind)).to.deep.equal(["approval"]);

      await sendPlan(client, borrower, await planCancelOrder(client, { from, id, kind: "auto-repay" }));
      const gone = await rejection(planCancelOrder(client, { from, id, kind: "auto-repay" }));
      expect(gone).to.be.instanceOf(ImpossibleAction);
      expect(gone.message).to.match(/has placed no auto-repay order for loan/);
    });
  });
}

describe("client: protection orders that cannot do what they say", () => {
  it("says that the market would take too much, and that the authorisation is gone", async () => {
    const { client, market, id, from, borrower, orders, terms, place } = await protectedLoan("revolving");
    await sendPlan(client, borrower, await place(terms.takeProfit, NO_LIMIT));
    // The market stays at 37,000.
    await market.setPrice(90_000n);
    const [order] = (await readOrders(client, id)).orders;
    expect(order?.quote?.repaid).to.equal(market.cash(30_000n));
    expect(order?.refusal).to.match(/^[\d.]+ WBTC would have to be sold, more than the 0.33[\d]* WBTC allowed$/);
    const nothing = { actions: 0, expiresAt: 0, cashLimit: 0, collateralLimit: 0 };
    await (await market.manager.connect(borrower).setAuthorisation(2, orders, nothing)).wait();
    const [revoked] = (await readOrders(client, id)).orders;
    expect(revoked?.needs.map(describeNeed)).to.have.length(1);
    expect(revoked?.order.assets).to.equal(ALL_DEBT);
    expect(from).to.equal(borrower.address);
  });

  it("brings a term loan to the max LTV itself, where what is paid ahead of an instalment does not count", async () => {
    const { client, market, id, borrower, other, orders, terms, place } = await protectedLoan("term");
    await sendPlan(client, borrower, await place({ ...terms.deleverage, targetLtvBps: 7_500n }));
    await market.setPrice(37_000n);
    const [order] = (await readOrders(client, id)).orders;
    expect(order?.refusal).to.equal(undefined);
    await (await orders.connect(other).execute(id, 0, other, 0)).wait();
    const { loan } = await readOrders(client, id);
    expect(loan.ltvWad ?? 0n, "less, by the instalment paid ahead").to.be.lessThan(7_500n * 10n ** 14n);
  });

  it("refuses before anything is sent: late triggers, targets above, loans of others, deployments without", async () => {
    const { client, id, other, terms, place, market } = await protectedLoan("revolving");
    const { deleverage } = terms;
    const refusal = async (order: OrderTerms): Promise<string> => (await rejection(place(order))).message;
    expect(await refusal({ ...deleverage, triggerLtvBps: 8_500n })).to.match(
      /85.00 % comes too late: from above 85.00 % on/,
    );
    expect(await refusal({ ...deleverage, targetLtvBps: 8_000n })).to.match(
      /80.00 % has to be below the trigger of 80.00 %/,
    );
    expect(await refusal({ ...deleverage, targetLtvBps: 7_600n })).to.match(/at most the max LTV, 75.00 %/);
    const ofOther = planPlaceOrder(client, { from: other.address, id, order: deleverage });
    expect((await rejection(ofOther)).message).to.match(/only the owner's orders for it count/);
    const bare = (part: "uniswap" | "protectionOrders") => ({
      ...client,
      deployment: { ...client.deployment, [part]: undefined },
    });
    const unsold = planPlaceOrder(bare("uniswap"), { from: await market.manager.ownerOf(id), id, order: deleverage });
    expect((await rejection(unsold)).message).to.match(/^this deployment names no Uniswap/);
    const none = await rejection(readOrders(bare("protectionOrders"), id));
    expect(none).to.be.instanceOf(NoProtectionOrders);
  });
});
