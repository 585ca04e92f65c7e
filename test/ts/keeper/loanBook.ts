import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { getAddress } from "ethers";
import fc from "fast-check";
import {
  PRICE_SCALE,
  collateralValueDown,
  isLiquidatable,
  termLoanDebt,
  toAssetsUp,
} from "../../../sdk/model/index.js";
import { defaultsAfter, settleTermLoan } from "../../../sdk/model/index.js";
import type { LoanBook } from "../../../keeper/index/loanBook.js";
import { decode } from "../../../keeper/index/snapshot/decode.js";
import { encode } from "../../../keeper/index/snapshot/encode.js";
import type { FacilityFacts } from "../../../keeper/judge/judge.js";
import { scan } from "../../../keeper/judge/scan.js";
import {
  ADDRESSES,
  type Draw,
  ModelMarket,
  REVOLVING,
  TERM,
  applyAll,
  contentOf,
  newBook,
} from "./support/modelMarket.js";

const MARKED = "0x84945c8c8c";
const VAULT = getAddress(`0x${"d1".repeat(20)}`);

const draw: fc.Arbitrary<Draw> = fc.record({
  what: fc.nat(11),
  whom: fc.nat(1_000),
  part: fc.oneof(fc.bigInt(0n, 1_000_000n), fc.constant(1_000_000n)),
  amount: fc.oneof(fc.bigInt(1n, 10n ** 6n), fc.bigInt(1n, 10n ** 12n), fc.bigInt(1n, 2n ** 80n)),
  seconds: fc.oneof(fc.nat(3), fc.nat(100_000), fc.integer({ min: 86_400 * 20, max: 86_400 * 50 })),
});
const history = fc.array(draw, { minLength: 1, maxLength: 60 });

function play(draws: readonly Draw[]): ModelMarket {
  const market = new ModelMarket();
  for (const one of draws) market.act(one);
  return market;
}

/** The book has what the model has. */
function requireEqual(book: LoanBook, market: ModelMarket): void {
  expect(book.trouble).to.equal(undefined);
  expect(book.size).to.equal(market.loans.size);
  for (const [id, { collateral, shares, term }] of market.loans) {
    const story = book.explain(id);
    expect(story?.loan.collateral).to.equal(collateral);
    expect(story?.loan.debtShares).to.equal(term?.balance.principal ?? shares);
    expect(story?.term).to.deep.equal(term);
    expect(story?.expectedLoss).to.equal(market.marks.get(id) ?? 0n);
  }
  const now = BigInt(market.now);
  expect(book.termTable(TERM)?.receivables(now)).to.deep.equal(market.receivables(now));
}

/** Facts at a price and a worth of a share of one's choosing. */
function factsOf(book: LoanBook, now: bigint, priceE36: bigint, totals: { assets: bigint; shares: bigint }) {
  const facts = new Map<number, FacilityFacts>();
  for (const facility of book.facilities) {
    const price = { kind: "price", priceE36 } as const;
    const share = { totalAssets: totals.assets, totalShares: totals.shares };
    facts.set(facility.id, { facility, now, totals: share, price, graceEndsAt: 0n });
  }
  return facts;
}

/** Every loan of the market, one by one, by the model's functions. */
function plainScan(market: ModelMarket, facts: ReadonlyMap<number, FacilityFacts>): Map<bigint, string> {
  const found = new Map<bigint, string>();
  for (const [id, { facility, collateral, shares, term }] of market.loans) {
    const known = facts.get(facility)!;
    if (known.price.kind !== "price") continue;
    const debt =
      facility === TERM
        ? term === undefined
          ? 0n
          : termLoanDebt(term, known.now)
        : shares === 0n
          ? 0n
          : toAssetsUp(shares, known.totals);
    const value = collateralValueDown(collateral, known.price.priceE36);
    if (debt === 0n) continue;
    if (isLiquidatable(debt, value, known.facility.terms.lltvWad)) found.set(id, `${debt} ${value} 1`);
    else if (term?.inDefault !== undefined) found.set(id, `${debt} ${value} 2`);
  }
  return found;
}

function scanned(book: LoanBook, facts: ReadonlyMap<number, FacilityFacts>): Map<bigint, string> {
  const decisions = scan(book, facts);
  const all = Array.from({ length: decisions.length }, (_, place) => decisions.at(place));
  return new Map(all.map(({ id, debt, value, reason }) => [id, `${debt} ${value} ${reason}`]));
}

