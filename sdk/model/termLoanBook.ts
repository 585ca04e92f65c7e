import { RATE_SECONDS } from "./amortisation.js";
import { WAD } from "./constants.js";
import { ModelInputError } from "./errors.js";
import { subtractOrZero } from "./math.js";
import { require } from "./refusal.js";
import {
  type TermBalance,
  type TermTerms,
  closeTermDebt,
  defaultsAfter,
  dueNow,
  openTermLoan,
  payOff,
  payTermLoan,
  settleTermLoan,
  termDebt,
} from "./termLoan.js";

/** The terms a lender publishes; a loan keeps the sheet it was opened with for its life. */
export interface TermSheet {
  readonly intervalSeconds: bigint;
  readonly count: bigint;
  readonly graceSeconds: bigint;
  /** A year, on principal in arrears, beside the rate. */
  readonly latePremiumBps: bigint;
  /** Of principal paid before it is due. */
  readonly prepaymentFeeBps: bigint;
  /** Of the principal, left to the last payment. */
  readonly balloonBps: bigint;
  /** A year, on top of the rate the curve gives. */
  readonly spreadBps: bigint;
  /** Once for each instalment that is late, loan units. */
  readonly lateFee: bigint;
  /** No new loan takes it. */
  readonly retired: boolean;
}

/** What a mark of default left on a loan. */
export interface DefaultMark {
  readonly markedAt: bigint;
  /** Unpaid interest that still counts as an asset of the pool, units × WAD × seconds of a year. */
  readonly recognisedInterest: bigint;
}

/** A term loan between two actions. */
export interface TermLoan {
  readonly terms: TermTerms;
  readonly balance: TermBalance;
  /** Of a loan that was marked as in default, and not cured. */
  readonly inDefault?: DefaultMark;
}

/** What a pool has a loan for among its assets, units × WAD × seconds of a year, and what that grows by a second. */
export interface TermCount {
  readonly counted: bigint;
  readonly slope: bigint;
}

/** What an action makes of a loan. */
export interface TermOutcome {
  /** Undefined where the loan ended. */
  readonly loan: TermLoan | undefined;
  readonly paid: bigint;
  readonly before: TermCount;
  readonly after: TermCount;
}

/** A loan taken up: settled to this second, and how it was counted before. */
interface Work extends TermLoan {
  readonly now: bigint;
  readonly before: TermCount;
}

const BPS = 10_000n;
const BPS_TO_WAD = WAD / BPS;
const DAY = 86_400n;
const MAX_COUNT = 240n;
const MAX_SECONDS = 10n * 365n * DAY;
const UNCOUNTED: TermCount = { counted: 0n, slope: 0n };

/** Refuses a sheet that no pool may lend at, naming the field. */
export function requireValidSheet(sheet: TermSheet): void {
  const bounds = (field: string, value: bigint, least: bigint, most: bigint): void => {
    require(value >= least && value <= most, "InvalidTermSheet", field, value, least, most);
  };
  bounds("intervalSeconds", sheet.intervalSeconds, DAY, MAX_SECONDS);
  bounds("count", sheet.count, 1n, MAX_COUNT);
  bounds("length", sheet.intervalSeconds * sheet.count, DAY, MAX_SECONDS);
  bounds("graceSeconds", sheet.graceSeconds, 3_600n, 90n * DAY);
  bounds("latePremiumBps", sheet.latePremiumBps, 0n, BPS);
  bounds("prepaymentFeeBps", sheet.prepaymentFeeBps, 0n, BPS / 10n);
  bounds("balloonBps", sheet.balloonBps, 0n, BPS);
  bounds("spreadBps", sheet.spreadBps, 0n, BPS);
  bounds("lateFee", sheet.lateFee, 0n, 2n ** 88n - 1n);
  bounds("retired", sheet.retired ? 1n : 0n, 0n, 0n);
}

/** What a sheet and the opening fix for a loan's life. */
export function termsOf(sheet: TermSheet, openedAt: bigint, annualRateWad: bigint): TermTerms {
  return {
    openedAt,
    annualRateWad,
    intervalSeconds: sheet.intervalSeconds,
    count: sheet.count,
    graceSeconds: sheet.graceSeconds,
    latePremiumWad: sheet.latePremiumBps * BPS_TO_WAD,
    lateFee: sheet.lateFee,
    prepaymentFeeWad: sheet.prepaymentFeeBps * BPS_TO_WAD,
  };
}

