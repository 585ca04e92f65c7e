import { expect } from "chai";
import { Interface } from "ethers";
import { protectionOrdersAbi } from "../../../sdk/client/abi/index.js";
import type { Call, Head, Node } from "../../../keeper/chain/node.js";
import { OrderErrands } from "../../../keeper/errand/orders.js";
import type { FacilityFacts } from "../../../keeper/judge/judge.js";
import { ADDRESSES, ModelMarket, applyAll, newBook } from "./support/modelMarket.js";

const abi = new Interface(protectionOrdersAbi);
const KEEPER = `0x${"99".repeat(20)}`;
const OWNER = `0x${"0b".repeat(20)}`;
const [TAKE_PROFIT, AUTO_REPAY] = [1, 2];
const dollars = (price: bigint): bigint => price * 10n ** 34n;

/** A chain that executes every order, or none, and counts what it is asked. */
function nodeOf(isExecutable: () => boolean) {
  const asked: bigint[] = [];
  const node = {
    call: ({ data }: Call): Promise<string> => {
      const [id] = abi.decodeFunctionData("executable", data);
      asked.push(BigInt(id as bigint));
      const quote = [OWNER, 1, 1, 1, 1, 0, 0, isExecutable() ? 7_000_000n : 0n];
      return Promise.resolve(abi.encodeFunctionResult("executable", [isExecutable(), quote, "0x"]));
    },
  };
  return { node: node as unknown as Node, asked };
}

const headAt = (market: ModelMarket, seconds = 0): Head => ({
  ...{ number: market.block, hash: "0x01", parentHash: "0x00", baseFeePerGas: 0n },
  timestamp: BigInt(market.now + seconds),
});

function stage(isExecutable: () => boolean = () => true) {
  const market = new ModelMarket();
  const place = (
    id: bigint,
    kind: number,
    terms: { ltv?: number; price?: bigint; expiresIn?: number; owner?: string },
  ) => {
    const trigger = [terms.ltv ?? 0, 0, 0, 0, 0, 0, 0, 0, terms.price ?? 0n, "0x"];
    const order = [market.now + (terms.expiresIn ?? 1_000_000), ...trigger];
    market.emit(ADDRESSES.protectionOrders, "OrderPlaced", [id, terms.owner ?? OWNER, kind, order]);
  };
  const { node, asked } = nodeOf(isExecutable);
  const errands = new OrderErrands(node, ADDRESSES.protectionOrders, KEEPER);
  const book = newBook();
  let applied = 0;
  const due = async (price: bigint, seconds = 0): Promise<bigint[]> => {
    applyAll(book, market.logs.slice(applied));
    applied = market.logs.length;
    const head = headAt(market, seconds);
    const facts = new Map<number, FacilityFacts>();
    for (const facility of book.facilities) {
      const totals = { totalAssets: 10n ** 12n - 1n, totalShares: 10n ** 18n - 10n ** 6n };
      const answer = { kind: "price", priceE36: dollars(price) } as const;
      facts.set(facility.id, { facility, now: head.timestamp, totals, price: answer, graceEndsAt: 0n });
    }
    asked.length = 0;
    return (await errands.due(book, facts, head)).map(({ loan }) => loan);
  };
  return { market, place, due, asked };
}

/** One coin against so many dollars. */
const open = (market: ModelMarket, debt: bigint): bigint => market.openRevolving(10n ** 8n, debt * 10n ** 12n);

describe("keeper: protection orders", () => {
  it("asks the chain about orders whose condition holds, and about no other", async () => {
    const { market, place, due, asked } = stage();
    const [repaid, profit, healthy] = [open(market, 30_000n), open(market, 20_000n), open(market, 10_000n)];
    place(repaid, AUTO_REPAY, { ltv: 6_000 });
    place(profit, TAKE_PROFIT, { price: dollars(70_000n) });
    place(healthy, AUTO_REPAY, { ltv: 6_000 });
    expect(await due(60_000n)).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
    expect(await due(50_001n)).to.deep.equal([]);
    expect(await due(50_000n)).to.deep.equal([repaid]);
    expect(asked).to.deep.equal([repaid]);
    expect(await due(70_000n)).to.deep.equal([profit]);
    expect(await due(69_999n)).to.deep.equal([]);
  });

  it("passes over orders that expired, were cancelled, or are a former owner's", async () => {
    const { market, place, due, asked } = stage();
    const [expired, cancelled, sold] = [open(market, 30_000n), open(market, 30_000n), open(market, 30_000n)];
    place(expired, AUTO_REPAY, { ltv: 6_000, expiresIn: 10 });
    for (const id of [cancelled, sold]) place(id, AUTO_REPAY, { ltv: 6_000 });
    expect((await due(45_000n)).length).to.equal(3);
    market.emit(ADDRESSES.protectionOrders, "OrderCancelled", [cancelled, OWNER, AUTO_REPAY]);
    market.emit(ADDRESSES.loanManager, "Transferred", [sold, OWNER, KEEPER]);
    expect(await due(45_000n, 10)).to.deep.equal([expired]);
    expect(await due(45_000n, 11)).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });

  it("asks about a few at a head, all of them in turn", async () => {
    const { market, place, due, asked } = stage();
    const ids = Array.from({ length: 40 }, () => open(market, 30_000n));
    for (const id of ids) place(id, AUTO_REPAY, { ltv: 6_000 });
    const seen = new Set<bigint>();
    for (let head = 0; head < 3; head++) {
      for (const id of await due(45_000n, head)) seen.add(id);
      expect(asked.length).to.equal(16);
    }
    expect(seen.size).to.equal(40);
  });

  it("lets an order rest whose owner's wallet is in the way, until it is placed anew or half a minute is over", async () => {
    let isExecutable = false;
    const { market, place, due, asked } = stage(() => isExecutable);
    const id = open(market, 30_000n);
    place(id, AUTO_REPAY, { ltv: 6_000 });
    expect([await due(45_000n), asked.length]).to.deep.equal([[], 1]);
    isExecutable = true;
    expect([await due(45_000n, 29), asked.length]).to.deep.equal([[], 0]);
    expect(await due(45_000n, 30)).to.deep.equal([id]);
    isExecutable = false;
    await due(45_000n, 31);
    isExecutable = true;
    place(id, AUTO_REPAY, { ltv: 6_100 });
    expect(await due(45_000n, 32)).to.deep.equal([id]);
  });
});
