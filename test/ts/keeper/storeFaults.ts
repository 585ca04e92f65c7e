import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import { FileLock } from "../../../keeper/lead/fileLock.js";
import { DamagedStore, ForeignStore, StoreFailed, UnusableStore } from "../../../keeper/store/errors.js";
import { STORE_FILE, openStore, storeOn } from "../../../keeper/store/open.js";
import { PostgresDatabase } from "../../../keeper/store/postgres.js";
import { SqliteFile, sqlite } from "../../../keeper/store/sqlite.js";
import type { Store } from "../../../keeper/store/store.js";
import { until } from "../devnet/support.js";
import { TestPostgres } from "./support/postgres.js";

const scope = { chainId: 901n, loanManager: `0x${"ab".repeat(20)}` };
const intent: Intent = {
  ...{ kind: "liquidate", subjects: ["0x01"], facility: 1, to: "0x11", data: "0x", gasLimit: 1n },
  ...{ expectedEvents: 1, maxCostWei: 1n },
};
const intend = (store: Store, nonce: number): Promise<number> =>
  store.journal.intend({ lane: "0xaa", nonce, intent, subjects: ["0x01"], fence: 0n, at: 0 });
const nonces = async (store: Store): Promise<number[]> =>
  (await store.journal.unfinished("0xaa")).map(({ nonce }) => nonce);

/** Kills in `npm test`; more with STORE_KILLS. */
const KILLS = Number(process.env.STORE_KILLS ?? 6);

describe("keeper: faults of a store in a file", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ballast-store-"));
    file = join(folder, STORE_FILE);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (): Promise<Store> => openStore({ stateDir: folder, scope });
  const failure = async (): Promise<unknown> => {
    try {
      const store = await open();
      await store.close();
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it("fault K30: a file cut short, overwritten or scribbled into is refused, and says what to do", async () => {
    const store = await open();
    for (let nonce = 0; nonce < 200; nonce++) await intend(store, nonce);
    await store.close();
    const whole = readFileSync(file);
    const kept = join(folder, "kept");
    copyFileSync(file, kept);
    const damages: Record<string, () => void> = {
      "cut to its first page": () => truncateSync(file, 4_096),
      "cut in the middle": () => truncateSync(file, Math.floor(whole.length / 2)),
      "cut within its header": () => truncateSync(file, 50),
      garbage: () => writeFileSync(file, Buffer.alloc(20_000, "what is this? ")),
      "scribbled into": () => writeFileSync(file, Buffer.from(whole).fill(0xee, 8_192, 40_000)),
    };
    for (const [name, damage] of Object.entries(damages)) {
      copyFileSync(kept, file);
      damage();
      const error = await failure();
      expect(error, name).to.be.instanceOf(DamagedStore);
      expect(String(error), name).to.include(file).and.include("move it away");
    }
    copyFileSync(kept, file);
    expect(await failure()).to.equal(undefined);
  });

  it("fault K30: another program's file, and one of a newer keeper, are refused and left alone", async () => {
    const foreign = new (sqlite().DatabaseSync)(file);
    foreign.exec("CREATE TABLE bookmarks (url TEXT)");
    foreign.close();
    const before = readFileSync(file);
    expect(await failure())
      .to.be.instanceOf(ForeignStore)
      .and.have.property("message")
      .that.includes("another program");
    expect(readFileSync(file).equals(before)).to.equal(true);

    rmSync(file);
    await (await open()).close();
    const newer = SqliteFile.open(file);
    await newer.run({ text: "UPDATE ballast_keeper SET version = 99" });
    await newer.close();
    const error = await failure();
    expect(error).to.be.instanceOf(ForeignStore);
    expect(String(error)).to.include("version 99").and.include("up to 1");
  });

  it("fault K30: a full disk refuses writes, loses nothing, and is over when there is room", async () => {
    const sql = SqliteFile.open(file);
    const store = await storeOn(sql, scope);
    const pages = async (most: number): Promise<unknown> => sql.run({ text: `PRAGMA max_page_count = ${most}` });
    await pages(45);
    let written = 0;
    const error = await (async () => {
      for (; written < 10_000; written++) await intend(store, written);
      return undefined;
    })().catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(StoreFailed);
    expect(written).to.be.above(0);
    expect(await nonces(store)).to.deep.equal(Array.from({ length: written }, (_, nonce) => nonce));
    // Several statements at once: all or none.
    const decision = { block: 1, timestamp: 1, action: "left", code: "", details: { long: "x".repeat(2_000) } };
    const both = [
      { ...decision, subject: "a" },
      ...Array.from({ length: 900 }, (_, i) => ({ ...decision, subject: `${i}` })),
    ];
    expect(await store.decisions.append(both).catch((cause: unknown) => cause)).to.be.instanceOf(StoreFailed);
    expect(await store.decisions.about("a", 1)).to.deep.equal([]);
    await pages(1_000_000);
    await intend(store, written);
    await store.decisions.append([{ ...decision, subject: "a" }]);
    await store.close();
    const again = await open();
    expect(await nonces(again)).to.have.length(written + 1);
    await again.close();
  });

  it("fault K30: a folder that cannot be written to is named", async () => {
    writeFileSync(join(folder, "file"), "");
    const error = await openStore({ stateDir: join(folder, "file"), scope }).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(UnusableStore);
    expect(String(error)).to.include(join(folder, "file"));
  });

  it("fault K29: killed at any moment, it has every write that was acknowledged", async () => {
    const said: string[] = [];
    let fuller = 0;
    // However slow the disk is, some kills come in the middle of writes.
    for (let kill = 0; kill < KILLS || fuller <= 20; kill++) {
      const before = said.length;
      await writeAndKill(folder, said, 5 + Math.random() * 250);
      fuller += said.length - before;
      // A dead keeper holds neither the folder nor the file.
      FileLock.take(folder, "test").release();
      const store = await open();
      const journal = new Map((await store.journal.recent(100_000)).map((one) => [one.nonce, one]));
      const results = new Set((await store.results.between(0, 1e9)).map(({ timestamp }) => timestamp));
      let snapshot = -1;
      for (const [what, nonce, id] of said.map((line) => line.split(" "))) {
        const one = journal.get(Number(nonce));
        if (what === "intend") expect(one?.id, `nonce ${nonce}`).to.equal(Number(id));
        if (what === "sign") expect(one?.state, `nonce ${nonce}`).to.equal("signed");
        if (what === "result") expect(results.has(Number(nonce)), `result ${nonce}`).to.equal(true);
        if (what === "snapshot") snapshot = Number(nonce);
      }
      const saved = await store.snapshots.load("index");
      if (snapshot >= 0) expect(Number(saved?.subarray(1_500_000))).to.be.at.least(snapshot);
      await store.close();
    }
  });

  it("says nothing on stderr that no operator can do anything about", async () => {
    const said: string[] = [];
    expect(await writeAndKill(folder, said, 1)).to.equal("");
  });
});

/** @returns what it said on stderr; `said` gets what it acknowledged */
async function writeAndKill(folder: string, said: string[], milliseconds: number): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", "test/tools/storeWriter.ts", folder, scope.loanManager], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  await sleep(milliseconds);
  child.kill("SIGKILL");
  await closed;
  said.push(...out.split("\n").slice(0, -1));
  if (out === "") throw new Error(`the writer wrote nothing: ${errors}`);
  return errors;
}

