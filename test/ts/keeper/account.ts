import { expect } from "chai";
import { Interface, Wallet, zeroPadValue } from "ethers";
import { liquidationEngineAbi, liquidatorAbi, loanManagerAbi } from "../../../sdk/client/abi/index.js";
import { Books, type Outcome, type Result } from "../../../keeper/account/books.js";
import { NO_FEES, type PaidFees, paidFees } from "../../../keeper/account/fees.js";
import { itemOf } from "../../../keeper/account/items.js";
import { outcomeOfRevert } from "../../../keeper/account/outcome.js";
import type { Log, Receipt } from "../../../keeper/chain/node.js";
import { Accountant } from "../../../keeper/account/accountant.js";
import { type Head, Node } from "../../../keeper/chain/node.js";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import { pendingOf } from "../../../keeper/commands/drySender.js";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import type { Settled } from "../../../keeper/dispatch/pending.js";
import { signed } from "../../../keeper/dispatch/transaction.js";
import { RollupFeeOracle } from "../../../keeper/plan/rollupFees.js";
import { SIGNERS } from "./support/dispatching.js";
import { Backoff } from "../../../keeper/dispatch/backoff.js";

const at = (digit: string): string => `0x${digit.repeat(40)}`;
const [manager, liquidator, loanAsset, stranger] = ["1", "2", "3", "4"].map(at) as [string, string, string, string];

function log(address: string, abi: Interface, name: string, values: readonly unknown[]): Log {
  const { topics, data } = abi.encodeEventLog(name, [...values]);
  const place = { blockNumber: 1, blockHash: "0x1", transactionHash: "0x2", logIndex: 0, removed: false };
  return { address, topics, data, ...place };
}
const liquidated = (id: bigint, by = liquidator): Log =>
  log(manager, new Interface(loanManagerAbi), "Liquidated", [id, by, 1_000n, 70n, 1_100n, 5n]);
const done = (id: bigint, fromInventory = false, by = liquidator): Log =>
  log(by, new Interface(liquidatorAbi), "ItemDone", [id, 1_000n, 70n, 50n, fromInventory]);
const failed = (id: bigint, reason: string): Log =>
  log(liquidator, new Interface(liquidatorAbi), "ItemFailed", [id, reason]);
const receiptOf = (...logs: Log[]): Receipt => ({
  transactionHash: zeroPadValue("0x02", 32),
  blockNumber: 1,
  blockHash: "0x1",
  status: 1,
  gasUsed: 1n,
  effectiveGasPrice: 1n,
  logs,
});
const HEADER = { hash: "0x01", parentHash: "0x00", timestamp: "0x1" };
const parties = { managers: [manager], liquidator };

const result = (block: number, grossProfit: bigint, outcome: Outcome = "done"): Result => ({
  kind: "liquidate",
  subject: "0x01",
  facility: 1,
  nonce: block,
  hash: "0x1",
  block,
  timestamp: block,
  outcome,
  why: undefined,
  loanAsset,
  realised: { repaid: 10n, seized: 1n, debtClosed: 10n, proceeds: 10n + grossProfit, grossProfit, cash: grossProfit },
  fees: { l2Gas: 1n, l1Data: 2n, operator: 3n },
  feesInLoanAsset: 6n,
});

const headAt = (number: number): Head => ({
  ...{ number, hash: "0x01", parentHash: "0x00", timestamp: 1n, baseFeePerGas: 1n },
});

