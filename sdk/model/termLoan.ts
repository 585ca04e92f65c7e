import { instalmentUp, periodInterestUp, principalPart, RATE_SECONDS } from "./amortisation.js";
import { MAX_UINT256, WAD, YEAR_SECONDS } from "./constants.js";
import { divUp, minOf, mulDivDown, mulDivUp, subtractOrZero } from "./math.js";

/** What a term loan was opened with and keeps for its life; rates are a year's, WAD, amounts units of the loan asset. */
export interface TermTerms {
  /** Second of the opening; the n-th instalment is due n intervals later. */
  readonly openedAt: bigint;
  readonly annualRateWad: bigint;
  readonly intervalSeconds: bigint;
  readonly count: bigint;
  /** How long an instalment may stay unpaid after its due date before that is a default. */
  readonly graceSeconds: bigint;
  /** Added to the rate, on principal in arrears only. */
  readonly latePremiumWad: bigint;
  /** Once for each instalment that is late. */
  readonly lateFee: bigint;
  /** Of the principal prepaid. */
  readonly prepaymentFeeWad: bigint;
}

/** What a term loan owes, as of `settledAt`. Interest not charged yet is an exact numerator, of units × WAD × seconds. */
export interface TermBalance {
  /** All unpaid principal. */
  readonly principal: bigint;
  /** The part of it whose due dates have passed. */
  readonly arrears: bigint;
  /** Principal paid towards the oldest unpaid instalment, which is not enough for it. */
  readonly ahead: bigint;
  /** The equal payment. */
  readonly instalment: bigint;
  /** Money paid before its instalment was due. */
  readonly credit: bigint;
  /** Unpaid interest up to the last due date passed. */
  readonly interestDue: bigint;
  /** Interest since then. */
  readonly interestNumerator: bigint;
  readonly lateFees: bigint;
  /** Late interest, not charged yet. */
  readonly lateNumerator: bigint;
  /** How many due dates have passed, for how many everything is paid, and up to which the late fee was charged. */
  readonly passed: bigint;
  readonly paid: bigint;
  readonly feesFor: bigint;
  readonly settledAt: bigint;
}

/** A new loan's balance. @param balloon part of the principal left to the last payment */
export function openTermLoan(principal: bigint, balloon: bigint, terms: TermTerms): TermBalance {
  const { annualRateWad, intervalSeconds, count, openedAt } = terms;
  return {
    ...{ principal, arrears: 0n, ahead: 0n, credit: 0n, interestDue: 0n, interestNumerator: 0n },
    instalment: instalmentUp({ principal, annualRateWad, intervalSeconds, count, balloon }),
    ...{ lateFees: 0n, lateNumerator: 0n, passed: 0n, paid: 0n, feesFor: 0n, settledAt: openedAt },
  };
}

/** Second at which the n-th instalment is due, from 1. */
export const dueDate = ({ openedAt, intervalSeconds }: TermTerms, number: bigint): bigint =>
  openedAt + number * intervalSeconds;

/** Brings a balance up to a second: interest runs, due dates pass, and credit pays what fell due. */
export function settleTermLoan(balance: TermBalance, terms: TermTerms, timestamp: bigint): TermBalance {
  let b = balance;
  while (b.passed < terms.count && dueDate(terms, b.passed + 1n) <= timestamp) {
    b = run(b, terms, dueDate(terms, b.passed + 1n));
    b = {
      ...b,
      interestDue: b.interestDue + unitsUp(b.interestNumerator),
      interestNumerator: 0n,
      arrears: b.arrears + nextPart(b, terms),
      passed: b.passed + 1n,
    };
    const [paid, taken] = payDue(b, terms, b.credit);
    b = { ...paid, credit: b.credit - taken };
  }
  return run(b, terms, timestamp);
}

// All below: of a balance settled to the present second.

/** Last second at which a loan is not in default, if nothing more is paid; far away where nothing is unpaid. */
export const defaultsAfter = ({ paid, passed }: TermBalance, terms: TermTerms): bigint =>
  paid === passed ? MAX_UINT256 : dueDate(terms, paid + 1n) + terms.graceSeconds;

/** Late fees and late interest. */
export const lateChargesUp = ({ lateFees, lateNumerator }: TermBalance): bigint => lateFees + unitsUp(lateNumerator);

/** What must be paid now for nothing to be overdue. */
export const dueNow = (b: TermBalance): bigint =>
  lateChargesUp(b) + b.interestDue + (isAllDue(b) ? unitsUp(b.interestNumerator) : 0n) + b.arrears;

