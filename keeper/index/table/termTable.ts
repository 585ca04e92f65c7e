import {
  type DefaultMark,
  RATE_SECONDS,
  type TermBalance,
  type TermCount,
  type TermLoan,
  type TermSheet,
  defaultsAfter,
  dueDate,
  settleTermLoan,
  subtractOrZero,
  termDebt,
  termsOf,
} from "../../../sdk/model/index.js";
import { type Factor, factorAt, factorOf, product, ratio } from "./doubleDouble.js";
import { AT, FLAG, LoanTable, ROW, SIZE } from "./loanTable.js";
import { Wheel } from "./wheel.js";
import { fromBigint, isZero, toBigint, toNumber } from "./words.js";

/** Limbs of what a term loan has besides a row, and where: interest not charged, instalment, credit, dates, sheet. */
const TERM = 20;
const T = { INTEREST: 0, INSTALMENT: 8, OPENED: 11, CREDIT: 12, RATE: 15, COUNTS: 16, LATE: 17, SETTLED: 18 } as const;
/** Limbs of what only a loan has that was late, and where. */
const LATE = 36;
const L = { NUMERATOR: 0, RECOGNISED: 8, ARREARS: 16, INTEREST: 20, FEES: 24, AHEAD: 28, MARKED: 32 } as const;
const NUMERATOR = 8;
const AMOUNT = 3;
const SECOND = 2;

/** Scale of a stored rate, WAD a year (contracts/interfaces/TermLoanTypes.sol). */
const RATE_UNIT = 10n ** 11n;
const RATE_UNIT_DOUBLE = Number(RATE_UNIT);

/** Doubles of a row's line, and which: see {@link TermTable.lines}. */
export const LINE = 10;
export const D = {
  FIXED: 0,
  I_HIGH: 1,
  I_LOW: 2,
  S_HIGH: 3,
  S_LOW: 4,
  START: 5,
  END: 6,
  WAKE: 7,
  ABOUT: 8,
  MORE: 9,
} as const;

/** Seconds for which a row's key holds at least, and at most twice as long: rows are computed again at different times. */
const KEY_HOLDS = 21_600;
const MOST_EXACT = 2 ** 53;
const FAR = 2 ** 52;
const INVERSE_RATE_SECONDS = ratio(1n, RATE_SECONDS);

const NOTHING: TermCount = { counted: 0n, slope: 0n };

/** What a snapshot keeps of a term table beside its rows. */
export interface TermTotals {
  readonly clock: number;
  readonly countedAtZero: bigint;
  readonly slopes: bigint;
  readonly sheets: readonly TermSheet[];
}

/**
 * The loans of one term facility, as its pool stores them, from the log alone: what is owed at any second follows by the model's
 * arithmetic.
 *
 * Between two dates the debt of a loan that was never late is a line, fixed + ⌈i + s × seconds⌉; the table keeps that line as
 * doubles from which the debt comes out exact (doubleDouble.ts). A wheel wakes a row when a due date or a default passes, and when
 * its key has held for its time.
 */
export class TermTable extends LoanTable {
  /** By row: what the debt is between START and END, where FIXED is a number; other debts the model computes. */
  lines = new Float64Array(0);
  /** In default by their dates, and not marked. */
  readonly overdue = new Set<number>();
  readonly sheets: TermSheet[] = [];
  /** Late interest of rows with a line that have some: another line, rounded up by itself. */
  readonly lateLines = new Map<number, { readonly i: Factor; readonly s: Factor }>();
  private more = new Uint32Array(0);
  private late: Uint32Array = new Uint32Array(0);
  private lateFree: number[] = [];
  private lateUsed = 0;
  private readonly wheel = new Wheel();
  private clock = 0;
  private turned = -1;
  /** Σ (counted − slope × second) and Σ slope: what the pool counts its loans with is a line too. */
  private countedAtZero = 0n;
  private slopes = 0n;
  private markedRows = 0;

  // ---- time ----

  /** Latest second it was shown. */
  get now(): number {
    return this.clock;
  }

