import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type SigningKey, Wallet } from "ethers";
import pg from "pg";
import { pino } from "pino";
import type { SendNode } from "../../../keeper/dispatch/context.js";
import { Dispatcher } from "../../../keeper/dispatch/dispatcher.js";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import type { Submitted } from "../../../keeper/dispatch/pending.js";
import { Episodes } from "../../../keeper/episodes.js";
import { LeasedLeadership } from "../../../keeper/lead/leadership.js";
import { Shards } from "../../../keeper/lead/shards.js";
import { FenceLost, StoreFailed } from "../../../keeper/store/errors.js";
import { STORE_FILE, storeOn } from "../../../keeper/store/open.js";
import { PostgresDatabase } from "../../../keeper/store/postgres.js";
import type { Sql } from "../../../keeper/store/sql.js";
import { SqliteFile } from "../../../keeper/store/sqlite.js";
import type { Journal, LeaseStore, Store } from "../../../keeper/store/store.js";
import { until } from "../devnet/support.js";
import { TestPostgres } from "./support/postgres.js";
import { SharedPool } from "./support/sharedPool.js";

const scope = { chainId: 901n, loanManager: `0x${"ab".repeat(20)}` };
const wallet = new Wallet(`0x${"07".repeat(32)}`);
const lane = wallet.address.toLowerCase();
const log = pino({ level: "silent" });
const SHARD = "1/shard/0";

const intent = (loan: string): Intent => ({
  kind: "liquidate",
  subjects: [loan],
  facility: 1,
  to: `0x${"11".repeat(20)}`,
  data: loan,
  gasLimit: 500_000n,
  expectedEvents: 1,
  maxCostWei: 10n ** 18n,
});

/** Where a process can stand still on its way from deciding to knowing that it was sent. */
const POINTS = ["before intend", "after intend", "before sign", "after sign", "after send"] as const;
type Point = (typeof POINTS)[number];

/** Holds one keeper up at a point, once, until it is let go. */
class Freeze {
  private letGo: () => void = () => undefined;
  private readonly over = new Promise<void>((resolve) => (this.letGo = resolve));
  private reach: () => void = () => undefined;
  readonly reached = new Promise<void>((resolve) => (this.reach = resolve));
  private isSpent = false;

  constructor(private readonly point: Point) {}

  async at(point: Point): Promise<void> {
    if (point !== this.point || this.isSpent) return;
    this.isSpent = true;
    this.reach();
    await this.over;
  }

  thaw(): void {
    this.letGo();
  }

  journal(journal: Journal): Journal {
    const frozen = Object.create(journal) as Journal;
    frozen.intend = async (entry) => {
      await this.at("before intend");
      const id = await journal.intend(entry);
      await this.at("after intend");
      return id;
    };
    frozen.sign = async (...signed) => {
      await this.at("before sign");
      await journal.sign(...signed);
      await this.at("after sign");
    };
    return frozen;
  }

  node(node: SendNode): SendNode {
    const frozen = Object.create(node) as SendNode;
    frozen.send = async (raw) => {
      await node.send(raw);
      await this.at("after send");
    };
    return frozen;
  }
}

/** A keeper that always believes in its fence: the worst that a process can do whose clocks stood still with it. */
function believer(node: SendNode, journal: Journal, fence: bigint): Dispatcher {
  const key: SigningKey = wallet.signingKey;
  const signer = { address: wallet.address, signDigest: (digest: string) => Promise.resolve(key.sign(digest)) };
  return new Dispatcher({
    ...{ node, journal, log, alarms: new Episodes(log), signers: [signer] },
    rollupFees: { feesOf: () => Promise.resolve({ l1Fee: 0n, operatorFee: 0n }) },
    contracts: { managers: [], liquidator: intent("0x").to, orders: undefined },
    options: {
      ...{ chainId: 901n, priorityFee: 1_000_000n, feeBumpPercent: 25n, replaceAfterBlocks: 3, replaceAfterMs: 0 },
      ...{ confirmations: 64, cancelCostWei: 10n ** 18n },
    },
    stillWanted: () => Promise.resolve(true),
    fence: () => ({ fence, deadline: () => undefined }),
  });
}

