import { expect } from "chai";
import { MaxUint256, type Signer } from "ethers";
import { network } from "hardhat";
import { Node } from "../../../keeper/chain/node.js";
import { JsonRpc } from "../../../keeper/chain/rpc.js";
import { expectedLossAt, lossMarks } from "../../../keeper/errand/lossMarks.js";
import { Indexer } from "../../../keeper/index/indexer.js";
import { LoanBook } from "../../../keeper/index/loanBook.js";
import { readTermSheet } from "../../../keeper/index/readTermSheet.js";
import { FactsReader } from "../../../keeper/judge/facts.js";
import type { FacilityFacts, Judgement } from "../../../keeper/judge/judge.js";
import { scan } from "../../../keeper/judge/scan.js";
import { judgeRow, watched } from "../../../keeper/judge/watch.js";
import { deployMarket } from "../fixtures/market.js";

const { ethers, networkHelpers, provider } = await network.create({ network: "op" });

/** The keeper's own node, speaking to Hardhat's chain as to any other. */
const node = new Node(
  new JsonRpc(async (body) => {
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
    try {
      const result = await provider.request({ method, params });
      return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id, result }) };
    } catch (error) {
      const { code = -32603, message, data } = error as { code?: number; message: string; data?: unknown };
      return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } }) };
    }
  }, 10_000),
);

async function fixture() {
  const [owner, ...borrowers] = (await ethers.getSigners()) as unknown as [Signer, ...Signer[]];
  const market = await deployMarket(owner, { price: 10_000n });
  await market.lend(owner, market.cash(1_000_000n));
  const loanManager = await market.manager.getAddress();
  const book = new LoanBook({ loanManager, termLoanManager: await market.termManager.getAddress() });
  const indexer = new Indexer(node, book, {
    addresses: [loanManager],
    fromBlock: 0,
    logRange: 10,
    readSheet: async (pool, sheet, at) => readTermSheet(node, pool, sheet, at),
  });
  const reader = new FactsReader(node);
  const judgeAll = async () => {
    const head = await node.head();
    if (head === undefined) throw new Error("no head");
    await indexer.advanceTo(head);
    const judgements: Judgement[] = [];
    const all: FacilityFacts[] = [];
    for (const facility of book.facilities) {
      const { facts, missing } = await reader.read(book, facility, head);
      expect(missing).to.equal(undefined);
      all.push(facts);
      const table = book.tables.get(facility.id);
      for (const row of table?.liveRows() ?? []) if (table !== undefined) judgements.push(judgeRow(table, row, facts));
    }
    // What the scan finds is what judging every loan finds, and it is in the order of what is at risk.
    const isFound = ({ verdict }: Judgement): boolean => verdict.kind === "liquidatable" || verdict.kind === "held";
    const expected = judgements.filter(isFound).sort((a, b) => (a.debt < b.debt ? 1 : -1));
    const found = scan(book, new Map(all.map((one) => [one.facility.id, one]))).judgements();
    expect(found.map(({ loan, debt, healthWad }) => [loan, debt, healthWad])).to.deep.equal(
      expected.map(({ loan, debt, healthWad }) => [loan, debt, healthWad]),
    );
    return { judgements, facts: all, number: head.number, book };
  };
  return { market, book, judgeAll, borrowers };
}