  /** Lets dates pass. */
  advance(now: number): void {
    // Whatever changed since sleeps beyond it.
    if (now === this.turned) return;
    this.turned = now;
    if (now > this.clock) this.clock = now;
    this.wheel.turn(now, (row) => {
      if (this.lines[row * LINE + D.WAKE]! <= now) this.refresh(row);
    });
  }

  // ---- what there is ----

  /** How many loans carry a default mark. */
  get marked(): number {
    return this.markedRows;
  }

  /** What the pool counts all loans with at `now`, and what that grows by a second (ITermLendingPool.receivables). */
  receivables(now: bigint): TermCount {
    return { counted: this.countedAtZero + this.slopes * now, slope: this.slopes };
  }

  /** A loan that owes; undefined for one that does not. */
  termLoanAt(row: number): TermLoan | undefined {
    const at = row * ROW;
    if (isZero(this.words, at + AT.DEBT, SIZE.DEBT)) return undefined;
    const more = row * TERM;
    const counts = this.more[more + T.COUNTS]!;
    const sheet = this.sheetAt(row);
    const openedAt = BigInt(this.more[more + T.OPENED]!);
    const late = this.more[more + T.LATE]! * LATE;
    const terms = termsOf(sheet, openedAt, BigInt(this.more[more + T.RATE]!) * RATE_UNIT);
    const balance: TermBalance = {
      principal: toBigint(this.words, at + AT.DEBT, SIZE.DEBT),
      arrears: late === 0 ? 0n : toBigint(this.late, late + L.ARREARS, AMOUNT),
      ahead: late === 0 ? 0n : toBigint(this.late, late + L.AHEAD, AMOUNT),
      instalment: toBigint(this.more, more + T.INSTALMENT, AMOUNT),
      credit: toBigint(this.more, more + T.CREDIT, AMOUNT),
      interestDue: late === 0 ? 0n : toBigint(this.late, late + L.INTEREST, AMOUNT),
      interestNumerator: toBigint(this.more, more + T.INTEREST, NUMERATOR),
      lateFees: late === 0 ? 0n : toBigint(this.late, late + L.FEES, AMOUNT),
      lateNumerator: late === 0 ? 0n : toBigint(this.late, late + L.NUMERATOR, NUMERATOR),
      passed: BigInt((counts >>> 8) & 0xff),
      paid: BigInt((counts >>> 16) & 0xff),
      feesFor: BigInt(counts >>> 24),
      settledAt: toBigint(this.more, more + T.SETTLED, SECOND),
    };
    const inDefault = late === 0 ? undefined : this.defaultMarkAt(late);
    return inDefault === undefined ? { terms, balance } : { terms, balance, inDefault };
  }

  /** Number of the sheet a loan was opened with. */
  sheetNumberAt(row: number): number {
    return this.more[row * TERM + T.COUNTS]! & 0xff;
  }

  /** Second of its default mark; 0 for none. */
  markedAt(row: number): bigint {
    const late = this.more[row * TERM + T.LATE]! * LATE;
    return late === 0 ? 0n : toBigint(this.late, late + L.MARKED, SECOND);
  }

  // ---- changes; between beginChange or beginInsert and endChange ----

