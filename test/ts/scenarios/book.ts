import { expect } from "chai";
import { planBook, type BookTerms } from "../../../scenarios/book/plan.js";
import { SeededRandom } from "../../../scenarios/book/random.js";

/** 7923.79 dollars of 6 decimals for a bitcoin of 8 */
const priceE36 = 792379n * 10n ** (36n + 6n - 2n - 8n);
const terms: BookTerms = { loans: 60, seed: 1, priceE36, maxLtvBps: 7_500, loanDecimals: 6 };

describe("scenarios: the book of loans", () => {
  it("is the same for the same seed and another for another", () => {
    expect(planBook(terms)).to.deep.equal(planBook(terms));
    expect(planBook(terms)).to.not.deep.equal(planBook({ ...terms, seed: 2 }));
  });

  for (const loans of [3, 8, 60, 200])
    for (const seed of [0, 1, 2, 99])
      it(`of ${loans} loans from seed ${seed}: a third above 65 % LTV at the price of the day, none at maxLtv`, () => {
        const book = planBook({ ...terms, loans, seed });
        expect(book).to.have.length(loans);
        const ltvs = book.map(({ principal, collateral }) => {
          const value = (collateral * priceE36) / 10n ** 36n;
          return Number((principal * 1_000_000n) / value) / 10_000;
        });
        expect(ltvs.filter((ltv) => ltv > 65)).to.have.length(Math.round(loans / 3));
        expect(Math.max(...ltvs)).to.be.lessThan(74.6);
        expect(Math.min(...ltvs)).to.be.greaterThan(24.9);
      });

  it("has loans of every size from 8,000 to 400,000 dollars, in round sums, small and large at any LTV", () => {
    const book = planBook(terms);
    const dollars = book.map(({ principal }) => Number(principal / 1_000_000n));
    expect(dollars.every((size) => size % 100 === 0 && size >= 8_000 && size <= 400_000)).to.equal(true);
    expect(dollars.filter((size) => size < 20_000).length).to.be.greaterThan(8);
    expect(dollars.filter((size) => size > 160_000).length).to.be.greaterThan(8);
    const risky = book.filter(({ ltvBps }) => ltvBps > 6_500).map(({ principal }) => Number(principal / 1_000_000n));
    expect(Math.min(...risky)).to.be.lessThan(30_000);
    expect(Math.max(...risky)).to.be.greaterThan(130_000);
  });

  it("takes the least collateral its LTV allows", () => {
    for (const { principal, collateral, ltvBps } of planBook(terms)) {
      const most = (units: bigint) => (units * priceE36 * BigInt(ltvBps)) / (10n ** 36n * 10_000n);
      expect(most(collateral) >= principal && most(collateral - 1n) < principal).to.equal(true);
    }
  });

  it("says so when the facility does not lend above 65 %", () =>
    expect(() => planBook({ ...terms, maxLtvBps: 6_500 })).to.throw("lends up to 65 %: raise its maxLtv above 65.5 %"));

  it("spread() takes one number from every slice", () => {
    const slices = new SeededRandom(7).spread(50).map((share) => Math.floor(share * 50));
    expect([...slices].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, i) => i));
    expect(slices).to.not.deep.equal([...slices].sort((a, b) => a - b));
  });
});
