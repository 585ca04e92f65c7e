import { expect } from "chai";
import { MaxUint256 } from "ethers";
import type { DevnetAccount } from "../../../devnet/index.js";
import type { ReportLine, ResultReport } from "../../../keeper/serve/status.js";
import { loanText } from "../../../keeper/serve/describe.js";
import {
  type DecodedRevert,
  type Facility,
  WAD,
  collateralValueDown,
  decodeRevert,
  encodeLoanId,
  eventsIn,
  facilityOf,
  isLiquidatable,
  planLend,
  planOpen,
  planRepay,
  planTopUp,
  planWithdraw,
  readLoan,
  readLoansOf,
  revertDataOf,
} from "../../../sdk/index.js";
import { type Surroundings, debtOf, execute, quoteLiquidationOf, toAddress } from "../../../sdk/model/machine/index.js";
import { UPTIME, childrenOf, contract, describeDevnet, isAlive, mined, until, wallet } from "../devnet/support.js";
import type { KeeperProcess } from "../keeper/support/keeperProcess.js";
import { modelOf } from "./modelOf.js";
import { Scene } from "./scene.js";

const MORNING = BigInt(Date.parse("2020-03-12T10:00Z") / 1000);
const MINUTE = 60n;
const BTC = 10n ** 8n;
const DOLLARS = 10n ** 6n;
const E8 = 10n ** 8n;
/** A satoshi in dollar units, as the oracle scales it, for one dollar a bitcoin. */
const PRICE_E36 = (10n ** 36n * DOLLARS) / BTC;
const BEFORE = 8_000n;
const CRASHED = 6_700n;
const FACILITY = 1;
/** Of deploy/parameters/local.json5. */
const LLTV_WAD = (82n * WAD) / 100n;

/** What each borrower begins with, and what becomes of it at the crashed price; the liquidation LTV is 82 %. */
const TERMS = {
  /** 83.6 %, were it not for what comes from L1 */
  forced: { collateral: 1n * BTC, principal: 5_600n * DOLLARS, topUp: BTC / 4n },
  /** 85.8 % */
  liquidated: { collateral: (8n * BTC) / 10n, principal: 4_600n * DOLLARS },
  /** 83.6 %, until some is repaid in the grace */
  repaid: { collateral: BTC / 2n, principal: 2_800n * DOLLARS, payment: 400n * DOLLARS },
} as const;

type Decided = Extract<ReportLine, { type: "decided" }>;

