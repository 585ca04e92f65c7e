import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { pino } from "pino";
import { Episodes } from "../../../keeper/episodes.js";
import { InvalidConfig } from "../../../keeper/errors.js";
import { AloneLeadership } from "../../../keeper/lead/alone.js";
import { LeasedLeadership } from "../../../keeper/lead/leadership.js";
import { ShardedDispatcher } from "../../../keeper/lead/shardedDispatcher.js";
import { Shards } from "../../../keeper/lead/shards.js";
import { StoreInUse } from "../../../keeper/store/errors.js";
import { SIGNERS, intent, liquidator, store } from "./support/dispatching.js";
import { FakeLeases, FakeTime } from "./support/fakeLeases.js";
import { SharedPool } from "./support/sharedPool.js";

const LEASE_MS = 10_000;
const log = pino({ level: "silent" });

/** Keepers on one store, whose rounds the test calls. */
function world(shards = Shards.evenly(1), skewSeconds = 2) {
  const time = new FakeTime();
  const leases = new FakeLeases(time);
  const told: string[] = [];
  const keeper = (holder: string, divided = shards) => {
    const line = leases.line();
    const lead = new LeasedLeadership(line, {
      ...{ leaseMs: LEASE_MS, skewSeconds, shards: divided, log, holder, clock: () => time.now },
      onGained: (shard) => told.push(`${holder} gained ${shard}`),
      onLost: (shard) => told.push(`${holder} lost ${shard}`),
    });
    const leads = () => Array.from({ length: divided.count }, (_, i) => i).filter((i) => lead.fence(i) !== undefined);
    return { lead, line, leads };
  };
  return { time, leases, told, keeper };
}