/** After the last date, or before where instalments, rounded up, used principal up: interest is due with the last of it. */
const isAllDue = (b: TermBalance): boolean => b.principal === b.arrears;

/** What the next due date asks for beyond what is due now, credit not deducted; 0 after the last. */
export function nextPayment(b: TermBalance, terms: TermTerms): bigint {
  if (b.passed === terms.count) return 0n;
  const rest = dueDate(terms, b.passed + 1n) - b.settledAt;
  return nextPart(b, terms) + unitsUp(b.interestNumerator + b.principal * terms.annualRateWad * rest);
}

/** An instalment to come. */
export interface DatedPayment {
  readonly number: bigint;
  readonly dueAt: bigint;
  readonly interest: bigint;
  readonly principal: bigint;
  /** Principal scheduled after it. */
  readonly left: bigint;
}

/** The instalments to come, if all that is due before each is paid on its date; money paid ahead is not deducted. */
export function termSchedule(b: TermBalance, terms: TermTerms): DatedPayment[] {
  let left = b.principal - b.arrears;
  const payments: DatedPayment[] = [];
  if (left === 0n) return payments;
  for (let number = b.passed + 1n; number <= terms.count; number++) {
    const dueAt = dueDate(terms, number);
    const isNext = number === b.passed + 1n;
    const seconds = isNext ? dueAt - b.settledAt : terms.intervalSeconds;
    const interest = unitsUp((isNext ? b.interestNumerator : 0n) + left * terms.annualRateWad * seconds);
    const principal = part(b, terms, left, number);
    left -= principal;
    payments.push({ number, dueAt, interest, principal, left });
  }
  return payments;
}

/** The whole debt at this second, without a fee for prepayment; what health is judged by. */
export const termDebt = (b: TermBalance): bigint => subtractOrZero(costOf(b), b.credit);

/**
 * What ends the loan at this second by the borrower's own choice: the debt and the fee on principal not due yet. A debt that was
 * accelerated is {@link termDebt}. Credit is never more than the loan costs, as TermLoanMath.payOff explains.
 */
export function payOff(b: TermBalance, { prepaymentFeeWad }: TermTerms): bigint {
  return subtractOrZero(costOf(b) + mulDivUp(b.principal - b.arrears, prepaymentFeeWad, WAD), b.credit);
}

/**
 * Pays: what is due, credit, prepayment. A prepayment makes the next instalment smaller; credit beyond that stays credit and pays
 * the one after it. @param money less than {@link payOff} @returns the balance, and what of `money` was taken
 */
export function payTermLoan(b: TermBalance, terms: TermTerms, money: bigint): [TermBalance, taken: bigint] {
  const [paid, due] = payDue(b, terms, money);
  // Of more than payOff, which is not asked for, what is left over is not taken.
  if (due === money || paid.principal === 0n) return [paid, due];
  const credit = minOf(subtractOrZero(nextPayment(paid, terms), paid.credit), money - due);
  const credited = { ...paid, credit: paid.credit + credit };
  if (due + credit === money) return [credited, money];
  const [prepaid, taken] = prepay(credited, terms, money - due - credit);
  return [prepaid, due + credit + taken];
}

/**
 * Closes a part of the debt that collateral was sold for: late charges, interest to this second, principal, without a fee for
 * prepayment. @param closed less than the debt
 */
export function closeTermDebt(b: TermBalance, terms: TermTerms, closed: bigint): TermBalance {
  const [after, taken] = payInOrder(b, terms, closed, IN_FULL);
  return taken === closed ? after : scale(after, closed - taken);
}

type Paid = [TermBalance, taken: bigint];

/** Interest up to a second no later than the next due date. The first second an instalment is late costs its fee. */
function run(b: TermBalance, { annualRateWad, latePremiumWad, lateFee }: TermTerms, to: bigint): TermBalance {
  const elapsed = to - b.settledAt;
  if (elapsed === 0n) return b;
  const isLate = b.feesFor < b.passed && b.paid < b.passed;
  return {
    ...b,
    lateFees: isLate ? b.lateFees + lateFee : b.lateFees,
    feesFor: isLate ? b.passed : b.feesFor,
    interestNumerator: b.interestNumerator + b.principal * annualRateWad * elapsed,
    lateNumerator: b.lateNumerator + b.arrears * latePremiumWad * elapsed,
    settledAt: to,
  };
}

function payDue(b: TermBalance, terms: TermTerms, money: bigint): Paid {
  return payInOrder(b, terms, money, isAllDue(b) ? IN_FULL : BY_DATES);
}