  /** Writes what an action made of a loan, and what it is counted with instead of `before`. */
  writeTermLoan(
    row: number,
    loan: TermLoan | undefined,
    sheet: number,
    before: TermCount,
    after: TermCount,
    now: bigint,
  ): void {
    this.recount(before, -1n, now);
    this.recount(after, 1n, now);
    const at = row * ROW;
    if (loan === undefined) {
      fromBigint(0n, this.words, at + AT.DEBT, SIZE.DEBT);
      this.emptyMore(row);
      return;
    }
    const { terms, balance: b, inDefault } = loan;
    fromBigint(b.principal, this.words, at + AT.DEBT, SIZE.DEBT);
    const more = row * TERM;
    fromBigint(b.interestNumerator, this.more, more + T.INTEREST, NUMERATOR);
    fromBigint(b.instalment, this.more, more + T.INSTALMENT, AMOUNT);
    fromBigint(b.credit, this.more, more + T.CREDIT, AMOUNT);
    this.more[more + T.OPENED] = Number(terms.openedAt);
    this.more[more + T.RATE] = Number(terms.annualRateWad / RATE_UNIT);
    this.more[more + T.COUNTS] = sheet | (Number(b.passed) << 8) | (Number(b.paid) << 16) | (Number(b.feesFor) << 24);
    fromBigint(b.settledAt, this.more, more + T.SETTLED, SECOND);
    const isLate = (b.arrears | b.ahead | b.interestDue | b.lateFees | b.lateNumerator) !== 0n || b.paid !== b.passed;
    if (!isLate && inDefault === undefined) {
      this.dropLate(row);
      return;
    }
    const late = this.takeLate(row);
    fromBigint(b.lateNumerator, this.late, late + L.NUMERATOR, NUMERATOR);
    fromBigint(inDefault?.recognisedInterest ?? 0n, this.late, late + L.RECOGNISED, NUMERATOR);
    fromBigint(b.arrears, this.late, late + L.ARREARS, AMOUNT);
    fromBigint(b.interestDue, this.late, late + L.INTEREST, AMOUNT);
    fromBigint(b.lateFees, this.late, late + L.FEES, AMOUNT);
    fromBigint(b.ahead, this.late, late + L.AHEAD, AMOUNT);
    this.setMark(row, late, inDefault?.markedAt ?? 0n);
  }

  /** A loan that owes ends: it is counted no more. */
  endTermLoan(row: number): void {
    this.countMore(row, -1);
    this.writeTermLoan(row, undefined, 0, NOTHING, NOTHING, 0n);
  }

  /**
   * A payment that ended no principal, of a loan with nothing overdue and before its next due date: by the rules of payments
   * (payTermLoan) nothing is due and nothing was prepaid, so all of it is money paid ahead. The most common payment there is, hence
   * not by way of the model.
   *
   * @returns whether it is one
   */
  payAhead(row: number, paid: bigint, now: bigint): boolean {
    const more = row * TERM;
    if (this.more[more + T.LATE] !== 0) return false;
    const { intervalSeconds, count } = this.sheetAt(row);
    const passed = (this.more[more + T.COUNTS]! >>> 8) & 0xff;
    const due = this.more[more + T.OPENED]! + (passed + 1) * Number(intervalSeconds);
    const settledAt = toBigint(this.more, more + T.SETTLED, SECOND);
    if (BigInt(passed) === count || now >= BigInt(due) || now < settledAt) return false;
    const principal = toBigint(this.words, row * ROW + AT.DEBT, SIZE.DEBT);
    const credit = toBigint(this.more, more + T.CREDIT, AMOUNT);
    const interest = toBigint(this.more, more + T.INTEREST, NUMERATOR);
    const rate = BigInt(this.more[more + T.RATE]!) * RATE_UNIT;
    const before = countOf(principal, principal, credit, interest, rate, settledAt);
    const run = interest + principal * rate * (now - settledAt);
    const after = countOf(principal, principal, credit + paid, run, rate, now);
    this.countedAtZero += after.counted - before.counted;
    this.slopes += after.slope - before.slope;
    fromBigint(run, this.more, more + T.INTEREST, NUMERATOR);
    fromBigint(credit + paid, this.more, more + T.CREDIT, AMOUNT);
    fromBigint(now, this.more, more + T.SETTLED, SECOND);
    return true;
  }

  // ---- what is derived ----

  override refresh(row: number): void {
    const at = row * ROW;
    if (this.overdue.size > 0) this.overdue.delete(row);
    if (this.lateLines.size > 0) this.lateLines.delete(row);
    if (isZero(this.words, at + AT.DEBT, SIZE.DEBT)) {
      this.lines[row * LINE + D.FIXED] = NaN;
      this.lines[row * LINE + D.ABOUT] = NaN;
      this.wheel.remove(row);
      this.keys.set(row, 0);
      return;
    }
    if (!this.drawLineAsStored(row)) this.drawLineSettled(row);
  }

  // ---- of the base ----

  override reserve(rows: number): void {
    super.reserve(rows);
    const capacity = this.words.length / ROW;
    if (this.more.length >= capacity * TERM) return;
    const [more, lines] = [this.more, this.lines];
    this.more = new Uint32Array(capacity * TERM);
    this.lines = new Float64Array(capacity * LINE);
    this.more.set(more);
    this.lines.set(lines);
    this.wheel.reserve(capacity);
  }

