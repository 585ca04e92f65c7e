import { formatPercent } from "../amounts.js";
import { sentences } from "./speaker.js";

/** Errors of term loans: their pool, its sheets and the book that computes what they owe. */
export const termLoanSentences = sentences({
  NoSuchTermSheet: ({ sheet }) =>
    `the facility does not offer term sheet ${sheet.toString()}: it was never published, or was retired`,
  RateTooHigh: ({ annualRate, maxAnnualRate }) =>
    `the rate is ${formatPercent(annualRate)} a year now, more than the ${formatPercent(maxAnnualRate)} that would be accepted`,
  TooManyTermSheets: () => "the facility has 256 term sheets, and no number for another",
  InvalidTermSheet: ({ field, value, least, most }) =>
    `the term sheet's ${field} is ${value.toString()}, but must be from ${least.toString()} to ${most.toString()}`,
  AlreadyMarked: () => "the loan is marked as in default already",
  NotInDefault: ({ defaultsAfter }, say) =>
    defaultsAfter === 2n ** 256n - 1n
      ? "the loan is not in default: nothing is overdue"
      : `the loan is not in default: what is overdue may be paid until ${say.time(defaultsAfter)}`,
  LoanInDefault: ({ defaultsAfter }, say) =>
    `the loan has been in default since ${say.time(defaultsAfter)}: pay what is overdue first`,
  PaymentTooSmall: ({ assets }, say) =>
    `${say.cash(assets)} is too little to pay one unit of principal before its date, with its interest and fee: pay more, or wait`,
});
