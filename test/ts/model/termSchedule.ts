import { expect } from "chai";
import {
  type TermSheet,
  WAD,
  amortisationSchedule,
  beginTermLoan,
  dueDate,
  dueNow,
  payTermLoan,
  repayTermLoan,
  requireValidSheet,
  settleTermLoan,
  termSchedule,
} from "../../../sdk/model/index.js";

const DAY = 86_400n;
const OPENED = 1_760_000_000n;
const PRINCIPAL = 1_234_567_891n;
const RATE = (87n * WAD) / 1_000n;
const SHEET: TermSheet = {
  ...{ intervalSeconds: 30n * DAY, count: 12n, graceSeconds: 10n * DAY, latePremiumBps: 600n },
  ...{ prepaymentFeeBps: 100n, balloonBps: 2_500n, spreadBps: 0n, lateFee: 25n, retired: false },
};

describe("model: the instalments to come", () => {
  const loan = beginTermLoan(PRINCIPAL, RATE, SHEET, OPENED);
  const { balance, terms } = loan;
  const expected = amortisationSchedule({
    ...{ principal: PRINCIPAL, annualRateWad: RATE, intervalSeconds: SHEET.intervalSeconds, count: SHEET.count },
    balloon: (PRINCIPAL * SHEET.balloonBps) / 10_000n,
  }).map(({ number, interest, principal, remaining: left }) => {
    return { number, dueAt: OPENED + number * SHEET.intervalSeconds, interest, principal, left };
  });

  it("are those of the reference schedule, each on its date, on the day of the opening and in the middle of a period", () => {
    expect(termSchedule(balance, terms)).to.deep.equal(expected);
    const later = settleTermLoan(balance, terms, OPENED + 17n * DAY + 3n);
    expect(later.interestNumerator).to.be.above(0n);
    expect(termSchedule(later, terms)).to.deep.equal(expected);
  });

  it("are the rest of them once some are paid on their dates, and none where nothing is left", () => {
    let paid = loan as Parameters<typeof repayTermLoan>[0];
    for (let number = 1n; number <= 5n; number++) {
      const at = dueDate(terms, number);
      const due = dueNow(settleTermLoan(paid.balance, terms, at));
      const after = repayTermLoan(paid, at, due).loan;
      if (after === undefined) throw new Error("seven instalments are left");
      paid = after;
    }
    expect(termSchedule(paid.balance, terms)).to.deep.equal(expected.slice(5));
    // What is overdue is not to come.
    const over = settleTermLoan(balance, terms, dueDate(terms, 3n));
    expect(over.arrears).to.be.above(0n);
    expect(termSchedule(over, terms)).to.deep.equal(expected.slice(3));
    const all = settleTermLoan(balance, terms, dueDate(terms, SHEET.count));
    expect(termSchedule(all, terms)).to.deep.equal([]);
  });

  it("charge the smallest part of late interest as a unit, and are paid before anything else", () => {
    const late = { ...settleTermLoan(balance, terms, OPENED), lateNumerator: 1n };
    expect(dueNow(late)).to.equal(1n);
    const [after, taken] = payTermLoan(late, terms, 1n);
    expect([after.lateNumerator, taken, after.credit]).to.deep.equal([0n, 1n, 0n]);
  });

  it("have a late fee that 96 bits hold though each of 240 be late", () => {
    const most = 2n ** 88n - 1n;
    expect(() => requireValidSheet({ ...SHEET, lateFee: most })).not.to.throw();
    expect(() => requireValidSheet({ ...SHEET, lateFee: most + 1n })).to.throw(
      `InvalidTermSheet(lateFee, ${most + 1n}, 0, ${most})`,
    );
  });
});