  override clear(): void {
    super.clear();
    this.more = new Uint32Array(0);
    this.lines = new Float64Array(0);
    this.late = new Uint32Array(0);
    [this.lateFree, this.lateUsed, this.markedRows] = [[], 0, 0];
    this.turned = -1;
    [this.countedAtZero, this.slopes] = [0n, 0n];
    this.overdue.clear();
    this.lateLines.clear();
    this.wheel.clear();
    this.sheets.length = 0;
  }

  override get bytes(): number {
    return super.bytes + this.more.byteLength + this.lines.byteLength + this.late.byteLength;
  }

  // ---- snapshots ----

  override columns() {
    return [...super.columns(), { stride: TERM, values: this.more }, { stride: LINE, values: this.lines }];
  }

  /** What is kept besides, as of now. */
  get totals(): TermTotals {
    const { clock, countedAtZero, slopes, sheets } = this;
    return { clock, countedAtZero, slopes, sheets: [...sheets] };
  }

  set totals({ clock, countedAtZero, slopes, sheets }: TermTotals) {
    [this.clock, this.countedAtZero, this.slopes] = [clock, countedAtZero, slopes];
    sheets.forEach((sheet, number) => {
      // JSON says null where there is none.
      if (typeof sheet === "object" && sheet !== null) this.sheets[number] = sheet;
    });
  }

  /** What late loans have, as it is now; rows say which part is theirs. */
  get lateWords(): Uint32Array {
    return this.late.subarray(0, (this.lateUsed + 1) * LATE);
  }

  set lateWords(words: Uint32Array) {
    this.late = words;
    this.lateUsed = Math.max(words.length / LATE - 1, 0);
  }

  /** Rows that changed since may name a place that another has now. */
  protected override beginTakingBack(rows: ReadonlySet<number>): void {
    for (const row of rows) this.more[row * TERM + T.LATE] = 0;
    const taken = new Set<number>();
    for (let row = 0; row < this.rows; row++) taken.add(this.more[row * TERM + T.LATE]!);
    for (let index = this.lateUsed; index > 0; index--) if (!taken.has(index)) this.lateFree.push(index);
  }

  protected override endTakingBack(): void {
    // Counted anew, of the rows that are there.
    this.markedRows = 0;
  }

  protected override emptyMore(row: number): void {
    this.dropLate(row);
    this.more.fill(0, row * TERM, (row + 1) * TERM);
  }

  protected override restoreDerived(row: number, isTouched: boolean): void {
    const late = this.more[row * TERM + T.LATE]! * LATE;
    if (late !== 0 && !isZero(this.late, late + L.MARKED, SECOND)) this.markedRows += 1;
    const at = row * LINE;
    // Late loans have more than the line, and are few.
    if (isTouched || this.lines[at + D.MORE] !== 0 || Number.isNaN(this.lines[at + D.ABOUT]!)) this.refresh(row);
    else this.sleepOnLine(row, this.lines[at + D.WAKE]!);
  }

  /** Collateral alone changed: what is owed is as it was. */
  override reweigh(row: number): void {
    if (Number.isNaN(this.lines[row * LINE + D.ABOUT]!) || this.keys.values[row] === Infinity) this.refresh(row);
    else this.boundByLine(row);
  }

  protected override saveMore(row: number): void {
    this.undo.push(this.more, row * TERM, TERM);
    const late = this.more[row * TERM + T.LATE]!;
    if (late !== 0) this.undo.push(this.late, late * LATE, LATE);
  }

  protected override fetchToChange(rows: Int32Array, count: number): void {
    super.fetchToChange(rows, count);
    const { more } = this;
    let all = 0;
    for (let at = 0; at < count; at++) {
      const row = rows[at]! * TERM;
      all ^= more[row]! ^ more[row + TERM - 1]!;
    }
    this.fetched += all + this.wheel.fetch(rows, count);
  }