describe("keeper: leadership", () => {
  it("leads while it renews, and one that waits does not", async () => {
    const { time, told, keeper } = world();
    const [first, second] = [keeper("first"), keeper("second")];
    for (let i = 0; i < 10; i++) {
      await first.lead.round();
      await second.lead.round();
      expect([first.leads(), second.leads()]).to.deep.equal([[0], []]);
      time.now += LEASE_MS / 3;
    }
    expect(told).to.deep.equal(["first gained 0"]);
  });

  it("fault K33: the standby takes over when the lease ends, under a new fence, and no sooner", async () => {
    const { time, told, keeper } = world();
    const [first, second] = [keeper("first"), keeper("second")];
    await first.lead.round();
    const fence = first.lead.fence(0)?.fence ?? 0n;
    first.line.isCut = true;
    const start = time.now;
    while (second.leads().length === 0) {
      expect(time.now - start).to.be.at.most(LEASE_MS + 20);
      time.now += await second.lead.round();
    }
    expect(first.leads()).to.deep.equal([]);
    expect((second.lead.fence(0)?.fence ?? 0n) > fence).to.equal(true);
    await first.lead.round();
    expect(told).to.deep.equal(["first gained 0", "second gained 0", "first lost 0"]);
  });

  it("fault K33: a leader that stood still knows on waking that its lease is over, before it asks anyone", async () => {
    const { time, keeper } = world();
    const { lead, leads } = keeper("first");
    await lead.round();
    time.now += LEASE_MS;
    expect(leads()).to.deep.equal([]);
  });

  it("fault K37: the way to the store and back is deducted, and no clock but the monotonic one counts", async () => {
    for (const offset of [0, -600_000, 600_000]) {
      const { time, keeper } = world();
      time.offset = offset;
      const { lead, line } = keeper("first");
      line.there = 300;
      line.back = 400;
      await lead.round();
      // Presence and the list of leases went before: 1,400 ms; then the request for the shard's lease left.
      expect(lead.fence(0)).to.include({ until: 1_000 + 1_400 + LEASE_MS });
    }
  });

  it("fault K37: a clock of the store that jumps while it answers does not make a lease longer", async () => {
    const { time, leases, keeper } = world();
    const { lead, line } = keeper("first");
    line.acquire = (...request) => {
      const lease = leases.acquire(...request);
      return Promise.resolve({ ...lease, now: lease.now - 300_000 });
    };
    await lead.round();
    expect(lead.fence(0)).to.include({ until: time.now + LEASE_MS });
  });

  it("puts transactions' deadlines before the lease's end in chain time, and does not lead with too little left", async () => {
    const { time, keeper } = world();
    const { lead } = keeper("first");
    await lead.round();
    expect(lead.fence(0)?.deadline(5_000n)).to.equal(5_008n);
    time.now += 3_001;
    expect(lead.fence(0)?.deadline(5_003n)).to.equal(5_007n);
    time.now += 2_999;
    expect(lead.fence(0)?.deadline(5_006n)).to.equal(5_008n);
    time.now += 1;
    expect(lead.fence(0)).to.equal(undefined);
    await lead.round();
    expect(lead.fence(0)?.deadline(5_006n)).to.equal(5_014n);
  });

  it("fault K30: while the store does not answer it leads until its own lease ends, and says so when it does", async () => {
    const { time, told, keeper } = world();
    const { lead, line, leads } = keeper("first");
    await lead.round();
    line.isCut = true;
    time.now += 5_000;
    await lead.round();
    expect(leads()).to.deep.equal([0]);
    time.now += 5_000;
    await lead.round();
    expect(told).to.deep.equal(["first gained 0", "first lost 0"]);
    line.isCut = false;
    await lead.round();
    expect(leads()).to.deep.equal([0]);
  });

  it("gives its lease up when it is stopped: the standby leads at its next look", async () => {
    const { told, keeper } = world();
    const [first, second] = [keeper("first"), keeper("second")];
    await first.lead.round();
    expect(await second.lead.round()).to.be.at.most(LEASE_MS / 10);
    await first.lead.stop();
    await second.lead.round();
    expect(told).to.deep.equal(["first gained 0", "first lost 0", "second gained 0"]);
  });

  it("spreads shards over the keepers there are, and takes up those of one that is gone", async () => {
    const { time, keeper } = world(Shards.evenly(4));
    const keepers = ["a", "b", "c"].map((name) => keeper(name));
    const rounds = async (of = keepers, times = 12): Promise<number[][]> => {
      for (let i = 0; i < times; i++) {
        for (const { lead } of of) await lead.round();
        time.now += 1_000;
      }
      return of.map(({ leads }) => leads());
    };
    const [first] = keepers;
    if (first === undefined) throw new Error("no keepers");
    expect(await rounds([first])).to.deep.equal([[0, 1, 2, 3]]);
    const spread = await rounds();
    expect(spread.flat().sort()).to.deep.equal([0, 1, 2, 3]);
    for (const led of spread) expect(led.length).to.be.at.most(2);
    const rest = await rounds(keepers.slice(1));
    expect(rest.flat().sort()).to.deep.equal([0, 1, 2, 3]);
    expect(rest.map(({ length }) => length)).to.deep.equal([2, 2]);
  });

  it("fault K33: never do two keepers believe that they lead a shard, whatever is slow, cut or stands still", async () => {
    const step = fc.record({
      keeper: fc.nat(2),
      wait: fc.nat(6_000),
      there: fc.nat(3_000),
      back: fc.nat(6_000),
      isCut: fc.boolean(),
      stops: fc.integer({ min: 0, max: 20 }).map((n) => n === 0),
    });
    let handovers = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const { time, told, keeper } = world(Shards.evenly(2), 0);
        const keepers = ["a", "b", "c"].map((name) => keeper(name));
        for (const { keeper: who, wait, there, back, isCut, stops } of steps) {
          const one = keepers[who];
          if (one === undefined) throw new Error("no such keeper");
          Object.assign(one.line, { there, back, isCut });
          if (stops) await one.lead.stop();
          else await one.lead.round();
          for (const shard of [0, 1]) {
            const leaders = keepers.filter(({ leads }) => leads().includes(shard));
            expect(leaders.length, `leaders of shard ${shard}`).to.be.at.most(1);
          }
          time.now += wait;
        }
        handovers += told.filter((line) => line.includes("gained")).length;
      }),
      { numRuns: 200 },
    );
    expect(handovers).to.be.above(500);
  });

  it("waits where others divide the work differently, and leads when they are gone", async () => {
    const { time, keeper } = world();
    const [one, two] = [keeper("one", Shards.evenly(1)), keeper("two", Shards.evenly(2))];
    await one.lead.round();
    await two.lead.round();
    expect(two.leads()).to.deep.equal([]);
    time.now += LEASE_MS;
    await two.lead.round();
    await one.lead.round();
    expect([one.leads(), two.leads()]).to.deep.equal([[], [0, 1]]);
  });

  it("refuses a lease too short to send anything in", () => {
    const options = { leaseMs: 5_000, skewSeconds: 2, shards: Shards.evenly(1), log };
    expect(() => new LeasedLeadership(new FakeLeases(new FakeTime()).line(), options)).to.throw(
      InvalidConfig,
      "at least 6000 ms",
    );
  });
});