describe("keeper: faults of a store in a database", () => {
  /** As in production, but for tests that wait. */
  const patience = { connect: 500, statement: 600, answer: 800, whole: 1_400 };
  let server: TestPostgres;
  let database: PostgresDatabase;
  let store: Store;
  before(async function () {
    const started = await TestPostgres.start();
    if (started === undefined) {
      console.log("      skipped: no PostgreSQL (apt-get install postgresql)");
      this.skip();
    }
    server = started;
    database = await PostgresDatabase.open(await server.database(), false, patience);
    store = await storeOn(database, scope);
  });
  after(async () => {
    server?.thaw();
    await store?.close();
    await server?.remove();
  });

  it("fault K30: a database that is gone refuses within seconds, and is used again when it is back", async () => {
    await intend(store, 0);
    await server.down();
    const tries = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map(async (nonce) => intend(store, nonce)));
    for (const one of tries)
      expect(one).to.containSubset({ status: "rejected" }).and.have.nested.property("reason").instanceOf(StoreFailed);
    expect(String((tries[0] as PromiseRejectedResult).reason))
      .to.match(/127\.0\.0\.1:\d+\/keeper0/)
      .and.not.include("keeper@");
    await server.up();
    for (let nonce = 1; nonce < 9; nonce++) await intend(store, nonce);
    expect(await nonces(store)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("fault K30: one that is gone for less than our patience is not noticed", async () => {
    const long = await storeOn(
      await PostgresDatabase.open(server.url("keeper0"), false, { ...patience, whole: 20_000 }),
      scope,
    );
    await intend(long, 20);
    await server.down();
    const waiting = intend(long, 21);
    await sleep(100);
    await server.up();
    await waiting;
    expect(await nonces(long)).to.include(21);
    await long.close();
  });

  it("fault K30: one that stands still holds up nobody for longer than a few seconds", async () => {
    await intend(store, 30);
    server.freeze();
    const error = await intend(store, 31).catch((cause: unknown) => cause);
    server.thaw();
    expect(error).to.be.instanceOf(StoreFailed);
    // It may have been written, and the answer was lost: the same again is the same.
    const id = await intend(store, 31);
    expect(await intend(store, 31)).to.equal(id);
    expect((await nonces(store)).filter((nonce) => nonce === 31)).to.have.length(1);
  });

  it("fault K29: a database that crashes in the middle of writes has every one that was acknowledged", async () => {
    for (let crash = 0; crash < 3; crash++) {
      const first = 1_000 * (crash + 1);
      const acknowledged: number[] = [];
      let isDown = false;
      const writing = (async () => {
        for (let nonce = first; !isDown; nonce++) {
          await intend(store, nonce);
          acknowledged.push(nonce);
        }
      })().catch(() => undefined);
      await until(() => acknowledged.length > 0, 20_000);
      await sleep(100 + Math.random() * 100);
      await server.down();
      isDown = true;
      await writing;
      await server.up();
      expect(acknowledged.length).to.be.above(0);
      expect(await nonces(store)).to.include.members(acknowledged);
    }
  });

  it("a database that refuses us is a fault of the configuration, and its password is not told", async () => {
    for (const [url, word] of [
      [server.url("nowhere").replace("keeper@", "keeper:secret@"), "nowhere"],
      ["mysql://keeper:secret@host/db", "postgres://"],
      ["not an address: secret", "postgres://"],
    ] as const) {
      const error = await openStore({ stateDir: "", databaseUrl: url, scope }).catch((cause: unknown) => cause);
      expect(error, url).to.be.instanceOf(UnusableStore);
      expect(String(error)).to.include(word).and.not.include("secret");
    }
  });
});