  override fetch(rows: Uint32Array | Int32Array, count: number): void {
    super.fetch(rows, count);
    const { lines } = this;
    let all = 0;
    for (let at = 0; at < count; at++) {
      const line = rows[at]! * LINE;
      all += lines[line]! + lines[line + LINE - 1]!;
    }
    this.fetched += all;
  }

  protected override restoreMore(row: number, words: Uint32Array, at: number, size: number): void {
    // Of a change of collateral alone.
    if (size === 0) return;
    const kept = this.more[row * TERM + T.LATE]!;
    for (let limb = 0; limb < TERM; limb++) this.more[row * TERM + limb] = words[at + limb]!;
    // Where it stood among the late ones says nothing; whether it stood there does.
    this.more[row * TERM + T.LATE] = kept;
    if (size === TERM) this.dropLate(row);
    else {
      const late = this.takeLate(row);
      this.setMark(row, late, 0n);
      for (let limb = 0; limb < L.MARKED; limb++) this.late[late + limb] = words[at + TERM + limb]!;
      this.setMark(row, late, toBigint(words, at + TERM + L.MARKED, SECOND));
    }
  }

  protected override countMore(row: number, sign: 1 | -1): void {
    const { counted, slope } = this.countAtZero(row);
    this.countedAtZero += BigInt(sign) * counted;
    this.slopes += BigInt(sign) * slope;
  }

  protected override dropMore(row: number): void {
    this.countMore(row, -1);
    this.emptyMore(row);
    this.wheel.remove(row);
    this.overdue.delete(row);
    this.lateLines.delete(row);
  }

  // ---- inside: lines ----

  /** Where nothing happened since the last event but time: most loans, most of the time. @returns whether that is so */
  private drawLineAsStored(row: number): boolean {
    const more = row * TERM;
    if (this.more[more + T.LATE] !== 0) return false;
    const { intervalSeconds, count } = this.sheetAt(row);
    const passed = (this.more[more + T.COUNTS]! >>> 8) & 0xff;
    if (BigInt(passed) === count) return false;
    const start = toNumber(this.more, more + T.SETTLED, SECOND);
    const due = this.more[more + T.OPENED]! + (passed + 1) * Number(intervalSeconds);
    const now = Math.max(this.clock, start);
    if (now >= due) return false;
    const principal = factorAt(this.words, row * ROW + AT.DEBT, SIZE.DEBT);
    const credit = toNumber(this.more, more + T.CREDIT, AMOUNT);
    // 24 bits times an integer of 26 (and powers of two): exact.
    const rate = { high: this.more[more + T.RATE]! * RATE_UNIT_DOUBLE, low: 0, isExact: true };
    // Of integers below 2^53 the difference is exact.
    const isSmall = principal.high < MOST_EXACT && credit < MOST_EXACT;
    const about = principal.high - credit;
    const interest = factorAt(this.more, more + T.INTEREST, NUMERATOR);
    this.drawLine(row, isSmall ? about : NaN, about, interest, product(principal, rate), start, due);
    this.sleepOnLine(row, Math.min(due, this.keyHolds(row, now)));
    return true;
  }

