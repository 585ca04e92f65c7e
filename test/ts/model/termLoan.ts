import { expect } from "chai";
import {
  RATE_SECONDS,
  WAD,
  YEAR_SECONDS,
  closeTermDebt,
  dueDate,
  dueNow,
  instalmentUp,
  nextPayment,
  openTermLoan,
  payOff,
  payTermLoan,
  settleTermLoan,
  termSchedule,
} from "../../../sdk/model/index.js";

const DAY = 86_400n;
const TERMS = {
  ...{ openedAt: 1_800_000_000n, annualRateWad: WAD / 10n, intervalSeconds: 30n * DAY, count: 12n },
  ...{ graceSeconds: 10n * DAY, latePremiumWad: WAD / 20n, lateFee: 25_000_000n, prepaymentFeeWad: WAD / 100n },
};

describe("model: a term loan", () => {
  it("begins with its principal and nothing due, paid or charged", () => {
    const [principal, balloon] = [50_000_000_000n, 5_000_000_000n];
    const { annualRateWad, intervalSeconds, count, openedAt } = TERMS;
    expect(openTermLoan(principal, balloon, TERMS)).to.deep.equal({
      ...{ principal, arrears: 0n, ahead: 0n, credit: 0n, interestDue: 0n, interestNumerator: 0n },
      instalment: instalmentUp({ principal, annualRateWad, intervalSeconds, count, balloon }),
      ...{ lateFees: 0n, lateNumerator: 0n, passed: 0n, paid: 0n, feesFor: 0n, settledAt: openedAt },
    });
  });

  it("is all due, running interest too, once instalments rounded up have used its principal up", () => {
    // 1 % a day of 1,000 units in 240 payments would be 11.01 each: 12 end it in some 200.
    const daily = { ...TERMS, annualRateWad: (365n * WAD) / 100n, intervalSeconds: DAY, count: 240n };
    const free = { ...daily, latePremiumWad: 0n, lateFee: 0n };
    const opened = openTermLoan(1_000n, 0n, free);
    expect(opened.instalment).to.equal(12n);
    const on = settleTermLoan(opened, free, dueDate(free, 220n));
    expect(on).to.deep.include({ passed: 220n, principal: 1_000n, arrears: 1_000n });
    const later = settleTermLoan(on, free, on.settledAt + DAY / 2n);
    expect(dueNow(later)).to.equal(dueNow(on) + 5n);
    expect(termSchedule(later, free)).to.deep.equal([]);
    const [paid, taken] = payTermLoan(later, free, dueNow(later) - 1n);
    expect([paid.principal, paid.interestNumerator, taken]).to.deep.equal([1n, 0n, dueNow(later) - 1n]);
    // What is more is not taken.
    const [ended, all] = payTermLoan(later, free, dueNow(later) + 3n);
    expect([ended.principal, ended.credit, all]).to.deep.equal([0n, 0n, dueNow(later)]);
  });

  it("has one payment to come where one unit of principal is left", () => {
    const last = { ...TERMS, count: 1n };
    const loan = openTermLoan(1n, 0n, last);
    expect(termSchedule(loan, last)).to.deep.equal([
      { number: 1n, dueAt: dueDate(last, 1n), interest: 1n, principal: 1n, left: 0n },
    ]);
  });

  it("asks for the rest of its interest at the next date, which divides, without a unit more", () => {
    // 10 % of 10,000 in a tenth of a year are 100.
    const even = { ...TERMS, intervalSeconds: YEAR_SECONDS / 10n };
    const loan = openTermLoan(10_000n, 0n, even);
    const [first, second] = termSchedule(loan, even);
    expect(first?.interest).to.equal(100n);
    expect(nextPayment(loan, even)).to.equal(100n + (first?.principal ?? 0n));
    const half = settleTermLoan(loan, even, even.openedAt + YEAR_SECONDS / 20n);
    expect(termSchedule(half, even).slice(0, 2)).to.deep.equal([first, second]);
  });

  it("asks for no next payment after the last date", () => {
    const loan = settleTermLoan(openTermLoan(1_000_000n, 0n, TERMS), TERMS, dueDate(TERMS, TERMS.count) + DAY);
    expect(nextPayment(loan, TERMS)).to.equal(0n);
    expect(payOff(loan, TERMS)).to.equal(dueNow(loan));
  });

  it("takes a late fee of one unit as it takes any", () => {
    for (const lateFee of [1n, 2n]) {
      const terms = { ...TERMS, lateFee, latePremiumWad: 0n };
      const late = settleTermLoan(openTermLoan(1_000_000n, 0n, terms), terms, dueDate(terms, 1n) + 1n);
      expect([late.lateFees, late.lateNumerator]).to.deep.equal([lateFee, 0n]);
      const [after, taken] = payTermLoan(late, terms, lateFee);
      expect([after.lateFees, taken]).to.deep.equal([0n, lateFee]);
      expect(dueNow(after)).to.equal(dueNow(late) - lateFee);
    }
  });

  it("asks for the same interest every time where the balloon is all of it", () => {
    const even = { ...TERMS, intervalSeconds: YEAR_SECONDS / 10n, count: 4n };
    const loan = openTermLoan(10_000n, 10_000n, even);
    expect(termSchedule(loan, even).map(({ interest, principal }) => [interest, principal])).to.deep.equal([
      ...[100n, 100n, 100n].map((interest) => [interest, 0n]),
      [100n, 10_000n],
    ]);
  });

  it("has as its next payment the first of those to come, also after a prepayment in the middle of a period", () => {
    const loan = openTermLoan(1_000_000_000n, 0n, TERMS);
    const half = settleTermLoan(loan, TERMS, TERMS.openedAt + 15n * DAY);
    const [prepaid, taken] = payTermLoan(half, TERMS, 500_000_000n);
    expect(prepaid.principal).to.be.below(600_000_000n);
    expect(taken).to.be.above(499_999_990n);
    const [first] = termSchedule(prepaid, TERMS);
    expect(nextPayment(prepaid, TERMS)).to.equal((first?.interest ?? 0n) + (first?.principal ?? 0n));
    // Half a month on 1,000 dollars at 10 %, less what was paid of it, and half a month on the rest.
    expect(first?.interest).to.equal(
      (prepaid.interestNumerator + prepaid.principal * TERMS.annualRateWad * 15n * DAY - 1n) / RATE_SECONDS + 1n,
    );
  });

  it("asks at the next date for what a sale in the middle of a period has left to run", () => {
    const loan = openTermLoan(1_000_000_000n, 0n, TERMS);
    const half = settleTermLoan(loan, TERMS, TERMS.openedAt + 15n * DAY);
    const sold = closeTermDebt(half, TERMS, 500_000_000n);
    expect(sold.interestNumerator).to.equal(0n);
    const [first] = termSchedule(sold, TERMS);
    expect(first?.interest).to.equal((sold.principal * TERMS.annualRateWad * 15n * DAY - 1n) / RATE_SECONDS + 1n);
    expect(nextPayment(sold, TERMS)).to.equal((first?.interest ?? 0n) + (first?.principal ?? 0n));
  });

  it("prepays a single unit, with its fee, and no unit for less", () => {
    const loan = openTermLoan(1_000_000n, 0n, TERMS);
    const next = nextPayment(loan, TERMS);
    const pay = (more: bigint): [principal: bigint, credit: bigint, taken: bigint] => {
      const [after, taken] = payTermLoan(loan, TERMS, next + more);
      return [after.principal, after.credit, taken];
    };
    // A hundredth, rounded up.
    expect(pay(1n)).to.deep.equal([1_000_000n, next, next]);
    expect(pay(2n)).to.deep.equal([999_999n, next, next + 2n]);
    expect(pay(3n)).to.deep.equal([999_998n, next, next + 3n]);
  });
});