describe("keeper: judgement against the contracts", () => {
  it("says of every loan what the chain says, to the unit, after every kind of action and at any price", async () => {
    const { market, book, judgeAll, borrowers } = await networkHelpers.loadFixture(fixture);
    const { manager } = market;
    const ids: bigint[] = [];
    for (const [index, borrower] of borrowers.slice(0, 8).entries()) {
      ids.push(
        await market.open(borrower, market.btc(`${index + 1}.00000007`), market.cash(`${(index + 1) * 6_900}.01`)),
      );
      await networkHelpers.time.increase(3_600 * (index + 1));
    }
    const at = (index: number): { who: Signer; id: bigint } => {
      const [who, id] = [borrowers[index], ids[index]];
      if (who === undefined || id === undefined) throw new Error(`there is no loan ${index}`);
      return { who, id };
    };
    for (const { who } of [0, 1, 2, 3].map(at))
      await market.fund(who, { collateral: market.btc("5"), loan: market.cash("100000") });
    await manager.connect(at(0).who).topUp(at(0).id, market.btc("0.3"), "0x");
    await manager.connect(at(0).who).draw(at(0).id, market.cash("900.5"), at(0).who);
    await manager.connect(at(1).who).repay(at(1).id, market.cash("1000.000001"), "0x");
    await manager.connect(at(1).who).withdraw(at(1).id, market.btc("0.05"), at(1).who);
    await manager.connect(at(2).who).close(at(2).id, at(2).who, "0x");
    await manager.connect(at(3).who).repay(at(3).id, MaxUint256, "0x");

    let liquidatable = 0;
    for (const dollars of [10_000n, 8_300n, 8_100n, 7_700n, 7_000n, 5_001n, 1n]) {
      await market.setPrice(dollars);
      const { judgements, number } = await judgeAll();
      expect(judgements).to.have.length(7);
      for (const { loan, debt, verdict } of judgements) {
        expect(debt).to.equal(await manager.debtOf(loan.id, { blockTag: number }));
        for (const request of [MaxUint256, market.cash("777")]) {
          const onChain = await manager.quoteLiquidation(loan.id, request, { blockTag: number }).catch(() => undefined);
          const ours = verdict.kind === "liquidatable" ? verdict.quoteFor(request) : undefined;
          expect(onChain === undefined).to.equal(ours === undefined || ours.repaid === 0n);
          if (onChain === undefined || ours === undefined) continue;
          liquidatable += 1;
          expect([ours.repaid, ours.seized, ours.debtClosed, ours.incentiveWad]).to.deep.equal([
            onChain.repaid,
            onChain.seized,
            onChain.debtClosed,
            onChain.incentive,
          ]);
        }
      }
      const worst = judgements.find(({ verdict }) => verdict.kind === "liquidatable");
      if (worst !== undefined && dollars > 6_000n) {
        await manager.connect(at(3).who).liquidate(worst.loan.id, market.cash("500"), 0n, "0x");
      }
    }
    expect(liquidatable).to.be.greaterThan(30);
    expect(book.loan(at(2).id)).to.equal(undefined);
  });

  it("expects of every loan the loss that the contracts would mark, to the unit", async () => {
    const { market, book, judgeAll, borrowers } = await networkHelpers.loadFixture(fixture);
    const [solvent, drowned] = borrowers;
    if (solvent === undefined || drowned === undefined) throw new Error("two borrowers are needed");
    await market.open(solvent, market.btc("3"), market.cash("6000"));
    await market.open(drowned, market.btc("1.00000003"), market.cash("6999.000001"));
    await networkHelpers.time.increase(86_400);
    await market.setPrice(6_321n);
    const { judgements, facts, number } = await judgeAll();
    const [known] = facts;
    if (known?.price.kind !== "price") throw new Error("there is a price");
    const { priceE36 } = known.price;
    for (const { loan } of judgements) {
      const marked = await market.manager.mark.staticCall(loan.id, { blockTag: number });
      const found = book.locate(loan.id);
      expect(found && expectedLossAt(found.table, found.row, known, priceE36)).to.equal(marked);
    }
    const table = book.tables.get(1);
    const losses = [0, 1].map((row) => table !== undefined && expectedLossAt(table, row, known, priceE36) > 0n);
    expect(losses).to.deep.equal([false, true]);
    const manager = await market.manager.getAddress();
    const marks = (least: bigint) => (table === undefined ? [] : lossMarks(book, table, manager, known, least));
    expect(marks(1n).map(({ loan }) => loan)).to.deep.equal([judgements[1]?.loan.id]);
    expect(marks(market.cash("100000"))).to.deep.equal([]);
    await market.manager.mark(judgements[1]?.loan.id ?? 0n);
    const { facts: after } = await judgeAll();
    expect(after[0] && table && lossMarks(book, table, manager, after[0], market.cash("1"))).to.deep.equal([]);
  });

  it("fault K24: an oracle that refuses is a verdict of its own, and nothing is liquidatable", async () => {
    const { market, judgeAll, borrowers } = await networkHelpers.loadFixture(fixture);
    const [borrower] = borrowers;
    if (borrower === undefined) throw new Error("no borrower");
    await market.open(borrower, market.btc("1"), market.cash("7000"));
    await market.setPrice(7_000n);
    await market.oracle.setRefusing(true);
    const { judgements, facts, book } = await judgeAll();
    expect(judgements.map(({ verdict }) => verdict.kind)).to.deep.equal(["unpriced"]);
    const shown = watched(book, new Map(facts.map((one) => [one.facility.id, one])));
    expect(shown.map(({ verdict }) => verdict.kind)).to.deep.equal(["unpriced"]);
  });

  it("knows which loans a disagreement of the sources holds back, and until when", async () => {
    const { market, judgeAll, borrowers } = await networkHelpers.loadFixture(fixture);
    const [first, second] = borrowers;
    if (first === undefined || second === undefined) throw new Error("no borrowers");
    await market.open(first, market.btc("1"), market.cash("7000"));
    await market.open(second, market.btc("1"), market.cash("3000"));
    await market.setPrice(7_000n);
    await market.oracle.setSecondPrice(market.priceE36(8_000n));
    await market.oracle.noteDisagreement();
    const noted = BigInt(await networkHelpers.time.latest());
    const [, cap] = await market.oracle.caps();
    const verdicts = (await judgeAll()).judgements.map(({ verdict }) => verdict);
    expect(verdicts).to.deep.equal([{ kind: "held", releasedAt: noted + cap }, { kind: "healthy" }]);
  });
});
