import { expect } from "chai";
import fc from "fast-check";
import {
  ceilOfLine,
  ceilOfProduct,
  factorAt,
  factorOf,
  floorOfProduct,
  product,
  ratio,
} from "../../../keeper/index/table/doubleDouble.js";
import { fromBigint } from "../../../keeper/index/table/words.js";
import { CustodyCheck } from "../../../keeper/index/custodyCheck.js";
import { descending } from "../../../keeper/judge/descending.js";
import type { FacilityFacts } from "../../../keeper/judge/judge.js";
import { scan } from "../../../keeper/judge/scan.js";
import { ModelMarket, REVOLVING, applyAll, newBook } from "./support/modelMarket.js";

const positive = (bits: bigint) =>
  fc.oneof(fc.bigInt(1n, 2n ** bits), fc.bigInt(1n, 2n ** (bits / 2n)), fc.bigInt(1n, 1_000n));

describe("keeper: exact arithmetic in doubles", () => {
  it("floors and ceils products as bigints do, or says nothing", () => {
    let told = 0;
    fc.assert(
      fc.property(positive(84n), positive(128n), positive(136n), fc.bigInt(-2n, 2n), (x, n, d, beside) => {
        for (const [numerator, denominator] of [
          [n, d],
          // Products beside an integer: x n / d = k ± a little.
          [(n / x) * d + beside, d * 10n ** 6n],
          [n * d, d],
        ] as const) {
          if (numerator <= 0n) continue;
          const [a, m] = [factorOf(x), ratio(numerator, denominator)];
          const exact = (x * numerator) / denominator;
          const down = floorOfProduct(a.high, a.low, m.high, m.low, a.isExact && m.isExact);
          const up = ceilOfProduct(a.high, a.low, m.high, m.low);
          if (exact >= 2n ** 53n) {
            expect(down).to.satisfy(Number.isNaN);
            continue;
          }
          if (!Number.isNaN(down)) told += 1;
          if (!Number.isNaN(down)) expect(BigInt(down)).to.equal(exact);
          if (!Number.isNaN(up)) expect(BigInt(up)).to.equal((x * numerator + denominator - 1n) / denominator);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(told).to.be.greaterThan(300);
  });

  it("rounds interest up on a line as bigints do, or says nothing", () => {
    let told = 0;
    const RS = 31_536_000n * 10n ** 18n;
    const limbs = new Uint32Array(8);
    fc.assert(
      fc.property(positive(130n), positive(108n), fc.nat(2 ** 28), (i, s, seconds) => {
        const inverse = ratio(1n, RS);
        fromBigint(i, limbs, 0, 8);
        const [iUnits, sUnits] = [product(factorAt(limbs, 0, 8), inverse), product(factorOf(s), inverse)];
        const up = ceilOfLine(iUnits.high, iUnits.low, sUnits.high, sUnits.low, seconds);
        if (Number.isNaN(up)) return;
        told += 1;
        expect(BigInt(up)).to.equal((i + s * BigInt(seconds) + RS - 1n) / RS);
      }),
      { numRuns: 1_000 },
    );
    expect(told).to.be.greaterThan(500);
    expect(ceilOfLine(0, 0, 5, 0, 0)).to.equal(0);
  });

  it("sorts as a comparison would, equal ones in their order", () => {
    const number = fc.oneof(
      fc.double({ min: 0, max: 1e300, noNaN: true }),
      fc.nat(5),
      fc.constantFrom(0, Infinity, 5e-324),
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), (numbers) => {
        const values = Float64Array.from(numbers, (value) => value + 0);
        const places = numbers
          .map((_, at) => at)
          .sort((a, b) => (values[a]! === values[b]! ? a - b : values[a]! < values[b]! ? 1 : -1));
        expect([...descending(values, values.length)]).to.deep.equal(places);
      }),
    );
  });
});

describe("keeper: the scan", () => {
  function marketOf(loans: readonly [collateral: bigint, shares: bigint][]) {
    const market = new ModelMarket();
    const ids = loans.map(([collateral, shares]) => market.openRevolving(collateral, shares));
    const book = newBook();
    applyAll(book, market.logs);
    const facility = [...book.facilities].find(({ id }) => id === REVOLVING)!;
    const factsAt = (priceE36: bigint, totals = { totalAssets: 10n ** 12n, totalShares: 10n ** 18n }) =>
      new Map<number, FacilityFacts>([
        [REVOLVING, { facility, now: BigInt(market.now), totals, price: { kind: "price", priceE36 }, graceEndsAt: 0n }],
      ]);
    return { book, ids, factsAt };
  }
  const PRICE = 60_000n * 10n ** 34n;

  it("fault K27: a thousand dust loans stand behind one large one, wherever it stands in the table", () => {
    const dust = Array.from({ length: 1_000 }, (): [bigint, bigint] => [100_000n, 10n ** 14n]);
    const { book, ids, factsAt } = marketOf([
      ...dust.slice(0, 500),
      [5n * 10n ** 8n, 29n * 10n ** 16n],
      ...dust.slice(500),
    ]);
    const decisions = scan(book, factsAt(PRICE));
    expect(decisions.length).to.equal(1_001);
    expect(decisions.at(0).id).to.equal(ids[500]);
    // Of equal ones the smaller id, so that two keepers agree.
    expect(decisions.at(1).id).to.equal(ids[0]);
    expect(decisions.at(1_000).id).to.equal(ids[1_000]);
    const [first] = decisions.judgements();
    expect(first?.loan.id).to.equal(ids[500]);
    expect(first?.verdict.kind === "liquidatable" && first.verdict.quote.repaid > 0n).to.equal(true);
  });

  it("decides all loans of a pool whose shares are worth less than keys allow for", () => {
    const { book, factsAt } = marketOf([[1n, 10n ** 15n]]);
    // A share is worth a ten-millionth of a unit, so that a unit is more than what keys spare.
    const worthless = { totalAssets: 10n ** 6n, totalShares: 10n ** 14n };
    expect(scan(book, factsAt(10n ** 36n, worthless)).length).to.equal(1);
  });

  it("does not answer for a loan whose table changed since", () => {
    const { book, factsAt } = marketOf([[100_000n, 10n ** 14n]]);
    const decisions = scan(book, factsAt(PRICE));
    book.rollBackTo(0);
    expect(() => decisions.judgement(0).loan).to.throw(/changed since its loans were judged/);
  });
});

describe("keeper: what a vault has", () => {
  it("fault K1: less than the loans' collateral is a missing log, and more is looked into once", () => {
    const check = new CustodyCheck();
    expect(check.check("0x1", 100n, 100n, 1)).to.equal(undefined);
    expect(check.check("0x1", 90n, 100n, 2)).to.match(/adds up to 100 and it has 90 at block 2: logs are missing/);
    expect(check.check("0x1", 107n, 100n, 3)).to.match(/7 more, where 0 more were known/);
    // Read again, and it is still there: somebody sent it.
    expect(check.check("0x1", 107n, 100n, 3)).to.equal(undefined);
    expect(check.check("0x1", 127n, 120n, 4)).to.equal(undefined);
    expect(check.check("0x1", 128n, 120n, 5), "not at every unit that somebody sends").to.equal(undefined);
    expect(check.check("0x1", 128n, 120n, 400)).to.match(/8 more, where 7 more were known/);
  });
});
