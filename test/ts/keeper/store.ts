import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import { FenceLost, ForeignStore, JournalMisuse, NonceTaken, UnusableStore } from "../../../keeper/store/errors.js";
import { openStore } from "../../../keeper/store/open.js";
import type { JournalAttempt, Lease, Store, StoredDecision, StoredResult } from "../../../keeper/store/store.js";
import { TestPostgres } from "./support/postgres.js";
import { StoreModel } from "./support/storeModel.js";

const scope = { chainId: 901n, loanManager: `0x${"Ab".repeat(20)}` };
const FOREVER = 1_000_000;

const intent = (subject: string): Intent => ({
  kind: "liquidate",
  subjects: [subject],
  facility: 1,
  to: "0x11",
  data: "0x1234",
  gasLimit: 2n ** 60n,
  expectedEvents: 1,
  deadline: 2n ** 70n,
  maxCostWei: 10n ** 18n,
});
const attempt = (hash: string): JournalAttempt => ({
  hash,
  raw: `0x02${hash}`,
  intent: intent("0x01"),
  maxFeePerGas: 10n ** 12n,
  maxPriorityFeePerGas: 1n,
});
const entry = (nonce: number, fence = 0n, subjects = ["0x01"]) => ({
  lane: "0xAA",
  nonce,
  intent: intent(subjects[0] ?? ""),
  subjects,
  fence,
  at: 1_700_000_000_123,
});
const result = (hash: string, block: number): StoredResult => ({
  hash,
  subject: "0x01",
  facility: 1,
  kind: "liquidate",
  outcome: "done",
  block,
  timestamp: block * 2,
  loanAsset: null,
  grossProfit: "-12",
  feesWei: "1000000000000000000000",
  feesInLoanAsset: "3",
  details: { repaid: "5", nested: { list: [1, null, true] } },
});

/** How a step ended: with a value, or with an error of a class. */
async function outcome(step: () => Promise<unknown>): Promise<unknown> {
  try {
    return await step();
  } catch (error) {
    return error instanceof Error ? error.constructor.name : error;
  }
}

interface Backend {
  readonly name: string;
  /** @returns false where it is not to be had here */
  before(): Promise<boolean>;
  after(): Promise<void>;
  /** Forgets all that was stored. */
  reset(): Promise<void>;
  open(options?: { scope?: typeof scope; readOnly?: boolean }): Promise<Store>;
}

function sqliteBackend(): Backend {
  let folder = "";
  return {
    name: "SQLite",
    before: () => Promise.resolve(true),
    after: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
    reset: () => {
      rmSync(folder, { recursive: true, force: true });
      folder = mkdtempSync(join(tmpdir(), "ballast-store-"));
      return Promise.resolve();
    },
    open: (options) => openStore({ stateDir: folder, scope, ...options }),
  };
}

function postgresBackend(): Backend {
  let server: TestPostgres | undefined;
  let databaseUrl = "";
  return {
    name: "PostgreSQL",
    before: async () => {
      server = await TestPostgres.start();
      databaseUrl = (await server?.database()) ?? "";
      return server !== undefined;
    },
    after: async () => server?.remove(),
    reset: async () => void (await server?.query("keeper0", "DROP SCHEMA IF EXISTS ballast_keeper CASCADE")),
    open: (options) => openStore({ stateDir: "", databaseUrl, scope, ...options }),
  };
}