  /** Where dates passed without an event, or the loan was late: by the model. */
  private drawLineSettled(row: number): void {
    const loan = this.termLoanAt(row);
    if (loan === undefined) return;
    const { terms, inDefault } = loan;
    const now = Math.max(this.clock, Number(loan.balance.settledAt));
    const b = settleTermLoan(loan.balance, terms, BigInt(now));
    const due = b.passed < terms.count ? Number(dueDate(terms, b.passed + 1n)) : FAR;
    let next = due;
    if (inDefault === undefined && b.paid < b.passed) {
      const last = defaultsAfter(b, terms);
      if (BigInt(now) > last) this.overdue.add(row);
      else next = Math.min(due, Number(last) + 1);
    }
    // The fee for an instalment that fell due this very second comes with the next: no line yet.
    if (b.paid < b.passed && b.feesFor < b.passed && terms.lateFee > 0n) {
      const then = settleTermLoan(b, terms, BigInt(now + 1));
      this.lines[row * LINE + D.FIXED] = NaN;
      this.lines[row * LINE + D.ABOUT] = NaN;
      this.sleep(row, now + 1);
      this.bound(row, Number(termDebt(then)));
    } else {
      const fixed = b.principal + b.interestDue + b.lateFees - b.credit;
      const about = Number(fixed);
      const slope = factorOf(b.principal * terms.annualRateWad);
      const isSmall = Math.abs(about) < MOST_EXACT;
      this.drawLine(row, isSmall ? about : NaN, about, factorOf(b.interestNumerator), slope, now, due);
      // What a snapshot's line does not say: late interest, and whether it is in default.
      if (b.paid < b.passed || inDefault !== undefined) this.lines[row * LINE + D.MORE] = 1;
      const lateSlope = b.arrears * terms.latePremiumWad;
      if (lateSlope !== 0n || b.lateNumerator !== 0n) {
        this.lines[row * LINE + D.MORE] = 1;
        const i = product(factorOf(b.lateNumerator), INVERSE_RATE_SECONDS);
        this.lateLines.set(row, { i, s: product(factorOf(lateSlope), INVERSE_RATE_SECONDS) });
      }
      this.sleepOnLine(row, Math.min(next, this.keyHolds(row, now)));
    }
    if (inDefault !== undefined) this.keys.set(row, Infinity);
  }

  /** @param fixed exactly, or NaN where no double is; `about` is near it in any case */
  private drawLine(
    row: number,
    fixed: number,
    about: number,
    interest: Factor,
    slope: Factor,
    start: number,
    end: number,
  ): void {
    const at = row * LINE;
    const i = product(interest, INVERSE_RATE_SECONDS);
    const s = product(slope, INVERSE_RATE_SECONDS);
    this.lines[at + D.FIXED] = fixed;
    this.lines[at + D.I_HIGH] = i.high;
    this.lines[at + D.I_LOW] = i.low;
    this.lines[at + D.S_HIGH] = s.high;
    this.lines[at + D.S_LOW] = s.low;
    this.lines[at + D.START] = start;
    this.lines[at + D.END] = end;
    this.lines[at + D.ABOUT] = about;
    this.lines[at + D.MORE] = 0;
  }

  private sleepOnLine(row: number, wake: number): void {
    this.sleep(row, wake);
    this.boundByLine(row);
  }

  private boundByLine(row: number): void {
    const at = row * LINE;
    const fixed = this.lines[at + D.ABOUT]!;
    const seconds = this.lines[at + D.WAKE]! - this.lines[at + D.START]!;
    let interest = this.lines[at + D.I_HIGH]! + this.lines[at + D.S_HIGH]! * seconds;
    const late = this.lateLines.size === 0 ? undefined : this.lateLines.get(row);
    if (late !== undefined) interest += late.i.high + late.s.high * seconds + 1;
    // Where money paid ahead is as much as the principal, little may be left beside its parts, which are rounded: principal, money
    // paid ahead (never more than principal and interest), interest. And the unit by which interest is rounded up.
    const parts = toNumber(this.words, row * ROW + AT.DEBT, SIZE.DEBT) + Math.abs(fixed) + interest;
    this.bound(row, Math.max(fixed + interest, 0) + parts * 2 ** -47 + 1);
  }

  private keyHolds(row: number, now: number): number {
    return now + KEY_HOLDS + ((row * 7_919) % KEY_HOLDS);
  }

  private sleep(row: number, wake: number): void {
    this.lines[row * LINE + D.WAKE] = wake;
    this.wheel.put(row, wake);
  }

  /** Sets the key, (debt + 1) / collateral, by what is owed at most until the row wakes. */
  private bound(row: number, debt: number): void {
    this.keys.set(row, (debt + 1) / toNumber(this.words, row * ROW + AT.COLLATERAL, SIZE.COLLATERAL));
  }

  // ---- inside: counting ----

  private recount({ counted, slope }: TermCount, sign: bigint, now: bigint): void {
    if (counted === 0n && slope === 0n) return;
    this.countedAtZero += sign * (counted - slope * now);
    this.slopes += sign * slope;
  }

