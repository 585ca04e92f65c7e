import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { splitFees } from "../../../keeper/account/bundle.js";
import { DecisionLog } from "../../../keeper/account/decisionLog.js";
import { totalOf } from "../../../keeper/account/fees.js";
import { byDay, byLoan, inAll } from "../../../keeper/account/ledger.js";
import { Recorder } from "../../../keeper/account/recorder.js";
import { Reconciler } from "../../../keeper/account/reconciler.js";
import { Node } from "../../../keeper/chain/node.js";
import type { Question } from "../../../keeper/chain/rpc.js";
import { RpcError } from "../../../keeper/chain/rpcErrors.js";
import { StoreFailed } from "../../../keeper/store/errors.js";
import { openStore } from "../../../keeper/store/open.js";
import type { Store, StoredDecision, StoredResult } from "../../../keeper/store/store.js";

const DOLLAR = `0x${"d0".repeat(20)}`;
const JANUARY = Date.parse("2026-01-31T23:59:59Z") / 1_000;

const result = (change: Partial<StoredResult> = {}): StoredResult => ({
  ...{ hash: "0x01", subject: "loan 1", facility: 1, kind: "liquidate", outcome: "done", block: 10 },
  ...{ timestamp: JANUARY, loanAsset: DOLLAR, grossProfit: "100", feesWei: "7", feesInLoanAsset: "3" },
  details: { repaid: "1000", seized: "5", cash: "100" },
  ...change,
});

describe("keeper: fees of a bundle", () => {
  it("are divided between its loans by what was repaid, and add up to the wei", () => {
    const fees = fc.record({
      l2Gas: fc.bigInt(0n, 10n ** 20n),
      l1Data: fc.bigInt(0n, 10n ** 20n),
      operator: fc.bigInt(0n, 999n),
    });
    const weights = fc.array(fc.bigInt(0n, 10n ** 30n), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fees, weights, (paid, shares) => {
        const parts = splitFees(paid, shares);
        expect(parts).to.have.length(shares.length);
        for (const part of ["l2Gas", "l1Data", "operator"] as const) {
          expect(parts.reduce((sum, one) => sum + one[part], 0n)).to.equal(paid[part]);
          expect(parts.every((one) => one[part] >= 0n)).to.equal(true);
        }
        if (shares.some((share) => share > 0n)) {
          for (const [index, share] of shares.entries()) {
            if (share === 0n)
              expect(totalOf(parts[index] ?? paid), "a failed item among others bears nothing").to.equal(0n);
          }
        }
      }),
    );
    expect(splitFees({ l2Gas: 10n, l1Data: 0n, operator: 0n }, [0n, 0n, 0n]).map(totalOf)).to.deep.equal([3n, 3n, 4n]);
  });
});

describe("keeper: ledger", () => {
  it("sums up by day and by loan; what only costs is counted with its fees", () => {
    const results = [
      result(),
      result({ hash: "0x02", timestamp: JANUARY + 1, subject: "loan 2", grossProfit: "50" }),
      result({ hash: "0x03", outcome: "race-lost", grossProfit: "0", details: {}, feesInLoanAsset: null }),
    ];
    const [january, february] = byDay(results);
    expect(january).to.deep.include({
      key: "2026-01-31",
      done: 1,
      other: 1,
      netProfit: 97n,
      feesWei: 14n,
      unpriced: 1,
    });
    expect(february).to.deep.include({ key: "2026-02-01", done: 1, other: 0, netProfit: 47n, feesWei: 7n });
    expect(byLoan(results).map(({ key, done }) => [key, done])).to.deep.equal([
      ["loan 1", 1],
      ["loan 2", 1],
    ]);
    expect(inAll(results)[0]).to.deep.include({ grossProfit: 150n, fees: 6n, repaid: 2_000n, seized: 10n });
  });

  it("writes a decision down when it changes, not at each block", () => {
    const log = new DecisionLog();
    const note = (action: string, reason: string) => ({ subject: "loan 1", action, reason, figures: { debt: "5" } });
    const heard = [
      log.news(1, 10, [note("watch", "health 1.04")]),
      log.news(2, 12, [note("left", "at best 3 units are left, 5 are needed")]),
      log.news(3, 14, [note("left", "at best 4 units are left, 5 are needed")]),
      log.news(4, 16, [note("left", "no route to sell its collateral")]),
      log.news(5, 18, [note("watch", "health 1.01")]),
      log.news(6, 20, [note("watch", "health 1.02")]),
      log.news(7, 22, []),
      log.news(8, 24, []),
    ];
    expect(heard.map((stored) => stored.map(({ action }) => action))).to.deep.equal([
      ...[[], ["left"], [], ["left"], ["watch"], [], ["healthy"], []],
    ]);
    expect(heard[1]?.[0]).to.deep.include({ block: 2, timestamp: 12, subject: "loan 1" });
    expect(heard[1]?.[0]?.details).to.deep.equal({ reason: "at best 3 units are left, 5 are needed", debt: "5" });
  });
});