interface Backend {
  readonly name: string;
  /** The database's address, where it has one. */
  readonly url?: () => string;
  start(): Promise<boolean>;
  open(): Promise<Sql>;
  stop(): Promise<void>;
}

function sqliteBackend(): Backend {
  let folder = "";
  return {
    name: "SQLite",
    start: () => Promise.resolve((folder = mkdtempSync(join(tmpdir(), "ballast-lead-"))) !== ""),
    open: () => Promise.resolve(SqliteFile.open(join(folder, STORE_FILE))),
    stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

function postgresBackend(): Backend {
  let server: TestPostgres | undefined;
  let url = "";
  return {
    name: "PostgreSQL",
    url: () => url,
    start: async () => {
      server = await TestPostgres.start();
      url = (await server?.database()) ?? "";
      return server !== undefined;
    },
    open: () => PostgresDatabase.open(url),
    stop: async () => server?.remove(),
  };
}

for (const backend of [sqliteBackend(), postgresBackend()]) {
  describe(`keeper: take-over by ${backend.name}`, () => {
    let sql: Sql;
    let store: Store;
    let other: Store;
    before(async function () {
      if (!(await backend.start())) {
        console.log("      skipped: no PostgreSQL (apt-get install postgresql)");
        this.skip();
      }
      sql = await backend.open();
      store = await storeOn(sql, scope);
      other = await storeOn(await backend.open(), scope);
    });
    after(async () => {
      await store?.close();
      await other?.close();
      await backend.stop();
    });
    beforeEach(() => sql.run({ text: "DELETE FROM journal" }, { text: "DELETE FROM leases" }));

    for (const point of POINTS) {
      it(`fault K33: of what a leader sends that stood still ${point}, nothing lands twice`, async () => {
        const pool = new SharedPool();
        const freeze = new Freeze(point);
        const first = await store.leases.acquire(SHARD, "first", 1_000_000);
        const old = believer(freeze.node(pool), freeze.journal(store.journal), first.fence);
        await old.start();
        const frozen = old.submit(intent("0x01"), pool.newest);
        await freeze.reached;

        // The lease runs out, and another keeper goes on.
        await sql.run({ text: "UPDATE leases SET expires_at = 0" });
        const second = await other.leases.acquire(SHARD, "second", 1_000_000);
        expect(second.holder).to.equal("second");
        const next = believer(pool, other.journal, second.fence);
        await next.start();
        const step = async (): Promise<void> => {
          const head = pool.mine();
          await next.collect(head);
          await next.tend(head);
        };
        await step();
        if (!next.isPending("0x01") && landed(pool, "0x01") === 0) await next.submit(intent("0x01"), pool.newest);
        await next.submit(intent("0x02"), pool.newest);

        // It wakes, believes as firmly as ever that it leads, and goes on too.
        freeze.thaw();
        const woken = await frozen;
        const later: Submitted[] = [];
        for (let i = 0; i < 4; i++) {
          later.push(await old.submit(intent("0x01"), pool.newest), await old.submit(intent("0x03"), pool.newest));
          await old.tend(pool.newest).catch(() => undefined);
          await step();
        }
        expect(landed(pool, "0x01")).to.equal(1);
        expect(landed(pool, "0x02")).to.equal(1);
        expect(landed(pool, "0x03")).to.equal(0);
        expect(later.filter(({ ok }) => ok)).to.deep.equal([]);
        if (!["after sign", "after send"].includes(point)) expect(woken.ok).to.equal(false);
        // The journal knows all that landed, and by which bytes.
        await step();
        const written = await other.journal.recent(100);
        for (const { hash } of pool.mined)
          expect(written.filter(({ minedHash }) => minedHash === hash)).to.have.length(1);
        expect(new Set(pool.mined.map(({ nonce }) => nonce)).size).to.equal(pool.mined.length);
      });
    }

    it("fault K33: whoever takes over reads all that was written under the former lease, and nothing comes after", async () => {
      let written = 0;
      for (let round = 0; round < 15; round++) {
        await sql.run({ text: "DELETE FROM journal" });
        const { fence } = await store.leases.acquire(SHARD, "first", 1_000_000);
        const acknowledged: number[] = [];
        const writing = Promise.all(
          [0, 1, 2].map(async (writer) => {
            for (let n = 0; ; n++) {
              const nonce = 1_000 * writer + n;
              await store.journal.intend({ lane, nonce, intent: intent("0x01"), subjects: [], fence, at: 0 });
              acknowledged.push(nonce);
              await turn();
            }
          }),
        ).catch((error: unknown) => error);
        await sleep(Math.random() * 8);
        await other.leases.release(SHARD, "first");
        await other.leases.acquire(SHARD, "second", 1_000_000);
        const seen = new Set((await other.journal.unfinished(lane)).map(({ nonce }) => nonce));
        expect(await writing).to.be.instanceOf(FenceLost);
        await sleep(5);
        written += seen.size;
        expect(acknowledged.filter((nonce) => !seen.has(nonce))).to.deep.equal([]);
        expect(await other.journal.unfinished(lane)).to.have.length(seen.size);
        await other.leases.release(SHARD, "second");
      }
      expect(written).to.be.above(0);
    });

    if (backend.url !== undefined) {
      it("fault K33: a write that began under a lease is waited for by whoever takes it, and read by them", async () => {
        // Someone who has just taken the nonce, and may yet give it back, makes the leader's write wait after its look at the lease.
        const blocker = new pg.Client(backend.url?.());
        await blocker.connect();
        const columns = "lane, nonce, intent, subjects, state, fence, intended_at";
        await blocker.query(
          `BEGIN; INSERT INTO ballast_keeper.journal (${columns}) VALUES ('${lane}', 7, '{}', '[]', 'intent', 0, 0)`,
        );
        const { fence } = await store.leases.acquire(SHARD, "first", 400);
        const entry = { lane, nonce: 7, intent: intent("0x01"), subjects: ["0x01"], fence, at: 0 };
        const late = store.journal.intend(entry);
        await sleep(500);
        const seen = other.leases.acquire(SHARD, "second", 1_000_000).then(async () => other.journal.unfinished(lane));
        await sleep(200);
        await blocker.query("ROLLBACK");
        await blocker.end();
        const id = await late;
        expect((await seen).map((one) => one.id)).to.deep.equal([id]);
      });
    }

    it("takes over when the leader is gone, and at once where it was stopped", async () => {
      const shards = Shards.evenly(1);
      const gained = new Map<string, number>();
      let isCut = false;
      const line = async <T>(ask: () => Promise<T>): Promise<T> => {
        if (isCut) throw new StoreFailed("the line is cut");
        return await ask();
      };
      const cut: LeaseStore = {
        acquire: (...request) => line(() => store.leases.acquire(...request)),
        release: (...request) => line(() => store.leases.release(...request)),
        held: () => line(() => store.leases.held()),
      };
      const keeper = (holder: string, leases: LeaseStore): LeasedLeadership =>
        new LeasedLeadership(leases, {
          ...{ leaseMs: 3_000, skewSeconds: 0, shards, log, holder },
          onGained: () => gained.set(holder, performance.now()),
        });
      const gainedBy = async (holder: string): Promise<number> => {
        expect(await until(() => gained.has(holder), 60_000), `${holder} leads`).to.equal(true);
        return gained.get(holder) ?? 0;
      };
      const first = keeper("first", cut);
      const [second, third] = [keeper("second", other.leases), keeper("third", store.leases)];
      await first.start();
      await gainedBy("first");
      await second.start();
      let firstUntil = 0;
      const isLed = (): boolean => (firstUntil = first.fence(0)?.until ?? 0) > 0;
      expect(await until(isLed, 60_000)).to.equal(true);
      isCut = true;
      const start = performance.now();
      const crash = (await gainedBy("second")) - start;
      expect(gained.get("second")).to.be.at.least(firstUntil);
      expect(first.fence(0)).to.equal(undefined);
      await third.start();
      const stopping = performance.now();
      await second.stop();
      const handover = (await gainedBy("third")) - stopping;
      console.log(
        `      lease 3,000 ms: taken over ${crash.toFixed(0)} ms after the leader was cut off, ${handover.toFixed(0)} ms after it was stopped`,
      );
      await Promise.all([first.stop(), third.stop()]);
    });
  });
}

function landed({ mined }: SharedPool, loan: string): number {
  return mined.filter(({ data }) => data === loan).length;
}