describe("keeper: accounts", () => {
  it("fault K29: books what was mined before a pause so long that nodes have lost the state of its block", async () => {
    const [key] = SIGNERS;
    if (key === undefined) throw new Error("a key is needed");
    const call = new Interface(["error NotLiquidatable(uint256, uint256)"]);
    const asked: unknown[] = [];
    const request = (method: string, [what, at]: readonly unknown[]): Promise<unknown> => {
      if (method === "eth_getCode") return Promise.resolve("0x");
      if (method === "eth_getBlockByNumber") return Promise.resolve({ ...HEADER, number: what });
      asked.push(at);
      if (at === "0x5")
        return Promise.reject(new RpcError(method, -32000, "missing trie node 0xab (path )", undefined));
      const data = call.encodeErrorResult("NotLiquidatable", [1n, 2n]);
      return Promise.reject(new RpcError(method, 3, "execution reverted", data));
    };
    const node = new Node({
      request,
      together: (all) => Promise.all(all.map(async ({ method, params }) => request(method, params))),
    });
    const accountant = new Accountant({
      ...{ node, rollupFees: await RollupFeeOracle.on(node), operator: stranger, ...parties, orders: undefined },
      ...{ loanAssetOf: () => loanAsset, etherPriceOf: () => Promise.resolve(undefined), feesBooked: () => undefined },
    });
    const intent: Intent = {
      ...{ kind: "liquidate", subjects: ["0x01"], facility: 1, to: liquidator, data: "0x", gasLimit: 1n },
      ...{ expectedEvents: 1, maxCostWei: 1n },
    };
    const attempt = await signed(key, intent, 0, { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }, 901n);
    const settled: Settled = {
      ...{ kind: "mined", attempt, receipt: { ...receiptOf(), blockNumber: 5, status: 0 } },
      ...{ pending: pendingOf(intent, stranger, 0, headAt(5), attempt.hash) },
      effect: { expected: 1, found: 0, failed: [] },
    };
    const outcomes = async (at: number): Promise<unknown> =>
      (await accountant.book([settled], headAt(at))).flatMap(({ results }) => results.map(({ outcome }) => outcome));
    expect(await outcomes(5_000)).to.deep.equal(["race-lost"]);
    expect(asked).to.deep.equal(["0x5", "0x1388"]);
    const early = await outcomes(10).catch((error: unknown) => error);
    expect(early, "it may yet come").to.be.instanceOf(RpcError);
  });

  it("books what the liquidator's own event says of each loan of a transaction", () => {
    const reason = new Interface(liquidationEngineAbi).encodeErrorResult("NotLiquidatable", [1n, 2n]);
    const receipt = receiptOf(liquidated(7n), done(7n), failed(8n, reason), liquidated(9n), done(9n, true));
    const sold = { repaid: 1_000n, seized: 70n, debtClosed: 1_100n, proceeds: 1_050n, grossProfit: 50n, cash: 50n };
    expect(itemOf(receipt, 7n, parties)).to.deep.equal({ kind: "done", fromInventory: false, realised: sold });
    const lost = itemOf(receipt, 8n, parties);
    expect(lost?.kind === "failed" && outcomeOfRevert(lost.revert)).to.equal("race-lost");
    // Collateral that is kept stands at what was paid for it.
    const kept = { ...sold, proceeds: 0n, grossProfit: 0n, cash: -1_000n };
    expect(itemOf(receipt, 9n, parties)).to.deep.equal({ kind: "done", fromInventory: true, realised: kept });
  });

  it("fault K21: a receipt without the loan's own events by this liquidator and a manager is nothing", () => {
    for (const receipt of [
      receiptOf(),
      receiptOf(liquidated(8n), done(8n)),
      receiptOf(liquidated(7n, stranger), done(7n)),
      receiptOf(liquidated(7n), done(7n, false, stranger)),
      receiptOf(done(7n)),
    ]) {
      expect(itemOf(receipt, 7n, parties)).to.equal(undefined);
    }
  });

  it("fault K4: fees are not booked by estimate because a node did not answer just then", async () => {
    const receipt = { ...receiptOf(), gasUsed: 10n, effectiveGasPrice: 1n };
    const raw = await new Wallet(`0x${"6".repeat(64)}`).signTransaction({
      type: 2,
      chainId: 1,
      nonce: 0,
      to: stranger,
    });
    const oracle = { chargesMore: true, feesOf: () => Promise.resolve({ l1Fee: 100n, operatorFee: 5n }) };
    const paid = (error: Error, head = 1, booked?: PaidFees) =>
      paidFees(
        { balance: () => Promise.reject(error) },
        oracle,
        stranger,
        [{ raw, receipt, booked: () => booked }],
        headAt(head),
      );
    const silent = new TransportError("eth_getBalance", "none within 5 ms");
    expect(await paid(silent).catch((error: unknown) => error)).to.equal(silent);
    const forgotten = new RpcError("eth_getBalance", -32000, "missing trie node", undefined);
    expect(await paid(forgotten).catch((error: unknown) => error), "of a block just made").to.equal(forgotten);
    expect(await paid(forgotten, 200)).to.deep.equal([{ l2Gas: 10n, l1Data: 100n, operator: 5n }]);
    // Booked again after a restart, long after: what was known to the wei is not given up for an estimate.
    const exact = { l2Gas: 10n, l1Data: 97n, operator: 5n };
    expect(await paid(forgotten, 200, exact)).to.deep.equal([exact]);
    const ofAnotherBlock = { ...exact, l2Gas: 11n };
    expect(await paid(forgotten, 200, ofAnotherBlock)).to.deep.equal([{ ...exact, l1Data: 100n }]);
  });

  it("fault K20: a lost race is not a fault, a moved market is no race, and anything else is structural", () => {
    const of = (name: string, text = name): Outcome => outcomeOfRevert({ name, args: [], text });
    for (const name of ["NotLiquidatable", "NoSuchLoan", "BelowMinimum"]) expect(of(name)).to.equal("race-lost");
    expect(outcomeOfRevert(undefined)).to.equal("race-lost");
    expect(of("Error", "Error(Too little received)")).to.equal("market-moved");
    expect(of("ProfitTooLow")).to.equal("market-moved");
    for (const name of ["NotOperator", "FeedUnreadable", ""]) expect(of(name)).to.equal("reverted");
  });

  it("fault K20: what reverts is left alone for longer each time, and no longer than for a limit", () => {
    const backoff = new Backoff();
    const rests = Array.from({ length: 12 }, () => {
      backoff.fail("a", 100);
      return (backoff.restsUntil("a", 100) ?? 100) - 100;
    });
    expect(rests.slice(0, 4)).to.deep.equal([2, 4, 8, 16]);
    expect(rests.at(-1)).to.equal(1_024);
    expect(backoff.restsUntil("a", 100 + 1_024)).to.equal(undefined);
    expect(backoff.restsUntil("b", 100)).to.equal(undefined);
    backoff.clear("a");
    expect(backoff.restsUntil("a", 100)).to.equal(undefined);
  });

  it("fault K8: takes back what was booked in blocks that are gone", () => {
    const books = new Books();
    for (const block of [1, 2, 3]) books.add(result(block, BigInt(block)));
    books.add({ ...result(4, 0n, "reverted"), realised: undefined });
    books.removeAfter(2);
    expect(books.results.map(({ block }) => block)).to.deep.equal([1, 2]);
    expect(books.assets.get(loanAsset)).to.deep.equal({ repaid: 20n, seized: 2n, grossProfit: 3n, fees: 12n });
    expect(books.fees).to.deep.equal({ l2Gas: 2n, l1Data: 4n, operator: 6n });
    expect([books.outcomes.get("done"), books.outcomes.get("reverted")]).to.deep.equal([2, 0]);
    books.removeAfter(0);
    expect(books.fees).to.deep.equal(NO_FEES);
  });

  it("fault K18: L1 fees that rise a hundredfold within a block are booked as they were taken", async () => {
    const raw = await Wallet.createRandom().signTransaction({ to: liquidator, chainId: 10 });
    // 1 wei of gas for the one unit used; the node's receipts leave L1 out.
    const mined = [{ raw, receipt: { ...receiptOf(), blockNumber: 8 } }];
    const oracle = {
      chargesMore: true,
      feesOf: (_: string, __: bigint, at: unknown) =>
        Promise.resolve({ l1Fee: at === 8 ? 10_000n : 100n, operatorFee: 5n }),
    };
    const after = (spent: bigint): Promise<unknown> => {
      const node = {
        balance: (_: string, block: unknown) => Promise.resolve(block === 7 ? 1_000_000n : 1_000_000n - spent),
      };
      return paidFees(node, oracle, stranger, mined, headAt(1));
    };
    expect(await after(9_900n + 6n), "by the new fees").to.deep.equal([{ l2Gas: 1n, l1Data: 9_900n, operator: 5n }]);
    expect(await after(99n + 6n), "by the old ones").to.deep.equal([{ l2Gas: 1n, l1Data: 99n, operator: 5n }]);
    // Ether that came in or went out meanwhile is no fee.
    for (const spent of [-50_000n, 0n, 900_000n])
      expect(await after(spent)).to.deep.equal([{ l2Gas: 1n, l1Data: 10_000n, operator: 5n }]);
  });

  it("divides no L1 fees between transactions where the rollup takes none", async () => {
    const raw = await Wallet.createRandom().signTransaction({ to: liquidator, chainId: 10 });
    const mined = [1, 2].map(() => ({ raw, receipt: { ...receiptOf(), blockNumber: 8 } }));
    const oracle = { chargesMore: true, feesOf: () => Promise.resolve({ l1Fee: 0n, operatorFee: 0n }) };
    const node = { balance: (_: string, block: unknown) => Promise.resolve(block === 7 ? 2n : 0n) };
    const each = { l2Gas: 1n, l1Data: 0n, operator: 0n };
    expect(await paidFees(node, oracle, stranger, mined, headAt(1))).to.deep.equal([each, each]);
  });
});
