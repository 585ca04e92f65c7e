import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { pino } from "pino";
import type { Head, Log } from "../../../keeper/chain/node.js";
import { Indexer } from "../../../keeper/index/indexer.js";
import type { LoanBook } from "../../../keeper/index/loanBook.js";
import { Snapshots } from "../../../keeper/index/snapshots.js";
import { ADDRESSES, ModelMarket, applyAll, contentOf, newBook } from "./support/modelMarket.js";

const HASH = `0x${"12".repeat(32)}`;
const OWNER = { ...ADDRESSES, chainId: 10 };
const head: Head = { number: 5, hash: HASH, parentHash: HASH, timestamp: 1_760_000_000n, baseFeePerGas: 0n };

/** A chain that has the block of a hash and no logs. */
const indexerOf = (book: LoanBook, hash = HASH): Indexer => {
  const source = {
    head: (): Promise<Head> => Promise.resolve({ ...head, hash }),
    logs: (): Promise<Log[]> => Promise.resolve([]),
  };
  const readSheet = (): Promise<never> => Promise.reject(new Error("no sheet is asked for"));
  return new Indexer(source, book, { addresses: [], fromBlock: 0, logRange: 1_000, readSheet });
};

function filledBook(): LoanBook {
  const market = new ModelMarket();
  market.openRevolving(10n ** 8n, 10n ** 15n);
  market.openTerm(10n ** 8n, 10n ** 9n, 0, 800_000n);
  const book = newBook();
  applyAll(book, market.logs);
  return book;
}

describe("keeper: snapshots in a file", () => {
  let folder: string;
  let file: string;
  let said: string[];
  const log = () => pino({ level: "info" }, { write: (line: string) => void said.push(line) });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ballast-snapshot-"));
    file = join(folder, "state", "loans.snapshot");
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const written = async (): Promise<LoanBook> => {
    const book = filledBook();
    const snapshots = new Snapshots(file, OWNER, log());
    snapshots.keep(book, head);
    await snapshots.settled();
    return book;
  };
  const restored = async (owner = OWNER, hash = HASH): Promise<{ book: LoanBook; indexer: Indexer }> => {
    const book = newBook();
    const indexer = indexerOf(book, hash);
    await new Snapshots(file, owner, log()).restore(book, indexer);
    return { book, indexer };
  };

  it("fault K29: restores the book as it was, at its block", async () => {
    const before = await written();
    const { book, indexer } = await restored();
    expect(contentOf(book)).to.deep.equal(contentOf(before));
    expect(indexer.position).to.equal(5);
    expect(said.join()).to.match(/went on from the snapshot/);
  });

  for (const [what, spoil, reason] of [
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 9), /checksum/],
    ["cut off within its header", (bytes: Buffer) => bytes.subarray(0, 40), /cut off after 40 bytes/],
    ["empty", () => Buffer.alloc(0), /does not begin with/],
    ["of something else", () => Buffer.from('{ "nonce": 7 }'), /does not begin with/],
    [
      "of another version",
      (bytes: Buffer) => (bytes.writeUInt32LE(9, 8), bytes),
      /is of version 9, this keeper reads 1/,
    ],
    [
      "damaged in one bit",
      (bytes: Buffer) => (bytes.writeUInt8(bytes.readUInt8(bytes.length - 60) ^ 1, bytes.length - 60), bytes),
      /checksum/,
    ],
  ] as const) {
    it(`fault K30: of a file that is ${what} nothing is taken, and the log says what is in it`, async () => {
      await written();
      writeFileSync(file, spoil(readFileSync(file)));
      const { book, indexer } = await restored();
      expect([book.size, indexer.position, [...book.facilities].length]).to.deep.equal([0, undefined, 0]);
      expect(said.join()).to.match(reason);
    });
  }

  it("fault K30: a file of another deployment is refused by what differs", async () => {
    await written();
    const { book } = await restored({ ...OWNER, chainId: 8_453 });
    expect(book.size).to.equal(0);
    expect(said.join()).to.match(/it is of chainId 10, this keeper is of 8453/);
  });

  it("fault K8: a file of a block that was replaced is not believed", async () => {
    await written();
    const { book, indexer } = await restored(OWNER, `0x${"99".repeat(32)}`);
    expect([book.size, indexer.position]).to.deep.equal([0, undefined]);
    expect(said.join()).to.match(/block was replaced/);
  });

  it("fault K30: where it cannot be written, it says so and goes on", async () => {
    const snapshots = new Snapshots(join(folder, "file", "loans.snapshot"), OWNER, log());
    writeFileSync(join(folder, "file"), "no folder");
    snapshots.keep(filledBook(), head);
    await snapshots.settled();
    expect(said.join()).to.match(/the snapshot cannot be written/);
    const { book } = await restored();
    expect(book.size).to.equal(0);
  });

  it("is not written more often than every five minutes, and again when blocks were taken back meanwhile", async () => {
    let now = 0;
    const snapshots = new Snapshots(file, OWNER, log(), () => now);
    const book = filledBook();
    snapshots.keep(book, head);
    book.rollBackTo(4);
    await snapshots.settled();
    snapshots.keep(book, head);
    await snapshots.settled();
    const first = readFileSync(file);
    rmSync(file);
    now = 299_000;
    snapshots.keep(book, head);
    await snapshots.settled();
    expect(() => readFileSync(file)).to.throw(/ENOENT/);
    now = 300_000;
    snapshots.keep(book, head);
    await snapshots.settled();
    expect(readFileSync(file)).to.deep.equal(first);
  });
});
