import { expect } from "chai";
import { Interface, zeroPadValue } from "ethers";
import { erc20Abi, loanManagerAbi } from "../../../sdk/client/abi/index.js";
import { Books, type Outcome, type Result } from "../../../keeper/account/books.js";
import { NO_FEES } from "../../../keeper/account/fees.js";
import { outcomeOfRevert } from "../../../keeper/account/outcome.js";
import { failedItemsOf, itemAbi, realisedOf } from "../../../keeper/account/receipts.js";
import type { Log, Receipt } from "../../../keeper/chain/node.js";
import { Backoff } from "../../../keeper/dispatch/backoff.js";

const at = (digit: string): string => `0x${digit.repeat(40)}`;
const [manager, liquidator, loanAsset, pool, router, stranger] = ["1", "2", "3", "4", "5", "6"].map(at) as [
  string,
  string,
  string,
  string,
  string,
  string,
];

function log(address: string, abi: Interface, name: string, values: readonly unknown[]): Log {
  const { topics, data } = abi.encodeEventLog(name, [...values]);
  const place = { blockNumber: 1, blockHash: "0x1", transactionHash: "0x2", logIndex: 0, removed: false };
  return { address, topics, data, ...place };
}
const transfer = (from: string, to: string, value: bigint, token = loanAsset): Log =>
  log(token, new Interface(erc20Abi), "Transfer", [from, to, value]);
const liquidated = (id: bigint, by = liquidator): Log =>
  log(manager, new Interface(loanManagerAbi), "Liquidated", [id, by, 1_000n, 70n, 1_100n, 5n]);
const receiptOf = (...logs: Log[]): Receipt => ({
  transactionHash: zeroPadValue("0x02", 32),
  blockNumber: 1,
  blockHash: "0x1",
  status: 1,
  gasUsed: 1n,
  effectiveGasPrice: 1n,
  logs,
});
const parties = { managers: [manager], liquidator, loanAsset };

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

describe("keeper: accounts", () => {
  it("books what the tokens say: received for the collateral less what went to the pool", () => {
    const receipt = receiptOf(
      liquidated(7n),
      transfer(router, liquidator, 1_050n),
      transfer(liquidator, pool, 1_000n),
      transfer(stranger, pool, 9n),
      transfer(router, liquidator, 5n, stranger),
    );
    expect(realisedOf(receipt, [7n], parties).get(7n)).to.deep.equal({
      repaid: 1_000n,
      seized: 70n,
      debtClosed: 1_100n,
      proceeds: 1_050n,
      grossProfit: 50n,
      cash: 50n,
    });
  });

  it("books each loan of a bundle for itself: what was logged since the item before it; a failed one with its reason", () => {
    const items = new Interface(itemAbi);
    const done = (id: bigint, profit: bigint, fromInventory = false): Log =>
      log(liquidator, items, "ItemDone", [id, 1_000n, 70n, profit, fromInventory]);
    const receipt = receiptOf(
      liquidated(7n),
      transfer(router, liquidator, 1_050n),
      transfer(liquidator, pool, 1_000n),
      done(7n, 50n),
      log(liquidator, items, "ItemFailed", [8n, "0x12345678"]),
      liquidated(9n),
      transfer(liquidator, pool, 1_000n),
      done(9n, 80n, true),
      transfer(router, liquidator, 3n),
    );
    const realised = realisedOf(receipt, [7n, 8n, 9n], parties);
    expect([...realised.keys()]).to.deep.equal([7n, 9n]);
    expect(realised.get(7n)).to.include({ grossProfit: 50n, cash: 50n, proceeds: 1_050n });
    // Collateral that is kept is a profit by the oracle, and costs cash.
    expect(realised.get(9n)).to.include({ grossProfit: 80n, cash: -1_000n, proceeds: 0n });
    expect([...failedItemsOf(receipt, liquidator)]).to.deep.equal([[8n, "0x12345678"]]);
    expect(failedItemsOf(receipt, stranger).size).to.equal(0);
  });

  it("fault K21: a receipt without the loan's own event by this liquidator is nothing", () => {
    for (const receipt of [receiptOf(), receiptOf(liquidated(8n)), receiptOf(liquidated(7n, stranger))]) {
      expect(realisedOf(receipt, [7n], parties).get(7n)).to.equal(undefined);
    }
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
});