describeDevnet("end to end: a sequencer outage through which a price falls, on both layers", function () {
  this.timeout(120_000);
  let childrenBefore: number[];
  let scene: Scene;
  let keeper: KeeperProcess | undefined;
  let facility: Facility;
  let ids: Record<keyof typeof TERMS, bigint>;
  let people: Record<keyof typeof TERMS, DevnetAccount>;
  /** Seconds at which the sequencer was reported down and up, and the last of the grace. */
  let downAt: bigint;
  let upAt: bigint;
  let graceEnd: bigint;
  /** The keeper's books of the one liquidation. */
  let booked: ResultReport;

  before(async () => {
    childrenBefore = childrenOf(process.pid);
    scene = await Scene.set(MORNING, BEFORE * E8);
    facility = facilityOf(scene.client.deployment, FACILITY);
    const { borrower, users } = scene.devnet.info.accounts;
    // The first three users govern.
    const [forced, repaid] = users.slice(3) as [DevnetAccount, DevnetAccount];
    people = { forced, liquidated: borrower, repaid };
    const idOf = ({ address }: DevnetAccount) => encodeLoanId({ opener: address, facility: FACILITY, salt: 0n });
    ids = { forced: idOf(forced), liquidated: idOf(borrower), repaid: idOf(repaid) };
  });
  after(async () => {
    keeper?.signal("SIGKILL");
    await keeper?.ended;
    await scene?.stop();
  });

  const running = (): KeeperProcess => {
    if (keeper === undefined) throw new Error("the keeper was not started");
    return keeper;
  };

  /** What the keeper has decided about the newest block, which it may have made itself. */
  async function decidedNow(): Promise<Decided> {
    for (;;) {
      const head = await scene.l2.getBlockNumber();
      const decided = await running().decided(head);
      if (decided.pending === 0 && decided.block === (await scene.l2.getBlockNumber())) return decided;
    }
  }

  const now = () => scene.devnet.now();
  /** What every facility of the deployment must show, revolving or term: they see one price. */
  const ofEach = <T>(value: T): T[] => scene.client.deployment.facilities.map(() => value);
  const manager = () => toAddress(scene.client.deployment.loanManager);
  const loan = (who: keyof typeof TERMS) => readLoan(scene.client, ids[who]);

  /** The reason the lens gives why a loan may not be liquidated. */
  async function refusalOf(who: keyof typeof TERMS): Promise<DecodedRevert | undefined> {
    const [, reason] = await scene.client.lens.read(scene.l2, "liquidationQuote", [ids[who], MaxUint256]);
    return decodeRevert(reason);
  }

  const liquidation = (who: keyof typeof TERMS) => ({
    to: scene.client.manager.address,
    data: scene.client.manager.encode("liquidate", [ids[who], MaxUint256, 0n, "0x"]),
  });

  /** Sends a liquidation as anyone may, and says why it failed. */
  async function attempt(
    who: keyof typeof TERMS,
  ): Promise<{ status: number | null; reason: DecodedRevert | undefined }> {
    const anyone = wallet(scene.l2, scene.devnet.info.accounts.marketMaker);
    const sent = await anyone.sendTransaction({ ...liquidation(who), gasLimit: 1_000_000n });
    const { status } = await mined(scene.l2, sent);
    const error = await scene.l2.call({ ...liquidation(who), from: anyone.address }).then(String, revertDataOf);
    return { status, reason: decodeRevert(error ?? "0x") };
  }

  it("borrowers bring wrapped BTC over the standard bridge and borrow against it", async () => {
    const { accounts, tokens, l1 } = scene.devnet.info;
    const { lender } = accounts;
    await scene.devnet.fund(lender.address, { dollars: 50_000n * DOLLARS });
    const lend = { from: lender.address, facility: FACILITY, assets: "most" } as const;
    await scene.send(lender, await planLend(scene.client, lend));

    const stock = await scene.supply(tokens.wrappedBtc.l2);
    let bridged = 0n;
    for (const who of ["forced", "liquidated", "repaid"] as const) {
      const { collateral, principal } = TERMS[who];
      const amount = collateral + (who === "forced" ? TERMS.forced.topUp : 0n);
      const { address } = people[who];
      await scene.bridgeIn(people[who], amount);
      bridged += amount;
      expect(await scene.balanceOnL1(address)).to.equal(0n);
      expect(await scene.balance(tokens.wrappedBtc.l2, address)).to.equal(amount);
      const request = { from: address, facility: FACILITY, collateral, principal };
      await scene.send(people[who], await planOpen(scene.client, request));
      expect(await scene.balance(tokens.dollar, address)).to.equal(principal);
      const { debt, ...opened } = await loan(who);
      expect([opened.collateral, debt]).to.deep.equal([collateral, principal]);
    }
    expect(await scene.supply(tokens.wrappedBtc.l2)).to.equal(stock + bridged);
    expect(await scene.balanceOnL1(l1.contracts.standardBridge)).to.equal(stock + bridged);
  });

  it("the keeper starts, knows the three loans and finds nothing to do", async () => {
    keeper = await scene.startKeeper();
    const { loans, actions, facilities } = await decidedNow();
    expect([loans, actions]).to.deep.equal([3, []]);
    expect(facilities.map(({ priceE36 }) => priceE36)).to.deep.equal(ofEach(String(BEFORE * PRICE_E36)));
  });

  it("fault C38: in the outage L1 goes on, and a top-up left with the portal is the borrower's own once L2 is back", async () => {
    const { devnet, client, l2 } = scene;
    await devnet.pauseL2();
    const lastBlock = await l2.getBlockNumber();
    downAt = now() + MINUTE;
    await devnet.mineL1(downAt);
    expect((await devnet.setSequencerStatus(false, { queueOnly: true })).l2).to.deep.equal([]);

    const forcedAt = downAt + 10n * MINUTE;
    await devnet.mineL1(forcedAt);
    const { address } = people.forced;
    const plan = await planTopUp(client, { from: address, id: ids.forced, collateral: "most" });
    const steps = await scene.force(people.forced, plan);
    upAt = downAt + 30n * MINUTE;
    await devnet.mineL1(upAt);
    expect(await l2.getBlockNumber()).to.equal(lastBlock);

    await devnet.resumeL2();
    const outcomes = await devnet.derive();
    // The report, and the approval and the top-up.
    expect(steps).to.equal(2);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["success", "success", "success"]);
    const blocks = await Promise.all(outcomes.map(({ blockNumber }) => l2.getBlock(Number(blockNumber))));
    expect(blocks.map((block) => BigInt(block?.timestamp ?? 0))).to.deep.equal([downAt, forcedAt, forcedAt]);
    const receipt = await l2.getTransactionReceipt(outcomes[2]?.hash ?? "");
    expect(eventsIn(receipt?.logs ?? [])).to.deep.include({
      name: "ToppedUp",
      address: client.manager.address,
      args: { id: ids.forced, payer: address, collateral: TERMS.forced.topUp },
    });
    expect((await loan("forced")).collateral).to.equal(TERMS.forced.collateral + TERMS.forced.topUp);
  });

  it("back on L2 the price has fallen; reported down, the chain lets nobody be liquidated", async () => {
    const { devnet, l2 } = scene;
    expect(now()).to.equal(upAt);
    const { answer, startedAt } = (await contract(devnet.info.sequencerUptimeFeed, UPTIME, l2).latestRoundData!()) as {
      answer: bigint;
      startedAt: bigint;
    };
    expect([answer, startedAt]).to.deep.equal([1n, downAt]);
    await devnet.publishPrice("btcUsd", CRASHED * E8);
    await devnet.tradeToPrice(CRASHED * E8);
    for (const who of ["liquidated", "repaid"] as const) {
      const { healthWad } = await loan(who);
      expect(healthWad !== undefined && healthWad < WAD, who).to.equal(true);
      expect((await refusalOf(who))?.name).to.equal("SequencerDown");
    }
    // Without what came from L1 the third would be like them.
    const { debt, healthWad } = await loan("forced");
    const value = collateralValueDown(TERMS.forced.collateral, CRASHED * PRICE_E36);
    expect(isLiquidatable(debt, value, LLTV_WAD)).to.equal(true);
    expect(healthWad ?? 0n).to.be.greaterThan(WAD);
  });

  it("fault C22: reported up, a grace as long as the outage begins: liquidation is refused, cures are not", async () => {
    const { devnet, client } = scene;
    await devnet.setSequencerStatus(true);
    graceEnd = upAt + (upAt - downAt);
    const refused = (timestamp: bigint) => ({
      status: 0,
      reason: { name: "SequencerGrace", args: { graceEndsAt: graceEnd, timestamp } },
    });
    const { marketMaker } = devnet.info.accounts;
    await scene.approve(marketMaker, facility.loan.address, facility.pool);
    expect(await refusalOf("liquidated")).to.deep.equal(refused(upAt).reason);
    expect(await attempt("liquidated")).to.deep.equal(refused(upAt));

    const { address } = people.repaid;
    const { payment } = TERMS.repaid;
    const debt = debtOf(await modelOf(client, FACILITY), manager(), ids.repaid, now());
    await scene.send(people.repaid, await planRepay(client, { from: address, id: ids.repaid, assets: payment }));
    const cured = await loan("repaid");
    expect(cured.debt).to.equal(debt - payment);
    expect(cured.healthWad ?? 0n).to.be.greaterThan(WAD);

    const { facilities, sent } = await decidedNow();
    expect(facilities.map(({ priceE36, refusal }) => [priceE36, refusal])).to.deep.equal(
      ofEach([null, `SequencerGrace(${graceEnd}, ${upAt})`]),
    );
    expect(sent).to.deep.equal([]);

    // The grace's last second is still one of it; the same attempt would pass in the next.
    await devnet.setTime(graceEnd);
    expect(await refusalOf("liquidated")).to.deep.equal(refused(graceEnd).reason);
    expect(await attempt("liquidated")).to.deep.equal(refused(graceEnd));
    expect((await decidedNow()).sent).to.deep.equal([]);
    const next = { ...liquidation("liquidated"), from: marketMaker.address };
    const inTheNextSecond = { time: `0x${(graceEnd + 1n).toString(16)}` };
    const answer = (await scene.l2.send("eth_call", [next, "latest", {}, inTheNextSecond])) as string;
    const [repaid, seized] = client.manager.decode("liquidate", answer);
    expect(repaid > 0n && seized > 0n).to.equal(true);
  });

  it("a second later the keeper liquidates the loan that was not cured, by the model's amounts, and no other", async () => {
    const { devnet, client, l2 } = scene;
    const { liquidator } = client.deployment;
    const { dollar, wrappedBtc } = devnet.info.tokens;
    const at = graceEnd + 1n;
    const surroundings: Surroundings = {
      now: at,
      price: () => CRASHED * PRICE_E36,
      borrowPrice: () => CRASHED * PRICE_E36,
      liquidationPrice: () => CRASHED * PRICE_E36,
      graceEndsAt: () => graceEnd,
      gateReason: () => 0n,
      requiredJuniorUp: () => 0n,
      mayGovern: () => false,
    };
    const outcome = execute(await modelOf(client, FACILITY), surroundings, (tx) =>
      quoteLiquidationOf(tx, { manager: manager(), id: ids.liquidated, maxRepaid: MaxUint256 }),
    );
    if (!outcome.ok) throw outcome.refusal;
    const { repaid, seized, debtClosed, loss } = outcome.value;
    expect(loss).to.equal(0n);

    await devnet.setTime(at);
    await running().until(() => running().of("settled").length > 0);
    const { actions } = await decidedNow();
    expect(actions.filter(({ action }) => action !== "watch")).to.deep.equal([]);
    const settled = running().of("settled");
    expect(settled).to.have.length(1);
    booked = settled[0]!;
    expect(booked).to.deep.include({
      ...{ kind: "liquidate", subject: loanText(ids.liquidated), outcome: "done" },
      ...{ repaid: String(repaid), seized: String(seized), debtClosed: String(debtClosed) },
    });
    expect((await l2.getBlock(booked.block ?? 0))?.timestamp).to.equal(Number(at));

    const sold = await loan("liquidated");
    expect(sold.collateral).to.equal(TERMS.liquidated.collateral - seized);
    expect(sold.healthWad ?? 0n).to.be.greaterThan(WAD);
    const { forced, repaid: cured } = TERMS;
    expect((await loan("forced")).collateral).to.equal(forced.collateral + forced.topUp);
    expect((await loan("repaid")).collateral).to.equal(cured.collateral);

    // What it earned is what it holds, all of it in dollars.
    const { proceeds, grossProfit } = booked;
    expect(BigInt(grossProfit)).to.equal(BigInt(proceeds) - repaid);
    expect(BigInt(grossProfit)).to.be.greaterThan(0n);
    expect(await scene.balance(dollar, liquidator ?? "")).to.equal(BigInt(grossProfit));
    expect(await scene.balance(wrappedBtc.l2, liquidator ?? "")).to.equal(0n);
  });

  it("the liquidated borrower repays the rest and takes the surplus out, to the unit", async () => {
    const { client, devnet } = scene;
    const { dollar, wrappedBtc } = devnet.info.tokens;
    const { address } = people.liquidated;
    const { collateral, principal } = TERMS.liquidated;
    const rest = debtOf(await modelOf(client, FACILITY), manager(), ids.liquidated, now());
    const request = { from: address, id: ids.liquidated };
    await scene.send(people.liquidated, await planRepay(client, { ...request, assets: "most" }));
    expect(await scene.balance(dollar, address)).to.equal(principal - rest);
    await scene.send(people.liquidated, await planWithdraw(client, { ...request, collateral: "most" }));
    expect(await scene.balance(wrappedBtc.l2, address)).to.equal(collateral - BigInt(booked.seized));
    expect(await readLoansOf(client, address)).to.deep.equal([]);
  });

  it("and brings it back to L1, proved against the genuine portal: collateral less what was seized", async () => {
    const { devnet } = scene;
    const { address } = people.liquidated;
    const surplus = TERMS.liquidated.collateral - BigInt(booked.seized);
    const started = await devnet.withdrawWrappedBtc(people.liquidated, address, surplus);
    expect(await scene.balanceOnL1(address)).to.equal(0n);
    await devnet.finaliseWithdrawal(people.liquidated, started);
    expect(await scene.balanceOnL1(address)).to.equal(surplus);
    expect(await scene.balance(devnet.info.tokens.wrappedBtc.l2, address)).to.equal(0n);
  });

  it("EVENT-1, CUSTODY-1: every token adds up, on chain and in the model replayed from the genuine rollup's log", async () => {
    const { devnet, client, l2 } = scene;
    const { accounts, tokens, l1, uniswap } = devnet.info;
    const { wrappedBtc, dollar } = tokens;
    const world = await modelOf(client, FACILITY);
    expect(await scene.balanceOnL1(l1.contracts.standardBridge)).to.equal(await scene.supply(wrappedBtc.l2));

    const { deployer, marketMaker, lender } = accounts;
    const borrowers = Object.values(people);
    const owners = [deployer, marketMaker, lender, ...borrowers].map(({ address }) => address);
    const { facilities, liquidator } = client.deployment;
    const lent = facilities.flatMap(({ pool, vault }) => [pool, vault]);
    const holders = [...owners, uniswap.pool, ...new Set(lent), liquidator ?? ""];
    for (const token of [wrappedBtc.l2, dollar]) {
      const balances = await Promise.all(holders.map((holder) => scene.balance(token, holder)));
      expect(balances).to.deep.equal(holders.map((holder) => world.balance(toAddress(token), toAddress(holder))));
      expect(balances.reduce((sum, one) => sum + one, 0n)).to.equal(await scene.supply(token));
    }

    const at = BigInt((await l2.getBlock("latest"))?.timestamp ?? 0);
    const open = (await Promise.all(borrowers.map(({ address }) => readLoansOf(client, address)))).flat();
    expect(open.map(({ id }) => id)).to.have.members([ids.forced, ids.repaid]);
    for (const { id, debt, collateral } of open)
      expect([debt, collateral]).to.deep.equal([
        debtOf(world, manager(), id, at),
        world.revolving.openLoan(id).collateral,
      ]);
    const held = open.reduce((sum, { collateral }) => sum + collateral, 0n);
    expect(await scene.balance(wrappedBtc.l2, facility.vault)).to.equal(held);
    expect(await scene.balance(dollar, facility.pool)).to.equal(world.pool(toAddress(facility.pool)).cash);
  });

  it("the keeper's books are that one liquidation; asked to end it ends with 0, the devnet with it, and nothing is left", async () => {
    const { totals } = await running().status();
    expect(totals.outcomes).to.deep.equal({ done: 1 });
    const [asset] = Object.values(totals.assets);
    expect(asset?.grossProfit).to.equal(booked.grossProfit);
    running().signal("SIGTERM");
    expect(await running().ended).to.deep.equal({ exitCode: 0, signal: null });
    expect(running().of("stopped")).to.deep.equal([{ type: "stopped", pending: 0 }]);

    const nodes = scene.devnet.pids();
    expect(nodes.map(isAlive)).to.deep.equal([true, true]);
    await scene.stop();
    expect(nodes.map(isAlive)).to.deep.equal([false, false]);
    // The nodes' guards are told to go when the nodes have gone.
    const left = () => childrenOf(process.pid).filter((pid) => !childrenBefore.includes(pid));
    await until(() => left().length === 0, 5_000);
    expect(left()).to.deep.equal([]);
  });
});
