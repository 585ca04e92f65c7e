import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Devnet } from "../../../devnet/index.js";
import { encodeLoanId } from "../../../sdk/client/loanIds.js";
import type { Notice } from "../../../keeper/serve/alerts/alerts.js";
import { describeDevnet, until } from "../devnet/support.js";
import type { Market } from "../fixtures/market.js";
import { type Fault, FaultProxy, REFUSALS, type When } from "./support/faultProxy.js";
import type { KeeperProcess } from "./support/keeperProcess.js";
import { ProcessStage } from "./support/processStage.js";
import type { World } from "./support/world.js";

/** No lower head is believed, so what the tests see is not a keeper that went back with its node. */
const SETTINGS = { requestTimeoutMs: 2_000, regressPatienceMs: 600_000, chainStallMs: 1_000, confirmations: 4 };
const MOST_MS = 20_000;
const BLOCKED = "ballast_keeper_event_loop_blocked_seconds_total";
const RESCANS = "ballast_keeper_rescans_total";

describeDevnet("keeper: the process, behind a node that fails", () => {
  let stage: ProcessStage;
  let devnet: Devnet;
  let world: World;
  /** A second facility, of the same tokens. */
  let second: Market;
  let proxy: FaultProxy;
  let keeper: KeeperProcess;

  before(async function () {
    this.timeout(300_000);
    stage = await ProcessStage.start();
    ({ devnet, world } = stage);
    second = await stage.addMarket(100_000n);
    proxy = await FaultProxy.start(devnet.info.l2.rpcUrl);
  });
  after(async () => {
    await stage.stop();
    await proxy.stop();
  });
  beforeEach(() => stage.calm());
  afterEach(() => {
    proxy.clear();
    proxy.up();
  });

  /** Lets a fault strike while the price falls. @returns how often it did */
  const strikes = async (fault: Fault, when: When, meanwhile: () => Promise<void>): Promise<number> => {
    const injection = proxy.inject(fault, when);
    await meanwhile();
    injection.remove();
    return injection.fired;
  };

  /** The price falls in a block made by hand; blocks come until the loan is sold. @returns the block of the price */
  const fall = async (id: bigint): Promise<number> => {
    await stage.byHand();
    const fallen = await stage.setPriceByHand(6_600n);
    for (let block = fallen, blocks = 0; (await stage.liquidationsOf(id)) === 0; blocks++) {
      if (blocks > 20) throw new Error(`not sold after 20 blocks:\n${keeper.errors}`);
      await keeper.decided(block);
      block = await stage.mine();
    }
    return fallen;
  };

  const sent = (): Promise<number> => stage.provider.getTransactionCount(stage.operator);

  /** A loan falls due under the fault, and is sold once by one transaction. @returns how often the fault struck */
  const soldOnceDespite = async (fault: Fault, when: When = {}): Promise<number> => {
    const id = await stage.borrow("5500");
    const before = await sent();
    const fired = await strikes(fault, when, async () => void (await fall(id)));
    await stage.settle(keeper, await stage.mine());
    expect(await stage.liquidationsOf(id)).to.equal(1);
    expect((await sent()) - before).to.equal(1);
    const booked = (await keeper.status()).results.filter(({ subject }) => BigInt(subject) === id);
    expect(booked.map(({ outcome }) => outcome)).to.deep.equal(["done"]);
    return fired;
  };

  const metric = async (name: string): Promise<number> => {
    const { http } = await keeper.ready();
    const metrics = await (await fetch(`${http}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
  };

  describe("that is polled", () => {
    /** What people were called for. */
    const called: Notice[] = [];
    const people = createServer((request, response) => {
      void text(request).then((body) => {
        called.push(JSON.parse(body) as Notice);
        response.end();
      });
    });

    /** The process is stopped for longer than it may stand still, and has noticed. */
    const standStill = async (): Promise<void> => {
      const before = await metric(BLOCKED);
      keeper.signal("SIGSTOP");
      await sleep(700);
      keeper.signal("SIGCONT");
      await until(async () => (await metric(BLOCKED)) > before, MOST_MS);
    };

    before(async () => {
      await new Promise<void>((resolve) => people.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(people.address() as AddressInfo).port}/`;
      const settings = { ...SETTINGS, stallMs: 1_000, loopBlockMs: 300, alerts: [{ format: "json", url }] };
      keeper = await stage.startWith(settings, "--rpc", proxy.url);
    });
    after(async () => {
      await stage.endKeepers();
      people.closeAllConnections();
      people.close();
    });

    /** Loans of one block, of whose logs this share is there the first two times. @returns them, once it is decided */
    const openedLate = async (many: 1 | 2, keep: number): Promise<bigint[]> => {
      const { user, salt } = stage.nextUser();
      await world.fund(user, { collateral: world.btc(`${many}`) });
      await stage.byHand();
      const { loans } = await keeper.decided(await stage.mine());
      const late = proxy.inject({ kind: "missingLogs", keep }, { methods: ["eth_getLogs"], times: 2 });
      const salts = [1_000n * salt, 1_000n * salt + 1n].slice(0, many);
      const openings = salts.map((one) =>
        world.manager.interface.encodeFunctionData("open", [
          ...([world.facility, one, world.btc("1"), world.cash("5500")] as const),
          ...([user.address, "0x"] as const),
        ]),
      );
      await world.manager.connect(user).multicall(openings);
      const known = await keeper.decided(await stage.mine());
      expect(late.fired).to.equal(2);
      expect(known.loans).to.equal(loans + many);
      return salts.map((one) => encodeLoanId({ opener: user.address, facility: Number(world.facility), salt: one }));
    };

    it("fault K1: a loan whose logs come late is known in its own block, and sold once", async () => {
      const rescans = await metric(RESCANS);
      const [id = 0n] = await openedLate(1, 0);
      await fall(id);
      expect(await stage.liquidationsOf(id)).to.equal(1);
      expect(await metric(RESCANS), "the sums never differed").to.equal(rescans);
    });

    it("fault K1: where one of two loans of a block has no log yet, nothing is decided until both are known", async () => {
      const rescans = await metric(RESCANS);
      const ids = await openedLate(2, 0.5);
      expect(await metric(RESCANS), "the sums differed").to.be.greaterThan(rescans);
      for (const id of ids) await fall(id);
      await stage.settle(keeper, await stage.mine());
      expect(await Promise.all(ids.map((id) => stage.liquidationsOf(id)))).to.deep.equal([1, 1]);
    });

    it("fault K2: behind a node that goes back and forth by two blocks it decides each once, and never a lower one", async () => {
      const from = keeper.of("decided").length;
      expect(await soldOnceDespite({ kind: "alternate", blocks: 2 }, { times: 60 })).to.be.greaterThan(10);
      const blocks = keeper
        .of("decided")
        .slice(from)
        .map(({ block }) => block);
      expect(blocks).to.deep.equal([...new Set(blocks)].sort((a, b) => a - b));
    });

    it("fault K5: a chain that stands still while its node answers is told, and not taken for a dead node", async () => {
      const id = await stage.borrow("5500");
      await stage.byHand();
      const before = keeper.errors.length;
      await keeper.decided(await stage.mine());
      const freeze = proxy.inject({ kind: "frozenHead" });
      const kinds = async (): Promise<string[]> => (await keeper.status()).alerts.map(({ kind }) => kind);
      expect(await until(async () => (await kinds()).includes("chain-stalled"), MOST_MS)).to.equal(true);
      expect(await kinds()).to.not.include("node-unserved");
      const isSaid = (): boolean =>
        keeper.errors.slice(before).includes("the chain stands still, though the node answers");
      expect(await until(isSaid, MOST_MS)).to.equal(true);
      freeze.remove();
      await fall(id);
      expect(await stage.liquidationsOf(id)).to.equal(1);
      const isOver = async (): Promise<boolean> => {
        await stage.mine();
        return !(await kinds()).includes("chain-stalled");
      };
      expect(await until(isOver, MOST_MS)).to.equal(true);
    });

    it("fault K7: answers in another order go to their questions", async () => {
      expect(await soldOnceDespite({ kind: "reorder" }, { inBatch: true })).to.be.greaterThan(0);
    });

    it("fault K7: a request that arrives twice is one", async () => {
      expect(await soldOnceDespite({ kind: "duplicate" })).to.be.greaterThan(0);
    });

    for (const depth of [1, 6]) {
      const how = depth === 1 ? "vanishes with its block" : "vanishes after it was called final";
      it(`fault K8: a sale that ${how} is made again, once`, async () => {
        const id = await stage.borrow("5500");
        await fall(id);
        const first = await stage.mine();
        await stage.settle(keeper, first);
        // The sale is in the block before `first`; the fallen price stays.
        const newest = await stage.mine();
        for (let block = newest; block < first + depth - 2;) block = await stage.mine();
        const head = await stage.provider.getBlockNumber();
        await keeper.decided(head);
        const sale = (await world.manager.queryFilter(world.manager.filters.Liquidated(id)))[0]?.blockNumber ?? 0;
        await devnet.rpc("l2", "anvil_reorg", [head - sale + 1, []]);
        expect(await stage.liquidationsOf(id)).to.equal(0);
        const nonce = await sent();
        for (let blocks = 0; (await stage.liquidationsOf(id)) === 0; blocks++) {
          if (blocks > 20) throw new Error(`not sold again after 20 blocks:\n${keeper.errors}`);
          const block = await stage.mine();
          await until(() => keeper.of("decided").some((line) => line.block >= block), MOST_MS);
        }
        await stage.settle(keeper, await stage.mine());
        expect(await stage.liquidationsOf(id)).to.equal(1);
        expect((await sent()) - nonce).to.equal(1);
      });
    }

    it("fault K9: one facility's oracle refuses in the middle of a batch: the others' loans are sold", async () => {
      await (await second.oracle.setRefusing(true)).wait();
      try {
        expect(await soldOnceDespite({ kind: "delay", ms: 0 }, { inBatch: true })).to.be.greaterThan(0);
        const refusing = (await keeper.status()).facilities.find(({ id }) => BigInt(id) === second.facility);
        expect(refusing?.refusal).to.contain(second.oracle.interface.getError("PriceRefused")?.selector);
      } finally {
        await stage.byThemselves();
        await (await second.oracle.setRefusing(false)).wait();
      }
    });

    it("fault K9: a node that takes no more than two questions at once is asked two at once", async () => {
      expect(await soldOnceDespite({ kind: "batchLimit", most: 2 })).to.be.greaterThan(0);
    });

    it("fault K32: an answer that is waited for without end is found by /health, which names the step", async () => {
      const id = await stage.borrow("5500");
      await stage.byHand();
      await keeper.decided(await stage.mine());
      const hang = proxy.inject({ kind: "hang" }, { methods: ["eth_call"] });
      await stage.setPriceByHand(6_600n);
      const { http } = await keeper.ready();
      let said = "";
      const isNamed = async (): Promise<boolean> => {
        const answer = await fetch(`${http}/health`);
        said = await answer.text();
        return answer.status === 503 && /has not returned/.test(said);
      };
      expect(await until(isNamed, MOST_MS), said).to.equal(true);
      hang.remove();
      await fall(id);
      expect(await stage.liquidationsOf(id)).to.equal(1);
    });

    it("fault K32: a process that stood still says so when it goes on", async () => {
      await standStill();
      await keeper.decided(await stage.provider.getBlockNumber());
      const { http } = await keeper.ready();
      const isSaid = async (): Promise<boolean> =>
        (await (await fetch(`${http}/health`)).text()).includes("the event loop stood still");
      expect(await until(isSaid, 5_000)).to.equal(true);
    });

    it("fault K34: however often it stands still, people are called once", async () => {
      await standStill();
      await standStill();
      // Every call is a line of the log too, written before it is posted.
      const logged = (): number => keeper.errors.match(/"alert":/g)?.length ?? 0;
      expect(await until(() => called.length === logged(), MOST_MS)).to.equal(true);
      const states = called.filter(({ kind }) => kind === "loop-blocked").map(({ state }) => state);
      expect(states.slice(states.lastIndexOf("end") + 1)).to.deep.equal(["begin"]);
    });

    it("fault K3: 429, -32005, a page and an error with status 200 are no answers: what was asked is asked again, and the loan sold once", async () => {
      const tooMany = { ...REFUSALS.tooManyRequests, headers: {} };
      const refusals = [tooMany, REFUSALS.rateLimited, REFUSALS.page, REFUSALS.internal];
      const rules = refusals.map((fault) => proxy.inject(fault, { chance: 0.5, times: 1 }));
      expect(await soldOnceDespite({ kind: "delay", ms: 0 })).to.be.greaterThan(0);
      expect(rules.map(({ fired }) => fired)).to.deep.equal([1, 1, 1, 1]);
    });
  });

  describe("that is listened to", () => {
    before(async () => {
      // So rarely is the head polled for that what is seen in time was announced.
      const sockets = ["--rpc", proxy.url, "--ws-rpc", proxy.wsUrl, "--poll-ms", "60000"];
      stage.forgetState();
      keeper = await stage.startWith({ ...SETTINGS, requestTimeoutMs: 5_000 }, ...sockets);
    });
    after(() => stage.endKeepers());

    it("fault K6: a socket that says nothing any more is replaced, and what was missed is dealt with", async () => {
      const id = await stage.borrow("5500");
      await stage.byHand();
      await keeper.decided(await stage.mine());
      const subscribed = proxy.count("eth_subscribe");
      proxy.silenceSockets();
      const fallen = await stage.setPriceByHand(6_600n);
      await stage.settle(keeper, fallen);
      expect(await stage.liquidationsOf(id)).to.equal(1);
      expect(proxy.count("eth_subscribe")).to.equal(subscribed + 1);
    });

    it("fault K6: a socket that was cut is subscribed again", async () => {
      const subscribed = proxy.count("eth_subscribe");
      proxy.killSockets();
      expect(await soldOnceDespite({ kind: "delay", ms: 0 })).to.be.greaterThan(0);
      expect(proxy.count("eth_subscribe")).to.equal(subscribed + 1);
    });

    it("fault K7: a block that is announced twice, or after the next, is decided once", async () => {
      const from = keeper.of("decided").length;
      // Every second: of several in a row each would wait for the others.
      const late = [1, 3, 5].map((after) =>
        proxy.inject({ kind: "reorder" }, { methods: ["eth_subscription"], after, times: 1 }),
      );
      expect(await soldOnceDespite({ kind: "duplicate" }, { methods: ["eth_subscription"] })).to.be.greaterThan(0);
      expect(late.map(({ fired }) => fired)).to.deep.equal([1, 1, 1]);
      const blocks = keeper
        .of("decided")
        .slice(from)
        .map(({ block }) => block);
      expect(blocks).to.deep.equal([...new Set(blocks)].sort((a, b) => a - b));
    });

    it("fault K11: of blocks that share a second each is decided, and what falls due in the last of them is sold", async () => {
      const id = await stage.borrow("5500");
      await stage.byHand();
      const second = devnet.now() + 10n;
      const numbers: number[] = [];
      for (let i = 0; i < 4; i++) {
        numbers.push(await stage.mine(second));
        await keeper.decided(numbers.at(-1) ?? 0);
      }
      await world.oracle.setPrice(world.priceE36(6_600n));
      numbers.push(await stage.mine(second));
      await stage.settle(keeper, numbers.at(-1) ?? 0);
      expect(await stage.liquidationsOf(id)).to.equal(1);
      const decided = keeper.of("decided").filter(({ block }) => numbers.includes(block));
      expect(decided.map(({ block }) => block)).to.deep.equal(numbers);
      expect(new Set(decided.map(({ timestamp }) => timestamp)).size).to.equal(1);
    });

    it("fault K31: sockets that come and go leave no handles behind", async () => {
      const handles = (): Promise<number> => metric("nodejs_active_handles_total");
      await stage.byHand();
      await keeper.decided(await stage.mine());
      const before = await handles();
      for (let i = 0; i < 5; i++) {
        const subscribed = proxy.count("eth_subscribe");
        proxy.killSockets();
        await until(() => proxy.count("eth_subscribe") > subscribed, MOST_MS);
        await keeper.decided(await stage.mine());
      }
      const asked = proxy.count("eth_subscribe");
      const refused = proxy.inject(REFUSALS.internal, { methods: ["eth_subscribe"], times: 3 });
      proxy.killSockets();
      const isBack = (): boolean => refused.fired === 3 && proxy.count("eth_subscribe") > asked + 3;
      expect(await until(isBack, MOST_MS)).to.equal(true);
      expect(await until(() => proxy.sockets === 1, MOST_MS), `${proxy.sockets} sockets`).to.equal(true);
      expect(await until(async () => (await handles()) <= before + 2, MOST_MS), `from ${before}`).to.equal(true);
    });
  });
});