describe("keeper: shards", () => {
  it("gives every facility one shard, and every shard accounts of its own", () => {
    const even = Shards.evenly(3);
    expect([1, 2, 3, 4].map((facility) => even.shardOf(facility))).to.deep.equal([1, 2, 0, 1]);
    const listed = Shards.listed([[1, 5], [2]]);
    expect([1, 2, 5, 9].map((facility) => listed.shardOf(facility))).to.deep.equal([0, 1, 0, 1]);
    expect(new Set([even.group, listed.group, Shards.listed([[1], [5, 2]]).group]).size).to.equal(3);
    const lanes = ["a", "b", "c", "d"];
    expect([0, 1, 2].map((shard) => even.lanesOf(shard, lanes))).to.deep.equal([["a", "d"], ["b"], ["c"]]);
    expect(() => even.lanesOf(0, ["a", "b"])).to.throw(InvalidConfig, "2 accounts for 3 shards");
    expect(() => Shards.listed([[1], [2, 1]])).to.throw(InvalidConfig, "facility 1 is in two shards");
  });
});

describe("keeper: a dispatcher a shard", () => {
  it("sends each facility's transactions from its shard's accounts, and only where this keeper leads the shard", async () => {
    const { chain, journal } = { chain: new SharedPool(), journal: (await store()).journal };
    const led = new Set([0, 1]);
    const dispatcher = new ShardedDispatcher(
      {
        ...{ node: chain, journal, signers: SIGNERS, log, alarms: new Episodes(log) },
        rollupFees: { feesOf: () => Promise.resolve({ l1Fee: 0n, operatorFee: 0n }) },
        contracts: { managers: [], liquidator, orders: undefined },
        options: {
          ...{ chainId: 901n, priorityFee: 1n, feeBumpPercent: 25n, replaceAfterBlocks: 3, replaceAfterMs: 0 },
          ...{ confirmations: 64, cancelCostWei: 1n },
        },
        stillWanted: () => Promise.resolve(true),
      },
      Shards.evenly(2),
      (shard) => (led.has(shard) ? { fence: 0n, deadline: (now) => now + BigInt(shard) } : undefined),
    );
    await dispatcher.start();
    const head = chain.newest;
    expect(dispatcher.deadline(head, 100n)).to.equal(head.timestamp);
    const lanes = SIGNERS.map(({ address }) => address.toLowerCase());
    for (const [facility, shard] of [
      [2, 0],
      [1, 1],
    ] as const) {
      const submitted = await dispatcher.submit(intent(`loan ${facility}`, { facility }), head);
      const lane = submitted.ok ? submitted.pending.lane : submitted.why;
      expect(lanes.filter((_, i) => i % 2 === shard)).to.include(lane);
    }
    expect(dispatcher.leads()).to.equal(true);
    led.delete(1);
    expect([dispatcher.leads(), dispatcher.leads(1), dispatcher.leads(2)]).to.deep.equal([false, false, true]);
    expect([dispatcher.halted(1), dispatcher.trouble(1)]).to.deep.equal(["", ""]);
    expect(await dispatcher.submit(intent("a", { facility: 1 }), head)).to.include({ outcome: "not-leading" });
    expect(await dispatcher.submit(intent("b", { facility: 2 }), head)).to.include({ ok: true });
    for (let i = 0; i < 3; i++) dispatcher.breaker.record(intent("b", { facility: 2 }), "no-effect", undefined, 1);
    expect(dispatcher.trouble(1)).to.match(/3 transactions in a row/);
    led.add(1);
    expect(dispatcher.halted(1), "the other shard goes on").to.equal("");
    expect(dispatcher.trouble(1), "and yet the loans of this one are left").to.match(/3 transactions in a row/);
    led.delete(1);
    led.delete(0);
    expect(dispatcher.halted(1)).to.include("another keeper leads");
    expect(dispatcher.trouble(1), "to stand by is no trouble").to.equal("");
    expect(dispatcher.deadline(head, 100n)).to.equal(undefined);
  });
});

describe("keeper: leadership without a database", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "ballast-lock-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("fault K23: of two keepers with one folder the second refuses, and says who has it", async () => {
    const [first, second] = ["0xaa", "0xbb"].map((account) => new AloneLeadership(folder, `account ${account}`));
    if (first === undefined || second === undefined) throw new Error("no keepers");
    expect(first.fence()).to.equal(undefined);
    await first.start();
    expect(first.fence()).to.include({ fence: 0n });
    const error = await second.start().catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(StoreInUse);
    expect(String(error)).to.match(new RegExp(`process ${process.pid} on .*, account 0xaa, since 20`));
    expect(second.fence()).to.equal(undefined);
    await first.stop();
    await second.start();
    expect(second.fence()).to.include({ fence: 0n });
    await second.stop();
  });
});
