import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type JsonRpcProvider, MaxUint256 } from "ethers";
import type { Devnet } from "../../../devnet/index.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { deploymentOf } from "../fixtures/market.js";
import { type TermMarket, addTermFacility, termFacilityInput } from "../fixtures/termMarket.js";
import { describeDevnet, until } from "../devnet/support.js";
import { FaultProxy } from "./support/faultProxy.js";
import { KeeperProcess } from "./support/keeperProcess.js";
import { MinedWallet } from "./support/minedWallet.js";
import { TestPostgres } from "./support/postgres.js";
import { ProcessStage } from "./support/processStage.js";
import type { World } from "./support/world.js";

describeDevnet("keeper: the process, on a rollup that charges real fees", () => {
  let stage: ProcessStage;
  let folder: string;
  let devnet: Devnet;
  let provider: JsonRpcProvider;
  let world: World;
  let term: TermMarket;

  const operator = (): string => stage.operator;
  const start = (...args: string[]): KeeperProcess => stage.start(args);
  const startWith = (environment: Readonly<Record<string, string>>, ...args: string[]): KeeperProcess =>
    stage.start(args, environment);
  const borrow = (dollars: string, bitcoin?: string): Promise<bigint> => stage.borrow(dollars, bitcoin);
  const liquidationsOf = (id: bigint): Promise<number> => stage.liquidationsOf(id);
  const byHand = (): Promise<void> => stage.byHand();
  const byThemselves = (): Promise<void> => stage.byThemselves();
  const setPriceByHand = (dollars: bigint): Promise<number> => stage.setPriceByHand(dollars);
  const settle = (running: KeeperProcess, from: number): Promise<void> => stage.settle(running, from);

  before(async function () {
    this.timeout(300_000);
    stage = await ProcessStage.start();
    ({ folder, devnet, provider, world } = stage);
    term = await addTermFacility(world);
    await term.lend(stage.lender, world.cash(100_000n));
    await stage.describe([], [await termFacilityInput(world, term)]);
  });
  after(() => stage.stop());

  beforeEach(async () => {
    stage.forgetState();
    await stage.calm();
    await (await world.oracle.setSecondPrice(0n)).wait();
  });
  afterEach(() => stage.endKeepers());

  /** A term loan of 2,000 against 1 BTC by one of the users, in twelve parts. */
  const borrowByTerms = async (): Promise<{ id: bigint; owner: MinedWallet }> => {
    const { user: owner, salt } = stage.nextUser();
    await world.fund(owner, { collateral: world.btc(1n), loan: world.cash("5000") });
    await (await world.collateral.connect(owner).approve(term.vault, MaxUint256)).wait();
    await (await world.loan.connect(owner).approve(term.pool, MaxUint256)).wait();
    const opening = {
      facility: term.facility,
      salt,
      sheet: 0,
      collateral: world.btc(1n),
      principal: world.cash("2000"),
      maxAnnualRate: 10n ** 18n,
      deadline: 2n ** 40n,
      receiver: owner.address,
      agreement: `0x${"00".repeat(32)}`,
    };
    await (await world.termManager.connect(owner).open(opening, "0x")).wait();
    return { id: (BigInt(owner.address) << 96n) | (BigInt(term.facility) << 64n) | salt, owner };
  };

  it("liquidates every unhealthy loan once, keeps the rest, and its books agree with the tokens to the unit and the wei", async () => {
    const small = await borrow("150", "0.027");
    const unhealthy = [await borrow("5500"), await borrow("5400"), await borrow("5300"), small];
    const healthy = await borrow("2000");
    await byHand();
    const running = start();
    await running.ready();
    await running.decided(await provider.getBlockNumber());

    const etherBefore = await provider.getBalance(operator());
    const dollarsBefore = await world.loan.balanceOf(world.liquidator);
    await settle(running, await setPriceByHand(6_600n));

    for (const id of unhealthy) expect(await liquidationsOf(id)).to.equal(1);
    expect(await liquidationsOf(healthy)).to.equal(0);
    const { totals, results, atRisk, loans, pending } = await running.status();
    expect([loans, pending]).to.deep.equal([5, 0]);
    // All of its debt, not all but a remainder of minDebt: interest goes on between the plan and the block.
    expect(await world.manager.debtOf(small)).to.equal(0n);
    expect(atRisk.filter(({ action }) => action !== "watch")).to.deep.equal([]);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["done", "done", "done", "done"]);

    const asset = totals.assets[await world.loan.getAddress()];
    const earned = (await world.loan.balanceOf(world.liquidator)) - dollarsBefore;
    expect(BigInt(asset?.grossProfit ?? 0)).to.equal(earned);
    expect(earned).to.be.greaterThan(world.cash("100"));
    expect(await world.collateral.balanceOf(world.liquidator)).to.equal(0n);
    const { l2Gas, l1Data, operator: operatorFee } = totals.fees;
    for (const part of [l2Gas, l1Data, operatorFee]) expect(BigInt(part)).to.be.greaterThan(0n);
    const spent = etherBefore - (await provider.getBalance(operator()));
    expect(BigInt(l2Gas) + BigInt(l1Data) + BigInt(operatorFee)).to.equal(spent);
  });

  it("fault K29: killed outright with transactions under way, it misses nothing and does nothing twice", async () => {
    const first = await borrow("5500");
    await byHand();
    const doomed = start();
    await doomed.ready();
    await doomed.decided(await provider.getBlockNumber());
    await setPriceByHand(6_800n);
    await doomed.until(() => doomed.of("decided").some(({ sent }) => sent.length === 1));
    doomed.signal("SIGKILL");
    expect((await doomed.ended).signal).to.equal("SIGKILL");

    // What happens while nobody watches: another loan, and a lower price.
    await byThemselves();
    await world.setPrice(8_000n);
    expect(await liquidationsOf(first)).to.equal(1);
    const second = await borrow("5500");
    await byHand();
    const block = await setPriceByHand(6_500n);

    const running = start();
    await running.ready();
    await settle(running, block);
    expect(await liquidationsOf(second)).to.equal(1);
    const { results } = await running.status();
    expect(results.filter(({ outcome }) => outcome !== "done")).to.deep.equal([]);
  });

  it("fault K29: what was sent before it was killed is taken up, not sent again", async () => {
    const id = await borrow("5500");
    await byHand();
    const doomed = start();
    await doomed.ready();
    await doomed.decided(await provider.getBlockNumber());
    const nonce = await provider.getTransactionCount(operator());
    const block = await setPriceByHand(6_600n);
    await doomed.until(() => doomed.of("decided").some(({ sent }) => sent.length === 1));
    doomed.signal("SIGKILL");
    await doomed.ended;

    const running = start();
    await running.ready();
    const { pending, actions } = await running.decided(block);
    expect(pending).to.equal(1);
    expect(actions.map(({ action }) => action)).to.deep.equal(["pending"]);
    await settle(running, Number((await devnet.mineL2()).number));
    expect(await liquidationsOf(id)).to.equal(1);
    expect(await provider.getTransactionCount(operator())).to.equal(nonce + 1);
    expect(running.of("settled").map(({ outcome }) => outcome)).to.deep.equal(["done"]);
  });

  it("marks a term loan in default once the grace is over and sells it in the same transaction; a loan that pays stays", async function () {
    this.timeout(240_000);
    const [late, punctual] = [await borrowByTerms(), await borrowByTerms()];
    await byHand();
    const running = start();
    await running.ready();
    const day = 86_400n;
    await devnet.mineL2(devnet.now() + 29n * day);
    await world.termManager.connect(punctual.owner).repay(punctual.id, world.cash("1000"), "0x");
    // Too little for the first instalment; the mark takes it into account, and its event does not say how much it was.
    await world.termManager.connect(late.owner).repay(late.id, world.cash("150"), "0x");
    // In the second it was estimated for: later it takes more gas.
    await devnet.mineL2();
    // Money paid ahead pays on its date, and no event says so: what is left of the loan is less than the log's sum.
    const { number: due } = await devnet.mineL2(devnet.now() + day);
    await running.decided(Number(due));
    await settle(running, Number((await devnet.mineL2(devnet.now() + 9n * day)).number));
    expect(running.of("settled"), "nothing while the grace runs").to.deep.equal([]);
    await settle(running, Number((await devnet.mineL2(devnet.now() + 2n * day)).number));

    const results = running.of("settled").map(({ kind, outcome, subject }) => [kind, outcome, BigInt(subject)]);
    expect(results).to.deep.equal([["liquidate", "done", late.id]]);
    const marks = await world.termManager.queryFilter(world.termManager.filters.DefaultMarked(late.id));
    const sales = await world.termManager.queryFilter(world.termManager.filters.Liquidated(late.id));
    expect(marks.map(({ transactionHash }) => transactionHash)).to.deep.equal([sales[0]?.transactionHash]);
    expect(await world.termManager.debtOf(late.id), "a default sale may close all of it").to.equal(0n);
    expect(await world.termManager.debtOf(punctual.id)).to.be.greaterThan(0n);
    const { totals } = await running.status();
    expect(BigInt(totals.assets[await world.loan.getAddress()]?.grossProfit ?? 0)).to.be.greaterThan(world.cash("1"));
  });

  it("executes an owner's standing order once its condition holds, for the fee, and books it", async () => {
    const { user: owner, salt } = stage.nextUser();
    const id = await world.open(owner, world.btc(1n), world.cash("5000"), salt);
    await world.fund(owner, { loan: world.cash("3000") });
    await world.loan.connect(owner).approve(world.protectionOrders, world.cash("3000"));
    const order = {
      ...{ expiresAt: 2n ** 40n - 1n, triggerLtvBps: 7_500n, targetLtvBps: 6_000n, maxSlippageBps: 0n },
      ...{ feeBps: 50n, maxFee: world.cash("20"), assets: 0n, maxPerExecution: world.cash("3000") },
      ...{ limit: world.cash("3000"), triggerPriceE36: 0n, path: "0x" },
    };
    const AUTO_REPAY = 2n;
    await world.protectionOrders.connect(owner).place(id, AUTO_REPAY, order);
    const before = await world.loan.balanceOf(operator());
    await byHand();
    const running = start("--mark-losses-from", "100");
    await running.ready();
    await settle(running, await setPriceByHand(6_800n));
    expect(running.of("settled"), "73.5 % is below the trigger").to.deep.equal([]);
    await settle(running, await setPriceByHand(6_600n));

    const results = running.of("settled").map(({ kind, outcome, subject }) => [kind, outcome, BigInt(subject)]);
    expect(results).to.deep.equal([["order", "done", id]]);
    const fee = (await world.loan.balanceOf(operator())) - before;
    expect(fee).to.be.greaterThan(world.cash("5")).and.to.be.at.most(world.cash("20"));
    const { totals } = await running.status();
    expect(BigInt(totals.assets[await world.loan.getAddress()]?.grossProfit ?? 0)).to.equal(fee);
    expect(await world.manager.debtOf(id)).to.be.lessThan(world.cash("4000"));
  });

  it("notes a disagreement that holds a liquidation back, again before an hour is over, and liquidates when it is released", async function () {
    this.timeout(240_000);
    const id = await borrow("5500");
    await byHand();
    const running = start();
    await running.ready();
    await running.decided(await provider.getBlockNumber());
    await world.oracle.setSecondPrice(world.priceE36(8_000n));
    await settle(running, await setPriceByHand(6_500n));
    const held = running.of("decided").flatMap(({ actions }) => actions);
    expect(held.some(({ action, reason }) => action === "held" && /disagree/.test(reason))).to.equal(true);
    const since = await world.oracle.since();
    expect(since).to.be.greaterThan(0n);

    const [, cap] = await world.oracle.caps();
    let steps = 0;
    while ((await liquidationsOf(id)) === 0) {
      if (++steps > 60) throw new Error(`not released after ${steps} half-hours`);
      await settle(running, Number((await devnet.mineL2(devnet.now() + 1_800n)).number));
    }
    expect(await world.oracle.since()).to.equal(since);
    expect(BigInt(steps) * 1_800n).to.be.within(cap, cap + 7_200n);
    const notes = running.of("settled").filter(({ kind }) => kind === "note");
    expect(notes.every(({ outcome }) => outcome === "done")).to.equal(true);
    expect(notes.length).to.be.within(24, 49);
  });

  it("fault K20: when a competitor is first, it calls it a lost race and goes on", async () => {
    const id = await borrow("5500");
    await world.loan.mint(devnet.info.accounts.lender.address, world.cash("10000"));
    await byHand();
    const running = start();
    await running.ready();
    await running.decided(await provider.getBlockNumber());
    const rival = stage.lender;
    await world.loan.connect(rival).approve(world.pool, MaxUint256);
    await devnet.mineL2();
    // Held still, the keeper sees the fallen price only when its rival's transaction waits before it in the pool.
    running.signal("SIGSTOP");
    const fallen = await setPriceByHand(6_600n);
    await world.manager.connect(rival).liquidate(id, MaxUint256, 0n, "0x");
    running.signal("SIGCONT");
    await settle(running, fallen);

    expect(await liquidationsOf(id)).to.equal(1);
    const { results, halted, totals } = await running.status();
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["race-lost"]);
    expect(results[0]?.why).to.match(/NotLiquidatable/);
    expect([halted, totals.outcomes.done ?? 0]).to.deep.equal(["", 0]);
  });

  it("fault K4: a node that hangs is waited for, and told by /health; afterwards nothing is missed", async () => {
    const id = await borrow("5500");
    await byHand();
    const config = join(folder, "impatient.json");
    writeFileSync(config, JSON.stringify({ requestTimeoutMs: 1_000, stallMs: 2_500, loopBlockMs: 60_000 }));
    const running = start("--config", config);
    const { http } = await running.ready();
    await running.decided(await provider.getBlockNumber());
    const healthy = async (): Promise<boolean> => (await fetch(`${http}/health`)).status === 200;
    expect(await until(healthy, 20_000)).to.equal(true);

    const [, node = 0] = devnet.pids();
    process.kill(node, "SIGSTOP");
    try {
      expect(await until(async () => !(await healthy()), 20_000)).to.equal(true);
    } finally {
      process.kill(node, "SIGCONT");
    }
    expect(await until(healthy, 20_000)).to.equal(true);
    await settle(running, await setPriceByHand(6_600n));
    expect(await liquidationsOf(id)).to.equal(1);
    // One line when it began and one when it was over, not one a poll.
    const begun = running.errors.match(/"msg":"the node does not serve us"/g)?.length ?? 0;
    const over = running.errors.match(/"msg":"over: the node does not serve us"/g)?.length ?? 0;
    expect(begun).to.equal(over).and.to.be.within(1, 5);
  });

  it("fault K35: SIGTERM during a send leaves it under way, says so, and ends with 0", async () => {
    await borrow("5500");
    await byHand();
    const running = start();
    await running.ready();
    await running.decided(await provider.getBlockNumber());
    await setPriceByHand(6_600n);
    await running.until(() => running.of("decided").some(({ sent }) => sent.length > 0));
    running.signal("SIGTERM");
    expect(await running.ended).to.deep.equal({ exitCode: 0, signal: null });
    expect(running.of("stopped")).to.deep.equal([{ type: "stopped", pending: 1 }]);
  });

  it("fault K10: its node gone while the price falls, it goes on with another, though a third is of another chain", async () => {
    const id = await borrow("5500");
    await byHand();
    const { rpcUrl } = devnet.info.l2;
    const proxies = [
      await FaultProxy.start(rpcUrl),
      await FaultProxy.start(rpcUrl),
      await FaultProxy.start(rpcUrl),
    ] as const;
    const [first, wrong, second] = proxies;
    try {
      wrong.inject({ kind: "chainId", id: 10 });
      // So rarely is the head polled for that what is seen in time was announced.
      const sockets = ["--ws-rpc", `${first.wsUrl},${second.wsUrl}`];
      const running = start("--rpc", proxies.map(({ url }) => url).join(","), ...sockets, "--poll-ms", "60000");
      await running.ready();
      await running.decided(await provider.getBlockNumber());
      first.down();
      const block = await setPriceByHand(6_600n);
      await settle(running, block);
      expect(await liquidationsOf(id)).to.equal(1);
      expect(wrong.count("eth_call"), "an endpoint of another chain is asked for nothing").to.equal(0);
      expect(running.errors).to.match(/another chain|chain 10/);
      expect(second.count("eth_sendRawTransaction")).to.equal(1);
    } finally {
      await stage.endKeepers();
      for (const proxy of proxies) await proxy.stop();
    }
  });

  it("decides about the block being built, where the node offers it: the sale lands in the block that carries the price", async () => {
    const id = await borrow("5500");
    await byHand();
    const running = start("--pending-view");
    await running.ready();
    await running.decided(await provider.getBlockNumber());
    await world.oracle.setPrice(world.priceE36(6_600n));
    expect(await until(() => /decided by the block being built/.test(running.errors), 20_000)).to.equal(true);
    expect(await liquidationsOf(id)).to.equal(0);
    const block = Number((await devnet.mineL2()).number);
    expect(await liquidationsOf(id), "mined with the price").to.equal(1);
    await settle(running, block);
    expect(running.of("settled").map(({ outcome, block: at }) => [outcome, at])).to.deep.equal([["done", block]]);
  });

  it("fault K35: SIGTERM while the node has not answered a send: that one is finished and written down, then it ends", async () => {
    const id = await borrow("5500");
    await byHand();
    const proxy = await FaultProxy.start(devnet.info.l2.rpcUrl);
    let letGo = (): void => undefined;
    const until = new Promise<void>((resolve) => (letGo = resolve));
    const held = proxy.inject({ kind: "hold", until }, { methods: ["eth_sendRawTransaction"] });
    try {
      const running = start("--rpc", proxy.url);
      await running.ready();
      await running.decided(await provider.getBlockNumber());
      const block = await setPriceByHand(6_600n);
      await running.until(() => held.fired === 1);
      running.signal("SIGTERM");
      await sleep(200);
      letGo();
      expect(await running.ended).to.deep.equal({ exitCode: 0, signal: null });
      expect(running.of("stopped")).to.deep.equal([{ type: "stopped", pending: 1 }]);
      const next = start();
      await next.ready();
      await settle(next, block);
      expect(await liquidationsOf(id)).to.equal(1);
    } finally {
      await proxy.stop();
    }
  });

  it("fault K23: a second keeper on the same folder is refused, and told who has it", async () => {
    const first = start();
    await first.ready();
    const second = start();
    expect((await second.ended).exitCode).to.equal(2);
    expect(second.errors).to.match(/another keeper uses .*state-\d+ \(process \d+ on .*, account 0x/);
  });

  it("fault K33: of two keepers on one database one sends; where it stands still the other goes on, and nothing lands twice", async function () {
    this.timeout(240_000);
    const server = await TestPostgres.start();
    if (server === undefined) {
      console.log("      skipped: no PostgreSQL (apt-get install postgresql)");
      this.skip();
    }
    const [early, late] = [await borrow("5500"), await borrow("4500")];
    await byHand();
    const used = await provider.getTransactionCount(operator());
    const database = { DATABASE_URL: await server.database() };
    const leader = startWith(database, "--lease-seconds", "8");
    const { http } = await leader.ready();
    // One that cannot start leaves nothing running that would lead and not decide.
    const clash = startWith(database, "--http-port", new URL(http).port);
    expect((await clash.ended).exitCode).to.equal(1);
    const standby = startWith(database, "--lease-seconds", "8");
    try {
      await standby.ready();
      const block = await provider.getBlockNumber();
      await Promise.all([leader.decided(block), standby.decided(block)]);
      const isWell = async (): Promise<boolean> => {
        const { health, leadership, ready } = await standby.status();
        return health.ok && ready.ok && leadership.role === "standby";
      };
      expect(await until(isWell, 20_000)).to.equal(true);
      const { alerts, halted } = await standby.status();
      // The tests before this one moved the chain's clock.
      expect(alerts.map(({ kind }) => kind).filter((kind) => kind !== "clock-off")).to.deep.equal([]);
      expect(halted).to.include("another keeper leads");
      await settle(leader, await setPriceByHand(6_600n));
      expect(await liquidationsOf(early)).to.equal(1);

      leader.signal("SIGSTOP");
      const stopped = Date.now();
      await setPriceByHand(5_500n);
      while ((await liquidationsOf(late)) === 0) {
        if (Date.now() - stopped > 60_000) throw new Error(`the standby did not take over:\n${standby.errors}`);
        await sleep(500);
        await devnet.mineL2();
      }
      console.log(`      lease 8 s: liquidated by the standby ${Date.now() - stopped} ms after the leader stood still`);
      leader.signal("SIGCONT");
      for (let i = 0; i < 3; i++) {
        const { number } = await devnet.mineL2();
        await Promise.all([leader.decided(Number(number)), standby.decided(Number(number))]);
      }
      expect([await liquidationsOf(early), await liquidationsOf(late)]).to.deep.equal([1, 1]);
      expect((await provider.getTransactionCount(operator())) - used).to.equal(2);
      const sentBy = (one: KeeperProcess): number => one.of("decided").flatMap(({ sent }) => sent).length;
      expect([sentBy(leader), sentBy(standby)]).to.deep.equal([1, 1]);
    } finally {
      for (const one of [leader, standby]) one.signal("SIGKILL");
      await Promise.all([leader.ended, standby.ended]);
      await server.remove();
    }
  });

  it("answers /health, /metrics and /status, and nothing else", async () => {
    const running = start();
    const { http } = await running.ready();
    await running.decided(await provider.getBlockNumber());
    const isHealthy = async (): Promise<boolean> => {
      const health = await fetch(`${http}/health`);
      return health.status === 200 && ((await health.json()) as { ok: boolean }).ok;
    };
    expect(await until(isHealthy, 20_000)).to.equal(true);
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics)
      .to.match(/ballast_keeper_decided_block \d+/)
      .and.to.match(/ballast_keeper_loans \d+/);
    expect((await fetch(`${http}/send`)).status).to.equal(404);
    const status = await running.status();
    expect(status.decided?.number).to.be.greaterThan(0);
    expect(status.operator).to.equal(operator());
  });

  it("fault K36: its key is in nothing it says", async () => {
    const running = start("--log-level", "trace");
    const { http } = await running.ready();
    await running.decided(await provider.getBlockNumber());
    const said = running.errors + JSON.stringify(running.lines) + (await (await fetch(`${http}/metrics`)).text());
    expect(said.length).to.be.greaterThan(1_000);
    expect(said.toLowerCase()).to.not.contain(stage.key.slice(2).toLowerCase());
  });

  it("fault K10: refuses another chain, other contracts and an account without rights, each with its own words", async () => {
    const run = async (change: object, key = stage.key) => {
      const file = join(folder, "wrong.json");
      const right = await deploymentOf(devnet.info.l2.chainId, world);
      writeDeployment(
        { ...right, liquidator: await world.liquidator.getAddress(), rpc: devnet.info.l2.rpcUrl, ...change },
        file,
      );
      const process = KeeperProcess.start(["--deployment", file, "--http-port", "0"], { BALLAST_KEEPER_KEY: key });
      return { ...(await process.ended), errors: process.errors };
    };
    const chain = await run({ chainId: 10 });
    expect([chain.exitCode, /chain 901.*10/.test(chain.errors)]).to.deep.equal([3, true]);
    const contracts = await run({ loanManager: operator() });
    expect([contracts.exitCode, /no LoanManager/.test(contracts.errors)]).to.deep.equal([3, true]);
    const account = await run({}, devnet.info.accounts.users[7]?.privateKey);
    expect([account.exitCode, /setOperator/.test(account.errors)]).to.deep.equal([3, true]);
  });
});
