import { expect } from "chai";
import { Interface, zeroPadValue } from "ethers";
import { loanManagerAbi } from "../../../sdk/client/abi/index.js";
import type { Head, Log, LogFilter } from "../../../keeper/chain/node.js";
import { RpcError } from "../../../keeper/chain/rpcErrors.js";
import { Inconsistent } from "../../../keeper/errors.js";
import { Indexer, type LogSource } from "../../../keeper/index/indexer.js";
import { LoanBook } from "../../../keeper/index/loanBook.js";
import { decode } from "../../../keeper/index/snapshot/decode.js";
import { encode } from "../../../keeper/index/snapshot/encode.js";

const MANAGER = `0x${"aa".repeat(20)}`;
const TERM_MANAGER = `0x${"bb".repeat(20)}`;
const OPENER = 0xb0b0n;
const abi = new Interface(loanManagerAbi);
const idOf = (salt: number): bigint => (OPENER << 96n) | (1n << 64n) | BigInt(salt);
const hashOf = (fork: string, number: number): string =>
  zeroPadValue(`0x${Buffer.from(`${fork}${number}`).toString("hex")}`, 32);

/** A chain in memory: which loan was opened in which block, on which fork; with an endpoint's bad habits on demand. */
class FakeChain implements LogSource {
  blocks: { fork: string; loans: number[] }[] = [{ fork: "a", loans: [] }];
  requests: LogFilter[] = [];
  answer: (logs: Log[], filter: LogFilter) => Log[] = (logs) => logs;

  mine(loans: number[] = [], fork = "a"): Head {
    this.blocks.push({ fork, loans });
    return this.headAt(this.blocks.length - 1);
  }

  reorganise(depth: number): void {
    this.blocks = this.blocks.slice(0, this.blocks.length - depth);
  }

  headAt(number: number): Head {
    const hash = hashOf(this.blocks[number]?.fork ?? "?", number);
    const parentHash = hashOf(this.blocks[number - 1]?.fork ?? "?", number - 1);
    return { number, hash, parentHash, timestamp: BigInt(number), baseFeePerGas: 0n };
  }

  get newest(): Head {
    return this.headAt(this.blocks.length - 1);
  }

  head(at: number): Promise<Head | undefined> {
    return Promise.resolve(at < this.blocks.length ? this.headAt(at) : undefined);
  }

  logs(filter: LogFilter): Promise<Log[]> {
    this.requests.push(filter);
    const { range } = filter;
    const logs = this.blocks.flatMap((block, number) => {
      const wanted =
        "blockHash" in range
          ? hashOf(block.fork, number) === range.blockHash
          : number >= range.from && number <= range.to;
      if (!wanted) return [];
      // The facility stands before everything.
      const first = number === 0 ? [this.log(block.fork, 0, 0, undefined)] : [];
      return [...first, ...block.loans.map((salt, logIndex) => this.log(block.fork, number, logIndex, salt))];
    });
    return Promise.resolve(this.answer(logs, filter));
  }

  /** @param salt undefined for the creation of the facility */
  private log(fork: string, blockNumber: number, logIndex: number, salt: number | undefined): Log {
    const who = zeroPadValue("0xb0b0", 20);
    const params = [who, who, who, who, 0, 7_000, 8_000, 6_500, 200, 1_000, 9_000, 3_600, 1, 1, 1];
    const { topics, data } =
      salt === undefined
        ? abi.encodeEventLog("FacilityCreated", [1, params])
        : abi.encodeEventLog("Opened", [idOf(salt), who, 1, who, 1_000n, 500n, BigInt(salt)]);
    const blockHash = hashOf(fork, blockNumber);
    const transactionHash = hashOf(`t${fork}${logIndex}`, blockNumber);
    return { address: MANAGER, topics, data, blockNumber, blockHash, transactionHash, logIndex, removed: false };
  }
}