describe("keeper: recorder", () => {
  it("fault K30: while the store is away nothing is lost and nobody waits; what waited is written in order", async () => {
    const written: string[] = [];
    let isAway = true;
    const attempt = (what: string): Promise<void> => {
      if (isAway) return Promise.reject(new StoreFailed("the database is away"));
      written.push(what);
      return Promise.resolve();
    };
    const store = {
      results: {
        put: ([one]: readonly StoredResult[]) => attempt(`result ${one?.hash}`),
        removeAfter: (block: number) => attempt(`after ${block}`),
        between: () => Promise.resolve([]),
      },
      decisions: {
        append: ([one]: readonly StoredDecision[]) => attempt(`decision ${one?.subject}`),
        about: () => Promise.resolve([]),
        forgetBefore: () => Promise.resolve(),
      },
    };
    const heard: string[] = [];
    const recorder = new Recorder(
      store,
      {
        failed: () => void heard.push("failed"),
        recovered: () => void heard.push("recovered"),
        backlog: () => undefined,
      },
      1,
    );
    recorder.book([result()]);
    recorder.rollBackTo(9);
    recorder.decide([{ subject: "loan 2", block: 1, timestamp: 1, action: "left", code: "x", details: {} }]);
    recorder.book([result({ hash: "0x02" })]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard.length).to.be.greaterThan(1);
    expect(written).to.deep.equal([]);
    isAway = false;
    await recorder.idle();
    expect(written).to.deep.equal(["result 0x01", "after 9", "decision loan 2", "result 0x02"]);
    expect(heard.at(-1)).to.equal("recovered");
    await recorder.close();
  });
});