/** A loan on the terms of a sheet, begun at `openedAt`. @param annualRateWad fixed for its life */
export function beginTermLoan(
  principal: bigint,
  annualRateWad: bigint,
  sheet: TermSheet,
  openedAt: bigint,
): TermLoan & { readonly after: TermCount } {
  const terms = termsOf(sheet, openedAt, annualRateWad);
  const balance = openTermLoan(principal, (principal * sheet.balloonBps) / BPS, terms);
  return { terms, balance, after: { counted: countedOf(balance), slope: slopeOf(balance, terms) } };
}

// ---- actions, each at the second `now` ----

/**
 * A payment of at most `assets`: late charges, interest, principal in arrears, then credit up to the next instalment, then
 * prepayment. As much as ends the loan ends it. Who owes nothing overdue is cured.
 *
 * @example
 * const { loan, paid } = repayTermLoan(before, now, 88_771_906_915n);
 */
export function repayTermLoan(loan: TermLoan, now: bigint, assets: bigint): TermOutcome {
  const work = takeUp(loan, now);
  const { principal, credit } = work.balance;
  // The end costs no less than that, and more divisions than all the rest.
  if (assets >= subtractOrZero(principal, credit)) {
    const owed = owedToEnd(work);
    require(owed !== 0n, "NoDebt");
    if (assets >= owed) return end(work, owed);
  }
  const [balance, paid] = payTermLoan(work.balance, work.terms, assets);
  require(paid !== 0n, "PaymentTooSmall", assets);
  return goOn(work, balance, paid);
}

/**
 * The payment that a log reports. A prepayment takes what its principal costs, which may be less than was given; given exactly
 * that, the book may find a unit of principal less. So the one is sought that ends the principal the log names.
 *
 * @param said what was taken, and the principal that ended with it and with money paid ahead
 */
export function repaidTermLoan(
  loan: TermLoan,
  now: bigint,
  said: { readonly paid: bigint; readonly principal: bigint },
): TermOutcome {
  // The book's estimate of a prepayment counts its interest too high by less than 1 / RATE_SECONDS a unit of principal.
  const most = said.paid + said.principal / RATE_SECONDS + 2n;
  for (let given = said.paid; given <= most; given++) {
    const outcome = repayTermLoan(loan, now, given);
    const ended = loan.balance.principal - (outcome.loan?.balance.principal ?? 0n);
    if (outcome.paid === said.paid && ended === said.principal) return outcome;
  }
  throw new ModelInputError("principal that ended", said.principal, `what a payment of ${said.paid} ends`);
}

/** The end of a loan: `paid` is what that costs, money paid ahead deducted. */
export function payOffTermLoan(loan: TermLoan, now: bigint): TermOutcome {
  const work = takeUp(loan, now);
  return end(work, owedToEnd(work));
}

/** A sale of collateral that closes `debtClosed` of the debt. */
export function sellTermLoan(loan: TermLoan, now: bigint, debtClosed: bigint): TermOutcome {
  const work = takeUp(loan, now);
  if (debtClosed === termDebt(work.balance)) return end(work, 0n);
  return goOn(work, closeTermDebt(work.balance, work.terms, debtClosed), 0n);
}

/** A mark of default, and the second of the default: interest counted since then is counted no more. */
export function markTermLoanDefault(loan: TermLoan, now: bigint): TermOutcome & { readonly defaultedAt: bigint } {
  const work = takeUp(loan, now);
  require(work.inDefault === undefined, "AlreadyMarked");
  const after = defaultsAfter(work.balance, work.terms);
  require(now > after, "NotInDefault", after);
  const defaultedAt = after + 1n;
  // One that was touched since keeps what was counted then.
  const then =
    loan.balance.settledAt < defaultedAt ? settleTermLoan(loan.balance, loan.terms, defaultedAt) : loan.balance;
  const recognisedInterest = interestOf(then);
  const { terms } = work;
  return {
    loan: { terms, balance: asStored(work.balance), inDefault: { markedAt: now, recognisedInterest } },
    ...{ paid: 0n, before: work.before, defaultedAt },
    after: { counted: work.balance.principal * RATE_SECONDS + recognisedInterest, slope: 0n },
  };
}