for (const backend of [sqliteBackend(), postgresBackend()]) {
  describe(`keeper: store in ${backend.name}`, () => {
    let store: Store;
    before(async function () {
      if (await backend.before()) return;
      console.log("      skipped: no PostgreSQL (apt-get install postgresql)");
      this.skip();
    });
    after(() => backend.after());
    beforeEach(async () => {
      await backend.reset();
      store = await backend.open();
    });
    afterEach(() => store?.close());

    it("gives back what was written, also to another process", async () => {
      const { journal } = store;
      const id = await journal.intend(entry(7, 0n, ["0x01", "0x02"]));
      await journal.sign(id, attempt("0xa1"), 0n);
      await journal.sent(id);
      await journal.sign(id, attempt("0xa2"), 0n);
      await journal.mined(id, { hash: "0xa2", block: 12 });
      await store.results.put([result("0xa2", 12)]);
      const other = await backend.open();
      const [found] = await other.journal.unfinished("0xaa");
      expect(found).to.deep.equal({
        id,
        lane: "0xaa",
        nonce: 7,
        intent: intent("0x01"),
        subjects: ["0x01", "0x02"],
        state: "mined",
        attempts: [attempt("0xa1"), attempt("0xa2")],
        fence: 0n,
        intendedAt: 1_700_000_000_123,
        minedHash: "0xa2",
        minedBlock: 12,
        why: undefined,
      });
      expect(await other.journal.about("0x02")).to.deep.equal([found]);
      expect(await other.results.between(24, 25)).to.deep.equal([result("0xa2", 12)]);
      await other.close();
    });

    it("fault K23: a nonce has one unfinished transaction, however many keepers share the store", async () => {
      const other = await backend.open();
      const tries = await Promise.all(
        ["0x01", "0x02", "0x03"].flatMap((subject) =>
          [store, other].map((one) => outcome(() => one.journal.intend(entry(7, 0n, [subject])))),
        ),
      );
      const ids = new Set(tries.filter((one) => typeof one === "number"));
      expect(ids.size).to.equal(1);
      expect(tries.filter((one) => one === NonceTaken.name).length).to.be.at.least(4);
      await other.close();
    });

    it("lets a transaction take only the steps of its life", async () => {
      const { journal } = store;
      const id = await journal.intend(entry(1));
      for (const step of [() => journal.sent(id), () => journal.final(id), () => journal.mined(id, undefined)]) {
        expect(await outcome(step)).to.equal(JournalMisuse.name);
      }
      await journal.sign(id, attempt("0xa1"), 0n);
      await journal.mined(id, { hash: "0xa1", block: 3 });
      await journal.sent(id);
      expect((await journal.recent(1))[0]?.state).to.equal("mined");
      await journal.final(id);
      for (const step of [() => journal.sign(id, attempt("0xa2"), 0n), () => journal.abandoned(id, "", 0n)]) {
        expect(await outcome(step)).to.equal(JournalMisuse.name);
      }
      expect(await journal.unfinished("0xaa")).to.deep.equal([]);
    });

    it("fault K33: what a keeper writes after its lease is over, or another's, is refused", async () => {
      const { journal, leases } = store;
      const old = await leases.acquire("1/shard/0", "old", FOREVER);
      const id = await journal.intend(entry(1, old.fence));
      await leases.acquire("1/shard/0", "old", 0);
      expect(await outcome(() => journal.sign(id, attempt("0xa1"), old.fence))).to.equal(FenceLost.name);
      const next = await leases.acquire("1/shard/0", "new", FOREVER);
      expect(next.fence > old.fence).to.equal(true);
      for (const step of [
        () => journal.sign(id, attempt("0xa1"), old.fence),
        () => journal.intend(entry(2, old.fence)),
        () => journal.abandoned(id, "", old.fence),
      ]) {
        expect(await outcome(step)).to.equal(FenceLost.name);
      }
      expect(await journal.unfinished("0xaa")).to.have.length(1);
      await journal.sign(id, attempt("0xb1"), next.fence);
      expect(await journal.unfinished("0xaa")).to.containSubset([{ fence: next.fence, attempts: [{ hash: "0xb1" }] }]);
    });

    it("fault K33: of keepers that reach for a lease at once one gets it, and no two leases share a fence", async () => {
      const others = await Promise.all([backend.open(), backend.open()]);
      const stores = [store, ...others];
      const reach = (name: string) =>
        Promise.all(stores.map(async (one, i) => one.leases.acquire(name, `keeper ${i}`, FOREVER)));
      const first = await Promise.all(["1/shard/0", "1/shard/1", "1/shard/2"].map(reach));
      for (const answers of first) expect(new Set(answers.map(({ holder }) => holder)).size).to.equal(1);
      expect(new Set(first.map(([lease]) => lease?.fence)).size).to.equal(3);
      await Promise.all(others.map(async (one) => one.close()));
    });

    it("divides the work one way at a time", async () => {
      const { leases } = store;
      await leases.acquire("2/shard/1", "a", FOREVER);
      const refused = await leases.acquire("3/shard/0", "b", FOREVER);
      expect(refused).to.include({ name: "2/shard/1", holder: "a" });
      await leases.release("2/shard/1", "b");
      expect(await leases.acquire("3/shard/0", "b", FOREVER)).to.include({ name: "2/shard/1" });
      await leases.release("2/shard/1", "a");
      expect(await leases.acquire("3/shard/0", "b", FOREVER)).to.include({ name: "3/shard/0", holder: "b" });
    });

    it("keeps a long snapshot whole, replaces it in one step, and lets others work meanwhile", async () => {
      const parts = [1, 2, 3].map((byte) => Buffer.alloc(900_000, byte));
      let turns = 0;
      const counting = setInterval(() => (turns += 1), 0);
      await store.snapshots.save("index", parts);
      clearInterval(counting);
      expect(turns).to.be.at.least(2);
      expect((await store.snapshots.load("index"))?.equals(Buffer.concat(parts))).to.equal(true);
      const broken = (function* () {
        yield Buffer.alloc(2_000_000, 9);
        throw new RangeError("interrupted");
      })();
      expect(await outcome(() => store.snapshots.save("index", broken))).to.equal("RangeError");
      expect((await store.snapshots.load("index"))?.equals(Buffer.concat(parts))).to.equal(true);
      await store.snapshots.save("index", []);
      expect(await store.snapshots.load("index")).to.deep.equal(Buffer.alloc(0));
      expect(await store.snapshots.load("other")).to.equal(undefined);
    });

    it("keeps text that databases refuse, but for what is no text", async () => {
      const id = await store.journal.intend({ ...entry(1), subjects: ["0x%_", 'a"b\\'] });
      await store.journal.abandoned(id, "nul \0 half \ud800 ünï 💥", 0n);
      expect(await store.journal.about("0x%_")).to.containSubset([{ id, why: "nul \ufffd half \ufffd ünï 💥" }]);
      expect(await store.journal.about('a"b\\')).to.have.length(1);
      expect(await store.journal.about("0x__")).to.deep.equal([]);
    });

    it("fault K30: refuses what is of another deployment or chain, and names both", async () => {
      for (const other of [
        { ...scope, chainId: 10n },
        { ...scope, loanManager: `0x${"cd".repeat(20)}` },
      ]) {
        const error = await backend.open({ scope: other }).catch((cause: unknown) => cause);
        expect(error).to.be.instanceOf(ForeignStore);
        for (const word of [
          scope.loanManager.toLowerCase(),
          "901",
          other.loanManager.toLowerCase(),
          `${other.chainId}`,
        ]) {
          expect(String(error)).to.include(word);
        }
      }
    });

    it("is read by a command while a keeper writes, and not made by it", async () => {
      const reader = await backend.open({ readOnly: true });
      await store.journal.intend(entry(1));
      expect(await reader.journal.recent(5)).to.have.length(1);
      expect(await outcome(() => reader.journal.intend(entry(2)))).to.equal("StoreFailed");
      await reader.close();
      await store.close();
      await backend.reset();
      expect(await backend.open({ readOnly: true }).catch((cause: unknown) => cause)).to.be.instanceOf(UnusableStore);
      store = await backend.open();
    });

    it("answers any sequence of operations as its model does", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
          await store.close();
          await backend.reset();
          store = await backend.open();
          const real = new Side(store);
          const model = new Side(new StoreModel());
          for (const step of [...operations, ...readings]) {
            expect(await step(real), String(step)).to.deep.equal(await step(model));
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

// ---- random sequences ----

/** A store under test: transactions by their number, as ids may leave gaps. */
class Side {
  readonly ids: number[] = [];
  readonly fences: bigint[] = [];

  constructor(readonly store: Store) {}

  id(number: number): number {
    return this.ids.length === 0 ? 999_999 : (this.ids[number % this.ids.length] ?? 0);
  }

  /** 0 stands for no leadership; others for fences that were given, the latest first. */
  fence(number: number): bigint {
    return number === 0 ? 0n : (this.fences.at(-number) ?? 0n);
  }

  number(id: unknown): unknown {
    return typeof id === "number" ? this.ids.indexOf(id) : id;
  }
}

type Operation = (side: Side) => Promise<unknown>;

const withoutTimes = ({ name, holder, fence }: Lease): object => ({ name, holder, fence });
const small = fc.nat(3);
const subjects = fc.uniqueArray(fc.constantFrom("0x01", "0x02", "0x03"), { minLength: 1, maxLength: 3 });
const decision = fc.record<StoredDecision>({
  subject: fc.constantFrom("0x01", "0x02"),
  block: small,
  timestamp: small,
  action: fc.constantFrom("sent", "left"),
  code: fc.string(),
  details: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.maxSafeInteger(), fc.bigInt())),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc
    .record({ lane: fc.constantFrom("0xAA", "0xbb"), nonce: small, subjects, fence: small, at: small })
    .map(({ lane, nonce, subjects: about, fence, at }): Operation => async (side) => {
      const wanted = { ...entry(nonce, side.fence(fence), about), lane, at };
      const id = await outcome(() => side.store.journal.intend(wanted));
      if (typeof id === "number" && !side.ids.includes(id)) side.ids.push(id);
      return side.number(id);
    }),
  fc.tuple(small, small, small).map(
    ([n, hash, fence]): Operation =>
      (side) =>
        outcome(() => side.store.journal.sign(side.id(n), attempt(`0x${hash}`), side.fence(fence))),
  ),
  fc.tuple(small, fc.constantFrom("sent" as const, "final" as const)).map(
    ([n, step]): Operation =>
      (side) =>
        outcome(() => side.store.journal[step](side.id(n))),
  ),
  fc.tuple(small, fc.option(fc.record({ hash: fc.constant("0x1"), block: small }), { nil: undefined })).map(
    ([n, mined]): Operation =>
      (side) =>
        outcome(() => side.store.journal.mined(side.id(n), mined)),
  ),
  fc.tuple(small, fc.string(), small).map(
    ([n, why, fence]): Operation =>
      (side) =>
        outcome(() => side.store.journal.abandoned(side.id(n), why, side.fence(fence))),
  ),
  fc.array(fc.tuple(small, small).map(([hash, block]) => result(`0x${hash}`, block))).map(
    (results): Operation =>
      (side) =>
        outcome(() => side.store.results.put(results)),
  ),
  fc.tuple(small, fc.option(fc.array(small), { nil: undefined })).map(
    ([block, facilities]): Operation =>
      (side) =>
        outcome(() => side.store.results.removeAfter(block, facilities)),
  ),
  fc.array(decision).map(
    (decisions): Operation =>
      (side) =>
        outcome(() => side.store.decisions.append(decisions)),
  ),
  small.map(
    (timestamp): Operation =>
      (side) =>
        outcome(() => side.store.decisions.forgetBefore(timestamp)),
  ),
  fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 3 }).map(
    (chunks): Operation =>
      (side) =>
        outcome(() => side.store.snapshots.save("index", chunks)),
  ),
  fc
    .record({
      name: fc.constantFrom("1/shard/0", "1/shard/1", "2/shard/0"),
      holder: fc.constantFrom("a", "b"),
      milliseconds: fc.constantFrom(0, FOREVER),
    })
    .map(({ name, holder, milliseconds }): Operation => async (side) => {
      const lease = await side.store.leases.acquire(name, holder, milliseconds);
      if (lease.holder === holder) side.fences.push(lease.fence);
      return withoutTimes(lease);
    }),
  fc.tuple(fc.constantFrom("1/shard/0", "2/shard/0"), fc.constantFrom("a", "b")).map(
    ([name, holder]): Operation =>
      (side) =>
        side.store.leases.release(name, holder),
  ),
);

/** All that can be read, after all that was written. */
const readings: readonly Operation[] = [
  ...["0xAA", "0xbb"].map(
    (lane): Operation =>
      async (side) =>
        (await side.store.journal.unfinished(lane)).map((one) => ({ ...one, id: side.number(one.id) })),
  ),
  async (side) => (await side.store.journal.recent(5)).map((one) => ({ ...one, id: side.number(one.id) })),
  async (side) => (await side.store.journal.about("0x02")).map((one) => ({ ...one, id: side.number(one.id) })),
  async (side) => side.store.results.between(0, 5),
  async (side) => side.store.decisions.about("0x01", 2),
  async (side) => side.store.snapshots.load("index"),
  async (side) => (await side.store.leases.held()).map(withoutTimes),
];
