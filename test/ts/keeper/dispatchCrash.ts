import { expect } from "chai";
import { Transaction } from "ethers";
import type { Fence } from "../../../keeper/dispatch/fence.js";
import { FenceLost, StoreFailed } from "../../../keeper/store/errors.js";
import type { Journal } from "../../../keeper/store/store.js";
import { type Setting, dispatching, loan, store } from "./support/dispatching.js";
import { FakeMempool, type SendFault } from "./support/fakeMempool.js";
import { Killer } from "./support/killable.js";

/** A chain, a journal that outlives processes, and processes that can be killed. */
async function house(lanes = 2) {
  const chain = new FakeMempool();
  const { journal, leases } = await store();
  const boot = async (killer = new Killer(Infinity), setting: Setting = {}) =>
    dispatching({
      ...{ chain, lanes, node: killer.over(chain, "node"), journal: killer.over(journal, "journal") },
      ...setting,
    });
  const minedAbout = (name: string): number =>
    chain.blocks
      .flatMap(({ transactions }) => transactions)
      .filter(({ transaction }) => transaction?.data === loan(name)).length;
  /** Steps on new blocks until nothing is under way, and everything is final. */
  const finish = async (process: Awaited<ReturnType<typeof dispatching>>, ...open: string[]) => {
    for (let blocks = 0; blocks < 20; blocks++) {
      await process.step(blocks === 0 ? chain.newest : chain.mine());
      // What a decision does: a loan about which nothing is under way and nothing was mined is sent.
      for (const name of open) {
        if (!process.dispatcher.isPending(loan(name)) && minedAbout(name) === 0) await process.submit(name);
      }
    }
    expect(process.dispatcher.pending, "something still waits").to.deep.equal([]);
    const states = (await journal.recent(1_000)).map(({ state }) => state);
    for (const state of states) expect(["final", "abandoned"]).to.include(state);
  };
  return { chain, journal, leases, boot, finish, minedAbout };
}

