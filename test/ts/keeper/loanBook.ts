import { expect } from "chai";
import fc from "fast-check";
import { type BookEvent, LoanBook, facilityOf } from "../../../keeper/index/loanBook.js";

const idOf = (salt: bigint, facility = 1n): bigint => (0xb0b0n << 96n) | (facility << 64n) | salt;

const event: fc.Arbitrary<BookEvent> = fc
  .record({
    name: fc.constantFrom("Opened", "Drawn", "Repaid", "ToppedUp", "Withdrawn", "Liquidated", "Closed"),
    id: fc.tuple(fc.bigInt(1n, 4n), fc.bigInt(1n, 2n)).map(([salt, facility]) => idOf(salt, facility)),
    shares: fc.bigInt(0n, 1_000n),
    collateral: fc.bigInt(0n, 1_000n),
  })
  .map(({ id, ...rest }) => ({ ...rest, id, seized: rest.collateral, facility: facilityOf(id) }));

const contentOf = (book: LoanBook) => ({
  loans: new Map([...book.loans].map((loan) => [loan.id, loan])),
  shares: [1, 2].map((facility) => book.debtShares(facility)),
});

describe("keeper: loan book", () => {
  it("keeps the sum of shares equal to the sum over loans, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const book = new LoanBook();
        events.forEach((one, block) => book.apply(block, one));
        for (const facility of [1, 2]) {
          const sum = [...book.loans]
            .filter((loan) => loan.facility === facility)
            .reduce((total, loan) => total + loan.debtShares, 0n);
          expect(book.debtShares(facility)).to.equal(sum);
        }
      }),
    );
  });

  it("fault K8: taking back blocks leaves exactly what was there before them", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.nat(40), (events, keep) => {
        const book = new LoanBook();
        const kept = new LoanBook();
        events.forEach((one, block) => {
          book.apply(block, one);
          if (block <= keep) kept.apply(block, one);
        });
        book.rollBackTo(keep);
        expect(contentOf(book)).to.deep.equal(contentOf(kept));
      }),
    );
  });

  it("forgets a loan that has neither debt nor collateral, and keeps one that has either", () => {
    const book = new LoanBook();
    book.apply(1, { name: "Opened", id: idOf(1n), facility: 1, collateral: 10n, shares: 5n });
    book.apply(2, { name: "Repaid", id: idOf(1n), shares: 5n });
    expect(book.loan(idOf(1n))?.collateral).to.equal(10n);
    book.apply(3, { name: "Withdrawn", id: idOf(1n), collateral: 10n });
    expect(book.size).to.equal(0);
  });

  it("takes nothing back beyond what was settled", () => {
    const book = new LoanBook();
    book.apply(1, { name: "Opened", id: idOf(1n), facility: 1, collateral: 10n, shares: 5n });
    book.apply(2, { name: "Drawn", id: idOf(1n), shares: 1n });
    book.settle(1);
    book.rollBackTo(0);
    expect(book.loan(idOf(1n))?.debtShares).to.equal(5n);
  });
});