/** The end of a loan in good standing whose debt, `paid`, begins anew. */
export function rollOverTermLoan(loan: TermLoan, now: bigint): TermOutcome {
  const work = takeUp(loan, now);
  requireGoodStanding(work);
  const owed = owedToEnd(work);
  require(owed !== 0n, "NoDebt");
  return end(work, owed);
}

// ---- figures at the second `now` ----

/** Debt: late charges, interest and principal, less money paid ahead; no fee for prepayment. */
export const termLoanDebt = ({ balance, terms }: TermLoan, now: bigint): bigint =>
  termDebt(settleTermLoan(balance, terms, now));

/**
 * The same, money paid ahead not deducted: what collateral to be taken out must leave covered. Refuses where the loan is in default,
 * marked or not.
 */
export function termDebtInGoodStanding(loan: TermLoan, now: bigint): bigint {
  const work = takeUp(loan, now);
  requireGoodStanding(work);
  return termDebt({ ...work.balance, credit: 0n });
}

/** What the pool counts the loan with. */
export const termLoanCount = (loan: TermLoan, now: bigint): TermCount => takeUp(loan, now).before;

/** What of the debt the pool counts, in units. */
export const countedTermDebt = (loan: TermLoan, now: bigint): bigint => termLoanCount(loan, now).counted / RATE_SECONDS;

// ---- inside ----

function takeUp({ balance, terms, inDefault }: TermLoan, now: bigint): Work {
  const settled = settleTermLoan(balance, terms, now);
  if (inDefault !== undefined) {
    const counted = balance.principal * RATE_SECONDS + inDefault.recognisedInterest;
    return { balance: settled, terms, inDefault, now, before: { counted, slope: 0n } };
  }
  const slope = slopeOf(balance, terms);
  const counted = countedOf(balance) + slope * (now - balance.settledAt);
  return { balance: settled, terms, now, before: { counted, slope } };
}

/** A debt that was accelerated costs no fee for prepayment. */
function owedToEnd({ balance, terms, inDefault }: Work): bigint {
  return inDefault === undefined ? payOff(balance, terms) : termDebt(balance);
}

function requireGoodStanding({ balance, terms, inDefault, now }: Work): void {
  const after = defaultsAfter(balance, terms);
  require(inDefault === undefined && now <= after, "LoanInDefault", after);
}

function end({ before }: Work, paid: bigint): TermOutcome {
  return { loan: undefined, paid, before, after: UNCOUNTED };
}

/** The loan goes on, in default until nothing is overdue. */
function goOn(work: Work, balance: TermBalance, paid: bigint): TermOutcome {
  const { terms, before, inDefault } = work;
  const stored = asStored(balance);
  if (inDefault === undefined || dueNow(balance) === 0n) {
    const after = { counted: countedOf(balance), slope: slopeOf(balance, terms) };
    return { loan: { terms, balance: stored }, paid, before, after };
  }
  // The oldest interest is paid first, and it is the oldest that is counted.
  const interestPaid = interestOf(work.balance) - interestOf(balance);
  const recognisedInterest = subtractOrZero(inDefault.recognisedInterest, interestPaid);
  const after = { counted: balance.principal * RATE_SECONDS + recognisedInterest, slope: 0n };
  return {
    loan: { terms, balance: stored, inDefault: { ...inDefault, recognisedInterest } },
    ...{ paid, before, after },
  };
}

/**
 * Nothing of a loan is overdue, late charges being paid before interest and that before principal. What is stored of such a
 * loan does not say for which instalments late fees were charged.
 */
export const isOnTime = ({ paid, passed }: TermBalance): boolean => paid === passed;

const asStored = (b: TermBalance): TermBalance => (isOnTime(b) ? { ...b, feesFor: b.passed } : b);

/** Interest owed, without late interest: units × WAD × seconds of a year. */
const interestOf = ({ interestDue, interestNumerator }: TermBalance): bigint =>
  interestDue * RATE_SECONDS + interestNumerator;

/** What a loan not in default counts for as of its balance's second: principal and interest, less money paid ahead. */
const countedOf = (b: TermBalance): bigint =>
  subtractOrZero(b.principal * RATE_SECONDS + interestOf(b), b.credit * RATE_SECONDS);

/**
 * What that grows by a second until the loan is touched. Money paid ahead will pay principal at the next due date, so no interest is
 * counted on it from now: never more than is owed.
 */
const slopeOf = ({ principal, credit }: TermBalance, { annualRateWad }: TermTerms): bigint =>
  subtractOrZero(principal, credit) * annualRateWad;