describe("keeper: dispatcher, killed and started again", () => {
  for (const faults of [
    [],
    ["answer-lost"],
    ["request-lost"],
    ["swallowed"],
    ["rejected"],
    ["no-funds"],
  ] as SendFault[][]) {
    it(`fault K29: at every write and every request of a transaction's life (${faults.join() || "all is well"})`, async function () {
      this.timeout(120_000);
      let points = Infinity;
      let killedAt = 0;
      for (let at = 1; at <= points; at++) {
        const { boot, chain, finish, minedAbout } = await house(1);
        chain.faults = [...faults];
        const killer = new Killer(at);
        const ended = await killer.run(async () => {
          const { dispatcher, step, submit } = await boot(killer);
          await submit("a");
          for (let blocks = 0; blocks < 6; blocks++) {
            await step(chain.mine());
            if (!dispatcher.isPending(loan("a")) && minedAbout("a") === 0) await submit("a");
          }
        });
        if (ended !== "killed") {
          points = killer.passed;
          break;
        }
        killedAt += 1;
        const second = await boot();
        await finish(second, "a");
        expect(minedAbout("a"), `killed at ${at}: ${killer.names.slice(-2).join(", ")}`).to.equal(1);
        expect(chain.account(second.lanes[0] ?? "").mined, "nonces without a gap").to.equal(chain.minedHashes.length);
      }
      expect(killedAt).to.be.greaterThan(20);
    });
  }

  it("fault K29: while a replacement is made: one of the two is mined, and the other's nonce is no other's", async () => {
    for (let at = 1; ; at++) {
      const { boot, chain, finish, minedAbout } = await house(1);
      const first = await boot();
      await first.submit("a");
      const killer = new Killer(at);
      const ended = await killer.run(async () => {
        const second = await boot(killer);
        for (let blocks = 0; blocks < 5; blocks++) await second.step(chain.mine({ empty: true }));
      });
      if (ended !== "killed") break;
      const third = await boot();
      await finish(third);
      expect(minedAbout("a"), killer.names.slice(-2).join()).to.equal(1);
      expect(chain.account(third.lanes[0] ?? "").mined).to.equal(1);
    }
  });

  it("fault K29: what was signed and not sent when its process ended is not sent once its reason is gone", async () => {
    for (let at = 1, signed = 0; ; at++) {
      const { boot, chain, finish, journal } = await house(1);
      const killer = new Killer(at);
      const ended = await killer.run(async () => (await boot(killer)).submit("a"));
      if (ended !== "killed") {
        expect(signed, "it was killed between signing and sending").to.be.greaterThan(0);
        break;
      }
      const [entry] = await journal.recent(1);
      const isHandedOver = chain.sends.length > 0;
      if (entry?.state === "signed" && !isHandedOver) signed += 1;
      const second = await boot();
      second.wanted.yes = false;
      await finish(second);
      const sent = chain.sends.filter((raw) => Transaction.from(raw).data === loan("a"));
      expect(sent, killer.names.slice(-2).join()).to.have.length(isHandedOver ? 1 : 0);
    }
  });

  it("fault K29: with its journal lost it sends nothing until what is under way is mined", async () => {
    const { boot, chain } = await house(1);
    await (await boot()).submit("a");
    const second = await dispatching({ chain });
    expect(second.dispatcher.halted(0)).to.match(/did not send/);
    await second.step();
    expect(await second.submit("b")).to.include({ ok: false, outcome: "no-lane" });
    await second.step(chain.mine());
    expect(second.dispatcher.halted(0)).to.equal("");
    const submitted = await second.submit("b");
    expect(submitted.ok && submitted.pending.nonce).to.equal(1);
  });

  it("fault K29: what was mined and final when a reorganisation took it back while nobody watched waits again", async () => {
    const { boot, chain, finish, minedAbout, journal } = await house(1);
    const first = await boot();
    await first.submit("a");
    await finish(first);
    expect((await journal.recent(1))[0]?.state).to.equal("final");
    chain.reorganise(chain.block, { forget: true });
    const second = await boot();
    expect(second.dispatcher.isPending(loan("a"))).to.equal(true);
    await finish(second);
    expect(minedAbout("a")).to.equal(1);
  });

  describe("fault K30: where the journal cannot be written", () => {
    const broken = (journal: Journal, ...methods: (keyof Journal)[]): Journal =>
      new Proxy(journal, {
        get: (object, key) => {
          if (methods.includes(key as keyof Journal)) return () => Promise.reject(new StoreFailed("the disk is full"));
          const value: unknown = Reflect.get(object, key);
          return typeof value === "function" ? value.bind(object) : value;
        },
      });

    for (const method of ["intend", "sign"] as const) {
      it(`nothing is sent, and it is said once (${method})`, async () => {
        const { chain, journal, boot, finish, minedAbout } = await house(1);
        const process = await dispatching({ chain, journal: broken(journal, method) });
        const submitted = await process.submit("a");
        expect(submitted).to.include({ ok: false, outcome: "journal-failed" });
        expect(!submitted.ok && submitted.why).to.match(/nothing is sent.*disk is full/);
        expect(await process.submit("b")).to.include({ ok: false, outcome: "journal-failed" });
        expect(chain.sends).to.deep.equal([]);
        expect([...process.alarms]).to.deep.equal([["the journal cannot be written", 1]]);
        const healed = await boot();
        expect((await healed.submit("a")).ok).to.equal(true);
        await finish(healed);
        expect(minedAbout("a")).to.equal(1);
      });
    }

    it("what is out stays known, and is written down when that is possible again", async () => {
      const { chain, journal, finish, minedAbout } = await house(1);
      const isBroken = { yes: true };
      const later = new Proxy(journal, {
        get: (object, key) => {
          if (isBroken.yes && ["sent", "mined", "final"].includes(String(key))) {
            return () => Promise.reject(new StoreFailed("gone for a minute"));
          }
          const value: unknown = Reflect.get(object, key);
          return typeof value === "function" ? value.bind(object) : value;
        },
      });
      const process = await dispatching({ chain, journal: later });
      expect((await process.submit("a")).ok).to.equal(true);
      expect(await process.step(chain.mine()), "not said before it is written").to.deep.equal([]);
      expect(process.dispatcher.isPending(loan("a"))).to.equal(true);
      isBroken.yes = false;
      expect(await process.step(chain.mine())).to.have.length(1);
      await finish(process);
      expect(minedAbout("a")).to.equal(1);
      expect(process.alarms.size).to.equal(0);
    });
  });

  describe("fault K33: leaders and standbys", () => {
    const leading = (fence: bigint, until?: bigint): Fence => ({ fence, deadline: () => until });

    it("without the lead nothing is sent; with it, what the former leader had under way is taken up and mined once", async () => {
      const { boot, chain, finish, leases, minedAbout } = await house(2);
      const one = await leases.acquire("all/keeper", "one", 60_000);
      const first = await boot(undefined, { fence: () => leading(one.fence) });
      const right = { now: undefined as Fence | undefined };
      const second = await boot(undefined, { fence: () => right.now });
      expect(second.dispatcher.halted(0)).to.match(/stands by/);
      expect(await second.submit("a")).to.include({ ok: false, outcome: "not-leading" });
      chain.faults = ["request-lost"];
      for (const name of ["a", "b", "c"]) expect((await first.submit(name)).ok).to.equal(true);
      await second.step(chain.mine({ empty: true }));
      expect(chain.sends).to.have.length(3);

      await leases.release("all/keeper", "one");
      const two = await leases.acquire("all/keeper", "two", 60_000);
      right.now = leading(two.fence);
      await second.step(chain.newest);
      for (const name of ["a", "b", "c"]) expect(second.dispatcher.isPending(loan(name))).to.equal(true);
      await finish(second);
      for (const name of ["a", "b", "c"]) expect(minedAbout(name)).to.equal(1);
    });

    it("a leader frozen at any point of a send and woken when another leads sends no second one, and stops", async function () {
      this.timeout(120_000);
      let stopped = 0;
      for (let at = 1; ; at++) {
        const { boot, chain, finish, leases, journal, minedAbout } = await house(1);
        const one = await leases.acquire("all/keeper", "one", 60_000);
        let wake = (): void => undefined;
        const frozen = new Promise<void>((resolve) => (wake = resolve));
        let passed = -Infinity;
        let reached = (): void => undefined;
        const isFrozen = new Promise<"frozen">((resolve) => (reached = () => resolve("frozen")));
        const freezing = new Killer(Infinity);
        freezing.point = async () => {
          if (++passed !== at) return;
          reached();
          await frozen;
        };
        // It does not know yet that its lease is over: its clock stood still too.
        const old = await dispatching({
          ...{ chain, lanes: 1, fence: () => leading(one.fence) },
          ...{ node: freezing.over(chain, "node"), journal: freezing.over(journal, "journal") },
        });
        passed = 0;
        const sending = old.submit("a");
        if ((await Promise.race([sending, isFrozen])) !== "frozen") {
          expect(at).to.be.greaterThan(6);
          break;
        }
        await leases.release("all/keeper", "one");
        const two = await leases.acquire("all/keeper", "two", 60_000);
        const standby = await boot(undefined, { fence: () => leading(two.fence) });
        if (!standby.dispatcher.isPending(loan("a"))) await standby.submit("a");
        await standby.step(chain.mine({ empty: true }));
        wake();
        const woken = await sending;
        if (!woken.ok) {
          stopped += 1;
          expect(woken.outcome).to.equal("not-leading");
        }
        expect(await old.submit("b")).to.include({ ok: false, outcome: "not-leading" });
        await finish(standby);
        expect(minedAbout("a"), `frozen at ${at}`).to.equal(1);
        expect(chain.account(standby.lanes[0] ?? "").mined).to.equal(chain.minedHashes.length);
      }
      expect(stopped).to.be.greaterThan(3);
    });

    it("no transaction is made valid for longer than the lease", async () => {
      const fence = leading(0n, 1_010n);
      const { dispatcher, chain, submit } = await dispatching({ fence: () => fence });
      expect(dispatcher.deadline(chain.newest, 300n), "with room to plan and send").to.equal(1_008n);
      expect(dispatcher.deadline(chain.newest, 5n)).to.equal(1_005n);
      expect(await submit("a", { deadline: 1_011n })).to.include({ ok: false, outcome: "beyond-lease" });
      expect((await submit("a", { deadline: 1_010n })).ok).to.equal(true);
    });

    it("a fence that the database refuses ends it, whatever the lease said here", async () => {
      const { journal } = await store();
      const { dispatcher, submit, chain, step } = await dispatching({ journal });
      const intend = journal.intend.bind(journal);
      journal.intend = () => Promise.reject(new FenceLost("another keeper leads"));
      expect(await submit("a")).to.include({ ok: false, outcome: "not-leading" });
      journal.intend = intend;
      expect(await submit("b")).to.include({ ok: false, outcome: "not-leading" });
      expect(chain.sends).to.deep.equal([]);
      expect(dispatcher.isPending(loan("a"))).to.equal(false);
      await step();
      expect((await submit("b")).ok, "it has read the journal again").to.equal(true);
    });

    it("a new lead sends nothing before it has read what the former one had under way", async () => {
      const right = { now: leading(0n) };
      const { submit, step, chain } = await dispatching({ fence: () => right.now });
      right.now = { ...right.now, fence: 7n };
      expect(await submit("a")).to.include({ ok: false, outcome: "not-leading" });
      expect(chain.sends).to.deep.equal([]);
      right.now = leading(0n);
      await step();
      expect((await submit("a")).ok).to.equal(true);
    });
  });

  it("fault K35: stopped during a send, it finishes and writes down that one and begins no other", async () => {
    const { boot, chain, journal } = await house(1);
    const { dispatcher, submit } = await boot();
    const send = chain.send.bind(chain);
    let release = (): void => undefined;
    const isSending = new Promise<void>((reached) => {
      chain.send = async (raw) => {
        reached();
        await new Promise<void>((resolve) => (release = resolve));
        return send(raw);
      };
    });
    const sending = submit("a");
    await isSending;
    dispatcher.stop();
    expect(await submit("b")).to.include({ ok: false, outcome: "stopping" });
    let isIdle = false;
    const idle = dispatcher.idle().then(() => (isIdle = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isIdle).to.equal(false);
    release();
    await idle;
    expect((await sending).ok).to.equal(true);
    expect((await journal.recent(9)).map(({ state }) => state)).to.deep.equal(["sent"]);
  });
});