/** Every loan as a book has it, settled, but for what came due for being late. */
function withoutCharges(book: LoanBook, now: bigint) {
  return contentOf(book).loans.map(([id, story]) => {
    if (story?.term === undefined) return [id, story];
    const { terms, balance, inDefault } = story.term;
    const settled = { ...settleTermLoan(balance, terms, now), lateFees: 0n, lateNumerator: 0n };
    return [id, { ...story, term: { terms, balance: settled, inDefault } }];
  });
}

describe("keeper: loan book", () => {
  it("has every loan as the model has it, term loans to the last numerator, whatever happens", () => {
    fc.assert(
      fc.property(history, (draws) => {
        const market = play(draws);
        const book = newBook();
        applyAll(book, market.logs);
        requireEqual(book, market);
        const sum = [...market.loans.values()].reduce((total, { shares }) => total + shares, 0n);
        expect(book.debtShares(REVOLVING)).to.equal(sum);
      }),
      { numRuns: 150 },
    );
  });

  it("changes nothing when it looks ahead at logs, whatever they are", () => {
    const market = play(
      Array.from({ length: 40 }, (_, at) => ({ what: at % 12, whom: at, part: 3n, amount: 9n ** 9n, seconds: 60 })),
    );
    const book = newBook();
    applyAll(book, market.logs);
    const before = contentOf(book);
    const [log] = market.logs;
    const strange = [[], ["0x"], [log!.topics[0]!, "0x12"], [log!.topics[0]!, `0x${"f".repeat(64)}`]];
    for (const topics of strange) book.expect([{ ...log!, topics }], 0);
    book.expect(
      Array.from({ length: 1_000 }, () => log!),
      900,
    );
    newBook().expect(market.logs, 0);
    expect(contentOf(book)).to.deep.equal(before);
  });

  it("fault K8: taking back blocks leaves exactly what was there before them", () => {
    fc.assert(
      fc.property(history, fc.nat(100), (draws, part) => {
        const market = play(draws);
        const cut = Math.floor((market.block * part) / 100);
        const [book, kept] = [newBook(), newBook()];
        applyAll(book, market.logs);
        const whole = contentOf(book);
        const before = market.logs.filter(({ blockNumber }) => blockNumber <= cut);
        applyAll(kept, before);
        book.rollBackTo(cut);
        expect(contentOf(book)).to.deep.equal(contentOf(kept));
        applyAll(book, market.logs.slice(before.length));
        expect(contentOf(book)).to.deep.equal(whole);
      }),
      { numRuns: 100 },
    );
  });

  it("takes nothing back beyond what was settled", () => {
    const market = new ModelMarket();
    const id = market.openRevolving(10n, 5n);
    market.act({ what: 2, whom: 0, part: 0n, amount: 1n, seconds: 1 });
    const book = newBook();
    applyAll(book, market.logs);
    book.settle(market.block);
    book.rollBackTo(0);
    expect(book.loan(id)?.debtShares).to.equal(6n);
  });

  it("fault K1: a log that is missing before another is noticed, and nothing is made of the other", () => {
    fc.assert(
      fc.property(history, fc.nat(1_000), (draws, which) => {
        const market = play(draws);
        // But for the first two, which create the facilities, and marks, which no sum of debts and collateral has.
        const candidates = market.logs.slice(2).filter(({ topics }) => !topics[0]?.startsWith(MARKED));
        const lost = candidates[which % Math.max(candidates.length, 1)];
        const [book, whole] = [newBook(), newBook()];
        applyAll(whole, market.logs);
        applyAll(
          book,
          market.logs.filter((log) => log !== lost),
        );
        const sums = (of: LoanBook) => [
          ...[of.debtShares(REVOLVING), of.collateralIn(VAULT), of.termTable(TERM)?.receivables(BigInt(market.now))],
        ];
        const isNoticed = book.trouble !== undefined || !isDeepStrictEqual(sums(book), sums(whole));
        if (isNoticed) return;
        // No sum has a payment of nothing, nor one that went to late charges alone: pools do not count those.
        const now = BigInt(market.now);
        expect(withoutCharges(book, now)).to.deep.equal(withoutCharges(whole, now));
        for (const [id, { term }] of market.loans) {
          if (term === undefined) continue;
          const ours = book.explain(id)!.term!;
          expect(termLoanDebt(ours, now) >= termLoanDebt(term, now)).to.equal(true);
        }
      }),
      {
        numRuns: 150,
        examples: [
          [
            [
              { what: 1, whom: 0, part: 0n, amount: 1n, seconds: 0 },
              { what: 2, whom: 0, part: 1_000_000n, amount: 1n, seconds: 2_592_001 },
            ],
            339,
          ],
        ],
      },
    );
  });

  it("judges every loan as the model does, at any price and second, those at their very limit too", () => {
    fc.assert(
      fc.property(
        history,
        fc.bigInt(1n, 2n ** 60n),
        fc.bigInt(0n, 2n ** 60n),
        fc.nat(4_000_000),
        fc.nat(1_000),
        fc.bigInt(-2n, 2n),
        (draws, assets, more, later, which, beside) => {
          const market = play(draws);
          const book = newBook();
          applyAll(book, market.logs);
          const now = BigInt(market.now + later);
          const totals = { assets, shares: assets * 1_000_000n - (more % (assets * 1_000_000n)) };
          // A price at which one of them is just safe, or just not.
          const ids = [...market.loans.keys()];
          const chosen = market.loans.get(ids[which % Math.max(ids.length, 1)] ?? 0n);
          const probe = factsOf(book, now, 1n, totals).get(chosen?.facility ?? REVOLVING)!;
          const debt =
            chosen === undefined
              ? 1n
              : chosen.term !== undefined
                ? termLoanDebt(chosen.term, now)
                : toAssetsUp(chosen.shares, probe.totals);
          const collateral = chosen?.collateral ?? 1n;
          const price =
            collateral === 0n
              ? PRICE_SCALE
              : (debt * 10n ** 18n * PRICE_SCALE) / (probe.facility.terms.lltvWad * collateral);
          for (const priceE36 of [price + beside, (price * 101n) / 100n, (price * 99n) / 100n, price + PRICE_SCALE]) {
            if (priceE36 <= 0n) continue;
            const facts = factsOf(book, now, priceE36, totals);
            expect(scanned(book, facts)).to.deep.equal(plainScan(market, facts));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("finds by its wheel the loans in default, all of them and no other, as time passes", () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(40 * 86_400), { maxLength: 8 }), (draws, waits) => {
        const market = play(draws);
        const book = newBook();
        applyAll(book, market.logs);
        let now = market.now;
        for (const wait of waits) {
          now += wait;
          book.advance(now);
          const table = book.termTable(TERM)!;
          const ours = new Set([...table.overdue].map((row) => table.loanAt(row).id));
          const late = [...market.loans].filter(([, { term }]) => {
            if (term === undefined || term.inDefault !== undefined) return false;
            return BigInt(now) > defaultsAfter(settleTermLoan(term.balance, term.terms, BigInt(now)), term.terms);
          });
          expect(ours).to.deep.equal(new Set(late.map(([id]) => id)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("fault K30: a snapshot is the block it was begun at, whatever was applied while it was written", () => {
    const owner = { ...ADDRESSES, chainId: 10 };
    fc.assert(
      fc.property(history, fc.nat(100), fc.integer({ min: 1, max: 9 }), (draws, part, chunk) => {
        const market = play(draws);
        const cut = Math.floor((market.block * part) / 100);
        const before = market.logs.filter(({ blockNumber }) => blockNumber <= cut);
        const book = newBook();
        applyAll(book, before);
        const expected = contentOf(book);
        let rest = market.logs.slice(before.length);
        const written: Uint8Array[] = [];
        for (const bytes of encode(book, { number: cut, hash: "0x77" }, owner)) {
          written.push(bytes);
          applyAll(book, rest.slice(0, chunk));
          rest = rest.slice(chunk);
        }
        applyAll(book, rest);
        const restored = newBook();
        expect(decode(Buffer.concat(written), owner, restored)).to.deep.equal({ number: cut, hash: "0x77" });
        expect(contentOf(restored)).to.deep.equal(expected);
        applyAll(restored, market.logs.slice(before.length));
        expect(contentOf(restored)).to.deep.equal(contentOf(book));
        const facts = factsOf(restored, BigInt(market.now + 50_000), 10n ** 38n, {
          assets: 10n ** 12n,
          shares: 10n ** 18n,
        });
        expect(scanned(restored, facts)).to.deep.equal(plainScan(market, facts));
      }),
      { numRuns: 100 },
    );
  });
});