  /** What a loan is counted with, as stored (sdk/model/termLoanBook.ts: countedOf, slopeOf), as of second 0. */
  private countAtZero(row: number): TermCount {
    const at = row * ROW;
    if (isZero(this.words, at + AT.DEBT, SIZE.DEBT)) return NOTHING;
    const principal = toBigint(this.words, at + AT.DEBT, SIZE.DEBT);
    const more = row * TERM;
    const late = this.more[more + T.LATE]! * LATE;
    if (late !== 0 && !isZero(this.late, late + L.MARKED, SECOND)) {
      const recognised = toBigint(this.late, late + L.RECOGNISED, NUMERATOR);
      return { counted: principal * RATE_SECONDS + recognised, slope: 0n };
    }
    const credit = toBigint(this.more, more + T.CREDIT, AMOUNT);
    const due = late === 0 ? 0n : toBigint(this.late, late + L.INTEREST, AMOUNT);
    const interest = toBigint(this.more, more + T.INTEREST, NUMERATOR);
    const rate = BigInt(this.more[more + T.RATE]!) * RATE_UNIT;
    return countOf(principal + due, principal, credit, interest, rate, toBigint(this.more, more + T.SETTLED, SECOND));
  }

  // ---- inside: what late loans have ----

  private defaultMarkAt(late: number): DefaultMark | undefined {
    const markedAt = toBigint(this.late, late + L.MARKED, SECOND);
    if (markedAt === 0n) return undefined;
    return { markedAt, recognisedInterest: toBigint(this.late, late + L.RECOGNISED, NUMERATOR) };
  }

  private setMark(row: number, late: number, markedAt: bigint): void {
    const was = !isZero(this.late, late + L.MARKED, SECOND);
    fromBigint(markedAt, this.late, late + L.MARKED, SECOND);
    this.markedRows += Number(markedAt !== 0n) - Number(was);
    const flags = this.words[row * ROW + AT.FLAGS]!;
    this.words[row * ROW + AT.FLAGS] = markedAt === 0n ? flags & ~FLAG.MARKED : flags | FLAG.MARKED;
  }

  private takeLate(row: number): number {
    const known = this.more[row * TERM + T.LATE]!;
    if (known !== 0) return known * LATE;
    const index = this.lateFree.pop() ?? ++this.lateUsed;
    if ((index + 1) * LATE > this.late.length) {
      const late = new Uint32Array(Math.max(64 * LATE, this.late.length * 2));
      late.set(this.late);
      this.late = late;
    }
    this.late.fill(0, index * LATE, (index + 1) * LATE);
    this.more[row * TERM + T.LATE] = index;
    return index * LATE;
  }

  private dropLate(row: number): void {
    const index = this.more[row * TERM + T.LATE]!;
    if (index === 0) return;
    this.setMark(row, index * LATE, 0n);
    this.lateFree.push(index);
    this.more[row * TERM + T.LATE] = 0;
  }

  private sheetAt(row: number): TermSheet {
    return this.sheets[this.sheetNumberAt(row)]!;
  }
}

/** As of second 0. @param owed principal and interest that fell due */
function countOf(
  owed: bigint,
  principal: bigint,
  credit: bigint,
  interest: bigint,
  rate: bigint,
  settledAt: bigint,
): TermCount {
  const counted = subtractOrZero(owed * RATE_SECONDS + interest, credit * RATE_SECONDS);
  const slope = subtractOrZero(principal, credit) * rate;
  return { counted: counted - slope * settledAt, slope };
}

/** A loan that begins now, with the instalment its event names: no power need be computed again. */
export function begunTermLoan(
  sheet: TermSheet,
  { principal, instalment, annualRate }: { principal: bigint; instalment: bigint; annualRate: bigint },
  now: bigint,
): { loan: TermLoan; after: TermCount } {
  const zero = {
    arrears: 0n,
    ahead: 0n,
    credit: 0n,
    interestDue: 0n,
    interestNumerator: 0n,
    lateFees: 0n,
    lateNumerator: 0n,
  };
  const balance = { ...zero, principal, instalment, passed: 0n, paid: 0n, feesFor: 0n, settledAt: now };
  const after = { counted: principal * RATE_SECONDS, slope: principal * annualRate };
  return { loan: { terms: termsOf(sheet, now, annualRate), balance }, after };
}