function start(logRange = 1_000) {
  const chain = new FakeChain();
  const book = new LoanBook({ loanManager: MANAGER, termLoanManager: TERM_MANAGER });
  const readSheet = (): Promise<never> => Promise.reject(new Error("no sheet is asked for"));
  const indexer = new Indexer(chain, book, { addresses: [MANAGER], fromBlock: 0, logRange, readSheet });
  const salts = (): number[] => [...book.loans].map(({ id }) => Number(id & 0xffffn)).sort((a, b) => a - b);
  return { chain, book, indexer, salts };
}

describe("keeper: indexer", () => {
  it("reads everything from the beginning, then block by block", async () => {
    const { chain, indexer, salts } = start();
    chain.mine([1, 2]);
    await indexer.advanceTo(chain.mine([3]));
    expect(salts()).to.deep.equal([1, 2, 3]);
    await indexer.advanceTo(chain.mine([4]));
    expect(salts()).to.deep.equal([1, 2, 3, 4]);
    expect(chain.requests.at(-1)?.range).to.have.property("blockHash");
  });

  it("fills the gap when heads were missed, and reads no block twice", async () => {
    const { chain, indexer, salts } = start();
    await indexer.advanceTo(chain.mine([1]));
    for (const salt of [2, 3, 4]) chain.mine([salt]);
    await indexer.advanceTo(chain.newest);
    expect(salts()).to.deep.equal([1, 2, 3, 4]);
    expect(chain.requests.at(-1)?.range).to.deep.equal({ from: 2, to: 4 });
    await indexer.advanceTo(chain.newest);
    expect(chain.requests).to.have.length(2);
  });

  it("fault K7: repeated and unsorted logs change nothing", async () => {
    const { chain, indexer, salts, book } = start();
    chain.answer = (logs) => [...logs, ...logs].reverse();
    chain.mine([1]);
    await indexer.advanceTo(chain.mine([2, 3]));
    expect(salts()).to.deep.equal([1, 2, 3]);
    expect(book.debtShares(1)).to.equal(6n);
  });

  for (const depth of [1, 5, 30]) {
    it(`fault K8: a reorganisation of ${depth} blocks takes back their loans and reads the new ones`, async () => {
      const { chain, indexer, salts } = start();
      for (let salt = 1; salt <= 40; salt++) await indexer.advanceTo(chain.mine([salt]));
      chain.reorganise(depth);
      for (let salt = 100; salt < 100 + depth; salt++) chain.mine([salt], "b");
      const { rolledBackTo } = await indexer.advanceTo(chain.mine([200], "b"));
      expect(rolledBackTo).to.equal(40 - depth);
      const kept = Array.from({ length: 40 - depth }, (_, i) => i + 1);
      const added = Array.from({ length: depth }, (_, i) => 100 + i);
      expect(salts()).to.deep.equal([...kept, ...added, 200]);
    });
  }

  it("fault K8: a reorganisation deeper than its memory reads everything anew", async () => {
    const { chain, indexer, salts } = start();
    chain.mine([1]);
    await indexer.advanceTo(chain.mine([2]));
    chain.reorganise(2);
    chain.mine([7], "b");
    await indexer.advanceTo(chain.mine([8], "b"));
    expect(salts()).to.deep.equal([7, 8]);
  });

  it("fault K8: the same height under another hash is noticed", async () => {
    const { chain, indexer, salts } = start();
    await indexer.advanceTo(chain.mine([1]));
    await indexer.advanceTo(chain.mine([2]));
    chain.reorganise(1);
    await indexer.advanceTo(chain.mine([3], "b"));
    expect(salts()).to.deep.equal([1, 3]);
  });

  it("fault K8: logs of a block that was replaced meanwhile are not believed", async () => {
    const { chain, indexer, salts } = start();
    await indexer.advanceTo(chain.mine([1]));
    chain.mine([]);
    const head = chain.mine([2]);
    chain.reorganise(1);
    chain.mine([3], "b");
    await rejects(indexer.advanceTo(head), Inconsistent);
    expect(salts()).to.deep.equal([1]);
    await indexer.advanceTo(chain.newest);
    expect(salts()).to.deep.equal([1, 3]);
  });

  it("keeps the ranges it has when the node stops answering, and reads none of them twice", async () => {
    const { chain, indexer, salts } = start(50);
    for (let salt = 1; salt <= 200; salt++) chain.mine([salt]);
    let answers = 0;
    chain.answer = (logs) => {
      if (++answers === 3) throw new RpcError("eth_getLogs", -32000, "gone", undefined);
      return logs;
    };
    await rejects(indexer.advanceTo(chain.newest), RpcError);
    expect(salts()).to.have.length(99);
    await indexer.advanceTo(chain.newest);
    expect(salts()).to.have.length(200);
    const firsts = chain.requests.map(({ range }) => ("from" in range ? range.from : -1));
    expect(firsts).to.deep.equal([0, 50, 100, 100, 137, 187]);
  });

  it("fault K8: right after a long log was read, a reorganisation costs no more than the last blocks of it", async () => {
    const { chain, indexer, salts } = start();
    for (let salt = 1; salt <= 200; salt++) chain.mine([salt]);
    await indexer.advanceTo(chain.newest);
    chain.reorganise(10);
    const { rolledBackTo } = await indexer.advanceTo(chain.mine([900], "b"));
    expect(rolledBackTo).to.equal(136);
    expect(salts()).to.deep.equal([...Array.from({ length: 190 }, (_, i) => i + 1), 900]);
  });

  it("fault K29: goes on from a snapshot's block where the chain still has it, and begins anew where not", async () => {
    const { chain, book, indexer } = start();
    chain.mine([1]);
    await indexer.advanceTo(chain.mine([2]));
    const checkpoint = indexer.checkpoint;
    if (checkpoint === undefined) throw new Error("no checkpoint");
    const owner = { chainId: 1, loanManager: MANAGER, termLoanManager: TERM_MANAGER };
    const bytes = Buffer.concat([...encode(book, checkpoint, owner)]);
    const resumed = start();
    resumed.chain.blocks = chain.blocks;
    const at = decode(bytes, owner, resumed.book);
    expect(await resumed.indexer.resume(at)).to.equal(true);
    await resumed.indexer.advanceTo(chain.mine([3]));
    expect(resumed.salts()).to.deep.equal([1, 2, 3]);
    expect(resumed.chain.requests.map(({ range }) => "blockHash" in range)).to.deep.equal([true]);

    const replaced = start();
    chain.reorganise(2);
    chain.mine([8], "b");
    replaced.chain.blocks = chain.blocks;
    expect(await replaced.indexer.resume(decode(bytes, owner, replaced.book))).to.equal(false);
    await replaced.indexer.advanceTo(chain.newest);
    expect(replaced.salts()).to.deep.equal([1, 8]);
  });

  it("fault K9: a range the node finds too large is halved until it is not", async () => {
    const { chain, indexer, salts } = start();
    chain.answer = (logs, { range }) => {
      if ("from" in range && range.to - range.from >= 3) {
        throw new RpcError("eth_getLogs", -32005, "query returned more than 10000 results", undefined);
      }
      return logs;
    };
    for (let salt = 1; salt <= 20; salt++) chain.mine([salt]);
    await indexer.advanceTo(chain.newest);
    expect(salts()).to.have.length(20);
  });

  it("fault K1: a log that was missing is there after the blocks are read again", async () => {
    const { chain, indexer, salts } = start();
    await indexer.advanceTo(chain.mine([1]));
    chain.answer = () => [];
    await indexer.advanceTo(chain.mine([2]));
    expect(salts()).to.deep.equal([1]);
    chain.answer = (logs) => logs;
    indexer.rollBackTo(chain.newest.number - 1);
    await indexer.advanceTo(chain.newest);
    expect(salts()).to.deep.equal([1, 2]);
  });
});

async function rejects(promise: Promise<unknown>, kind: new (...args: never[]) => Error): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).to.be.instanceOf(kind);
}