type Payment = (b: TermBalance, money: bigint) => Paid;
/** What is paid, the first first: with interest that no date asks for yet, and without. */
const IN_FULL: readonly Payment[] = [payLate, payInterestDue, payRunningInterest, payArrears];
const BY_DATES: readonly Payment[] = [payLate, payInterestDue, payArrears];

function payInOrder(b: TermBalance, terms: TermTerms, money: bigint, order: readonly Payment[]): Paid {
  let after = b;
  let left = money;
  for (const pay of order) {
    const [next, taken] = pay(after, left);
    after = next;
    left -= taken;
  }
  return [countPaid(after, terms), money - left];
}

function payLate(b: TermBalance, money: bigint): Paid {
  if (b.lateFees === 0n && b.lateNumerator === 0n) return [b, 0n];
  const fees = minOf(money, b.lateFees);
  const [interest, lateNumerator] = payNumerator(b.lateNumerator, money - fees);
  return [{ ...b, lateFees: b.lateFees - fees, lateNumerator }, fees + interest];
}

function payInterestDue(b: TermBalance, money: bigint): Paid {
  const taken = minOf(money, b.interestDue);
  if (taken === 0n) return [b, 0n];
  return [{ ...b, interestDue: b.interestDue - taken }, taken];
}

function payRunningInterest(b: TermBalance, money: bigint): Paid {
  const [taken, interestNumerator] = payNumerator(b.interestNumerator, money);
  return [{ ...b, interestNumerator }, taken];
}

function payArrears(b: TermBalance, money: bigint): Paid {
  const taken = minOf(money, b.arrears);
  if (taken === 0n) return [b, 0n];
  return [{ ...b, arrears: b.arrears - taken, principal: b.principal - taken, ahead: b.ahead + taken }, taken];
}

function payNumerator(numerator: bigint, money: bigint): [taken: bigint, left: bigint] {
  const owed = unitsUp(numerator);
  return money >= owed ? [owed, 0n] : [money, numerator - money * RATE_SECONDS];
}

/** Moves on to the oldest instalment that is not paid. Interest is paid before any principal. */
function countPaid(balance: TermBalance, terms: TermTerms): TermBalance {
  let b = balance;
  while (b.interestDue === 0n && b.paid < b.passed) {
    const scheduled = b.principal + b.ahead;
    const next = scheduled - part(b, terms, scheduled, b.paid + 1n);
    if (b.principal > next) break;
    b = { ...b, ahead: next - b.principal, paid: b.paid + 1n };
  }
  return b;
}

/** Principal beyond the next instalment, with its share of the interest since the last due date and the fee. */
function prepay(b: TermBalance, terms: TermTerms, money: bigint): Paid {
  const { prepaymentFeeWad } = terms;
  const costs = prepaymentFeeWad * YEAR_SECONDS + divUp(b.interestNumerator, b.principal);
  const affordable = mulDivDown(money, RATE_SECONDS, RATE_SECONDS + costs);
  // Never below money paid ahead, which would have to be given back: as much as the next payment, at the least.
  const free = subtractOrZero(b.principal, b.credit);
  // Two costs are rounded up.
  for (let prepaid = minOf(affordable, free); prepaid > 0n; prepaid--) {
    const interest = mulDivUp(b.interestNumerator, prepaid, b.principal);
    const taken = prepaid + mulDivUp(prepaid, prepaymentFeeWad, WAD) + unitsUp(interest);
    if (taken > money) continue;
    return [scale({ ...b, interestNumerator: b.interestNumerator - interest }, prepaid), taken];
  }
  return [b, 0n];
}

/** Takes principal off a loan without arrears and scales what remains. */
function scale(b: TermBalance, principal: bigint): TermBalance {
  const left = b.principal - principal;
  return { ...b, instalment: mulDivUp(b.instalment, left, b.principal), principal: left };
}

const nextPart = (b: TermBalance, terms: TermTerms): bigint => part(b, terms, b.principal - b.arrears, b.passed + 1n);

/** Scheduled principal of an instalment before which `remaining` is scheduled; the last is all that remains (TERM-1). */
function part({ instalment }: TermBalance, terms: TermTerms, remaining: bigint, number: bigint): bigint {
  if (number === terms.count) return remaining;
  return principalPart(remaining, instalment, periodInterestUp(remaining, terms.annualRateWad, terms.intervalSeconds));
}

const costOf = (b: TermBalance): bigint =>
  lateChargesUp(b) + b.interestDue + unitsUp(b.interestNumerator) + b.principal;

const unitsUp = (numerator: bigint): bigint => divUp(numerator, RATE_SECONDS);
