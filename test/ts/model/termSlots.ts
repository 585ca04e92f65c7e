import { type TermBalance, type TermLoan, type TermTerms, dueDate, isOnTime } from "../../../sdk/model/index.js";

/** Scale of a loan's stored rate. */
export const RATE_UNIT = 10n ** 11n;
export const OFF_SCHEDULE = 32n;
export const OVERDUE = 64n;
export const IN_DEFAULT = 128n;
export const LATE_FLAGS = OFF_SCHEDULE | OVERDUE | IN_DEFAULT;

/** Nothing was late: what a loan's late slots hold then. */
export const NO_LATE_SLOTS = {
  ...{ interestNumerator: 0n, lateNumerator: 0n, paid: 0n, feesFor: 0n, arrears: 0n, interestDue: 0n, lateFees: 0n },
  ...{ ahead: 0n, defaultMarkedAt: 0n, recognisedInterest: 0n },
};
export const NO_TERM_SLOT = { instalment: 0n, credit: 0n, rate: 0n, sheet: 0n, openedAt: 0n };

const sinceDue = (b: TermBalance, terms: TermTerms): bigint => b.settledAt - dueDate(terms, b.passed);

const offSchedule = (b: TermBalance, terms: TermTerms): boolean =>
  b.interestNumerator !== b.principal * terms.annualRateWad * sinceDue(b, terms);

/** Which of the flags of lateness a loan's slot must have. */
export function lateFlags({ balance, terms, inDefault }: TermLoan): bigint {
  return (
    (offSchedule(balance, terms) ? OFF_SCHEDULE : 0n) |
    (isOnTime(balance) ? 0n : OVERDUE) |
    (inDefault === undefined ? 0n : IN_DEFAULT)
  );
}

/** A loan as manager and pool must store it: written from the rules in the interfaces, not from the library that packs it. */
export function slotsOf(loan: TermLoan, sheet: bigint, other: { readonly collateral: bigint; readonly flags: bigint }) {
  const { balance: b, terms, inDefault } = loan;
  return {
    loan: {
      debtShares: b.principal,
      collateral: other.collateral,
      duesPassed: b.passed,
      settledAfter: sinceDue(b, terms),
      flags: other.flags | lateFlags(loan),
    },
    slot: {
      instalment: b.instalment,
      credit: b.credit,
      rate: terms.annualRateWad / RATE_UNIT,
      sheet,
      openedAt: terms.openedAt,
    },
    late: {
      ...NO_LATE_SLOTS,
      ...(offSchedule(b, terms) && { interestNumerator: b.interestNumerator }),
      ...(!isOnTime(b) && {
        ...{ lateNumerator: b.lateNumerator, paid: b.paid, feesFor: b.feesFor, arrears: b.arrears },
        ...{ interestDue: b.interestDue, lateFees: b.lateFees, ahead: b.ahead },
      }),
      ...(inDefault !== undefined && {
        defaultMarkedAt: inDefault.markedAt,
        recognisedInterest: inDefault.recognisedInterest,
      }),
    },
  };
}
