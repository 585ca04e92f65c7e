import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Journal, type JournalEntry } from "../../../keeper/dispatch/journal.js";

const entry = (nonce: number): JournalEntry => ({
  nonce,
  hash: `0x0${nonce}`,
  raw: "0x02ab",
  maxFeePerGas: 10n ** 12n,
  maxPriorityFeePerGas: 1n,
  intent: {
    kind: "liquidate",
    subjects: ["0x01", "0x02"],
    expectedEvents: 2,
    deadline: 1_700_000_015n,
    maxCostWei: 5n,
    facility: 1,
    to: "0x11",
    data: "0x",
    gasLimit: 2n ** 60n,
  },
});

describe("keeper: journal", () => {
  let folder: string;
  let faults: unknown[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ballast-journal-"));
    faults = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (): Journal => Journal.open(folder, 901n, "0xAb", (error) => faults.push(error));
  const path = (): string => join(folder, readdirSync(folder)[0] ?? "");

  it("gives back what was written, also to another process", () => {
    const journal = open();
    for (const nonce of [4, 5, 6]) journal.append(entry(nonce));
    expect(open().entriesFrom(5)).to.deep.equal([entry(5), entry(6)]);
    expect(faults).to.deep.equal([]);
  });

  it("forgets what the chain has settled", () => {
    const journal = open();
    for (const nonce of [4, 5, 6]) journal.append(entry(nonce));
    journal.compact(6);
    expect(open().entriesFrom(0)).to.deep.equal([entry(6)]);
  });

  it("fault K30: torn, foreign and empty lines cost nothing but themselves", () => {
    const journal = open();
    journal.append(entry(1));
    appendFileSync(path(), '{"nonce": 2, "hash": "0x\n\n{"a": 1}\nnot json\n');
    journal.append(entry(3));
    appendFileSync(path(), '{"nonce": 4');
    expect(open().entriesFrom(0)).to.deep.equal([entry(1), entry(3)]);
  });

  it("fault K30: a journal that cannot be written is reported, and the keeper goes on", () => {
    const journal = open();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    journal.append(entry(1));
    journal.compact(0);
    expect(faults).to.have.length(2);
    expect(journal.entriesFrom(0)).to.deep.equal([]);
  });
});