describe("keeper: the books held against the chain", () => {
  let folder: string;
  let store: Store;
  /** What the chain says at each block. */
  let ether: Map<number, bigint>;
  let dollars: Map<number, bigint>;
  let transfers: { block: number; from: string; to: string; value: bigint; hash: string }[];

  const operator = `0x${"0e".repeat(20)}`;
  const liquidator = `0x${"1a".repeat(20)}`;
  const owner = `0x${"aa".repeat(20)}`;
  const word = (text: string): string => `0x${text.replace("0x", "").padStart(64, "0")}`;
  const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
  const header = (number: number, fork = "") => ({
    hash: word(`${fork}${number}`),
    number: hex(number),
    parentHash: "0x00",
    timestamp: hex(JANUARY + number),
  });
  let fork = "";

  const chain = {
    request: (method: string, params: readonly unknown[]): Promise<unknown> => {
      const at = Number(params[1]);
      switch (method) {
        case "eth_getBalance":
          return Promise.resolve(hex(ether.get(at) ?? 0n));
        case "eth_call": {
          const isLiquidator = JSON.stringify(params[0]).includes(liquidator.slice(2));
          return Promise.resolve(word(hex(isLiquidator ? (dollars.get(at) ?? 0n) : 0n)));
        }
        case "eth_getBlockByNumber":
          return Promise.resolve(header(Number(params[0]), fork));
        case "eth_getLogs":
          return Promise.resolve(
            transfers.map(({ block, from, to, value, hash }, logIndex) => ({
              ...{ address: DOLLAR, data: word(hex(value)), blockNumber: hex(block), blockHash: "0x01" },
              topics: ["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", word(from), word(to)],
              ...{ transactionHash: hash, logIndex: hex(logIndex) },
            })),
          );
        default:
          return Promise.reject(new RpcError(method, -32601, "unknown", undefined));
      }
    },
    together: (questions: readonly Question[]) =>
      Promise.all(questions.map(async ({ method, params }) => chain.request(method, params))),
  };
  const headAt = async (block: number) => {
    const head = await new Node(chain).head(block);
    if (head === undefined) throw new Error("no head");
    return head;
  };
  const reconciler = () =>
    new Reconciler({
      ...{ node: new Node(chain), operators: [operator], liquidator, snapshots: store.snapshots },
      assets: () => [DOLLAR],
    });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-keeper-"));
    store = await openStore({ stateDir: folder, scope: { chainId: 1n, loanManager: owner } });
    ether = new Map([
      [5, 1_000n],
      [20, 993n],
    ]);
    dollars = new Map([
      [5, 10n],
      [20, 110n],
    ]);
    transfers = [];
    fork = "";
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("agree where fees and profit are what balances changed by, over a restart too", async () => {
    const first = reconciler();
    await first.start((from, to) => store.results.between(from, to));
    expect(await first.check(await headAt(5))).to.equal(undefined);
    await store.results.put([result({ timestamp: JANUARY + 10 })]);

    const second = reconciler();
    await second.start((from, to) => store.results.between(from, to));
    expect(second.from).to.equal(5);
    expect(await second.check(await headAt(20))).to.deep.equal({ fromBlock: 5, toBlock: 20, differences: [] });
  });

  it("differ where ether left that no transaction of the keeper's explains", async () => {
    const books = reconciler();
    await books.check(await headAt(5));
    ether.set(20, 900n);
    books.book([result(), result({ hash: "0x02", block: 21 })]);
    const found = await books.check(await headAt(20));
    expect(found?.differences).to.deep.equal([
      { asset: "ether", booked: -7n, onChain: -100n, difference: -93n, explained: 0n },
    ]);
  });

  it("tell an owner's withdrawal from a loss, and a booking that never happened from both", async () => {
    const books = reconciler();
    await books.check(await headAt(5));
    books.book([result()]);
    dollars.set(20, 60n);
    transfers = [
      { block: 10, from: owner, to: liquidator, value: 100n, hash: "0x01" },
      { block: 15, from: liquidator, to: owner, value: 50n, hash: "0x77" },
    ];
    const found = await books.check(await headAt(20));
    expect(found?.differences).to.deep.equal([
      { asset: DOLLAR, booked: 100n, onChain: 50n, difference: -50n, explained: -50n },
    ]);
    const other = reconciler();
    await other.check(await headAt(5));
    other.book([result({ details: { cash: "500" } })]);
    transfers = [];
    expect((await other.check(await headAt(20)))?.differences[0]).to.include({ difference: -450n, explained: 0n });
  });

  it("fault K8: forget what was booked in blocks that are gone, and compare nothing across a reorganisation", async () => {
    const books = reconciler();
    await books.check(await headAt(5));
    books.book([result(), result({ hash: "0x02", block: 12 })]);
    books.rollBackTo(11);
    expect((await books.check(await headAt(20)))?.differences).to.deep.equal([]);
    fork = "f";
    expect(await books.check(await headAt(25))).to.equal(undefined);
  });
});
