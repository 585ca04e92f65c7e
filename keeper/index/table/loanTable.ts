import { KeeperError } from "../../errors.js";
import { IdIndex } from "./idIndex.js";
import { Keys } from "./keys.js";
import { UNDO, UndoLog, entriesOf } from "./undoLog.js";
import { addInto, isZero, subtractFrom, toBigint, toNumber } from "./words.js";

/** Limbs of a row: 64 bytes, so that a decision touches one line of the cache. */
export const ROW = 16;
/** Where in a row: the loan's id (256 bits), collateral (96), flags (32), and debt (112): shares, or a term loan's principal. */
export const AT = { ID: 0, COLLATERAL: 8, FLAGS: 11, DEBT: 12 } as const;
export const SIZE = { ID: 8, COLLATERAL: 3, DEBT: 4 } as const;
export const FLAG = { LIVE: 1, MARKED: 2 } as const;
/** What of a row a change saves; its id changes with its loan only. */
const CHANGING = ROW - SIZE.ID;

/**
 * The sums are kept limb by limb as doubles, which are exact as long as no sum of one limb reaches 2^53.
 * That is 2^21 rows; a facility with more needs another keeper's memory anyway.
 */
const MOST_ROWS = 2 ** 21;
const FIRST_ROWS = 1_024;
/** So many logs are looked at together before they are applied. */
export const LOGS_AHEAD = 64;

/** A row's loan, as read back. */
export interface LoanRow {
  readonly id: bigint;
  readonly facility: number;
  /** Of the pool's debt; of a term loan its principal. */
  readonly debtShares: bigint;
  readonly collateral: bigint;
}

/**
 * The loans of one facility in typed arrays. A row is reused when its loan is gone; every change can be taken back block by block.
 * Changes go between {@link beginChange} and {@link endChange}.
 */
export class LoanTable {
  words = new Uint32Array(0);
  /** By which candidates are found; see keeper/judge/scan.ts for what they bound. */
  readonly keys = new Keys();
  readonly undo = new UndoLog();
  /** Rows ever used; those on the free list among them. */
  rows = 0;
  /** Counts changes: what was read of a row is of its loan while this stands. */
  version = 0;
  /** Of what {@link fetch} read: what nobody uses would not be read. */
  protected fetched = 0;
  protected free: number[] = [];
  private readonly index: IdIndex;
  private readonly expected = new Int32Array(LOGS_AHEAD);
  private expecting = 0;
  private readonly sums = new Float64Array(SIZE.COLLATERAL + SIZE.DEBT);

  constructor(readonly facility: number) {
    this.index = new IdIndex(this.words, ROW);
  }

  // ---- what there is ----

  get size(): number {
    return this.rows - this.free.length;
  }

  /** @returns −1 where there is none */
  find(id: Uint32Array, at = 0): number {
    return this.index.find(id, at);
  }

  isLive(row: number): boolean {
    return row < this.rows && (this.words[row * ROW + AT.FLAGS]! & FLAG.LIVE) !== 0;
  }

  owes(row: number): boolean {
    return !isZero(this.words, row * ROW + AT.DEBT, SIZE.DEBT);
  }

  *liveRows(): Generator<number> {
    for (let row = 0; row < this.rows; row++) if (this.isLive(row)) yield row;
  }

  loanAt(row: number): LoanRow {
    const at = row * ROW;
    return {
      id: toBigint(this.words, at + AT.ID, SIZE.ID),
      facility: this.facility,
      debtShares: toBigint(this.words, at + AT.DEBT, SIZE.DEBT),
      collateral: toBigint(this.words, at + AT.COLLATERAL, SIZE.COLLATERAL),
    };
  }

  /** Σ debt shares, or Σ principal. */
  get totalDebtShares(): bigint {
    return this.sumOf(SIZE.COLLATERAL, SIZE.DEBT);
  }

  get totalCollateral(): bigint {
    return this.sumOf(0, SIZE.COLLATERAL);
  }

  // ---- changes ----

  /** A new loan without debt or collateral yet, for {@link endChange} to take in. */
  beginInsert(block: number, id: Uint32Array, at: number): number {
    this.version += 1;
    this.undo.begin(block);
    const row = this.takeRow();
    this.undo.end(UNDO.INSERTED, row);
    for (let limb = 0; limb < SIZE.ID; limb++) this.words[row * ROW + AT.ID + limb] = id[at + limb]!;
    for (let limb = SIZE.ID; limb < ROW; limb++) this.words[row * ROW + limb] = 0;
    this.words[row * ROW + AT.FLAGS] = FLAG.LIVE;
    this.index.insert(row);
    return row;
  }

  /** @param isWeight whether collateral alone changes */
  beginChange(block: number, row: number, isWeight = false): void {
    this.version += 1;
    this.undo.begin(block);
    this.undo.push(this.words, row * ROW + SIZE.ID, CHANGING);
    if (!isWeight) this.saveMore(row);
    this.undo.end(UNDO.CHANGED, row);
    this.count(row, -1);
  }

  endChange(block: number, row: number, isWeight = false): void {
    const at = row * ROW;
    if (isZero(this.words, at + AT.COLLATERAL, SIZE.COLLATERAL) && isZero(this.words, at + AT.DEBT, SIZE.DEBT)) {
      this.undo.begin(block);
      this.undo.push(this.words, at + AT.ID, SIZE.ID);
      this.undo.end(UNDO.REMOVED, row);
      this.release(row);
      return;
    }
    this.count(row, 1);
    if (isWeight) this.reweigh(row);
    else this.refresh(row);
  }

  /** A log of that loan is next, or one of the next: for {@link fetchExpected}. */
  expect(id: Uint32Array, at: number): void {
    if (this.expecting < LOGS_AHEAD) this.expected[this.expecting++] = this.index.homeOf(id, at);
  }

  /**
   * Brings what changes of the expected loans touch into the processor's cache, all at once: in a large book each change would
   * wait for memory by itself. Changes nothing.
   */
  fetchExpected(): void {
    if (this.words.length > 0) {
      this.index.guess(this.expected, this.expecting);
      this.fetchToChange(this.expected, this.expecting);
    }
    this.expecting = 0;
  }

  /** Adds to a row's debt or collateral. @returns whether it fits */
  add(row: number, at: number, size: number, amount: Uint32Array, from: number): boolean {
    return addInto(this.words, row * ROW + at, amount, from, size);
  }

  subtract(row: number, at: number, size: number, amount: Uint32Array, from: number): boolean {
    return subtractFrom(this.words, row * ROW + at, amount, from, size);
  }

  rollBackTo(block: number): void {
    this.version += 1;
    for (const { kind, row, words, at, size } of this.undo.after(block)) {
      if (kind === UNDO.INSERTED) {
        this.count(row, -1);
        this.release(row);
      } else if (kind === UNDO.REMOVED) {
        const taken = this.free.pop();
        if (taken !== row)
          throw new KeeperError(`row ${row} of facility ${this.facility} was freed, ${taken} came back`);
        for (let limb = 0; limb < SIZE.ID; limb++) this.words[row * ROW + AT.ID + limb] = words[at + limb]!;
        // Counted as nothing, until the change before it gives it back its debt and collateral.
        for (let limb = SIZE.ID; limb < ROW; limb++) this.words[row * ROW + limb] = 0;
        this.index.insert(row);
        this.count(row, 1);
      } else {
        this.count(row, -1);
        this.countMore(row, -1);
        for (let limb = 0; limb < CHANGING; limb++) this.words[row * ROW + SIZE.ID + limb] = words[at + limb]!;
        this.restoreMore(row, words, at + CHANGING, size - CHANGING);
        this.count(row, 1);
        this.countMore(row, 1);
        this.refresh(row);
      }
    }
    this.undo.dropAfter(block);
  }

  clear(): void {
    this.version += 1;
    this.words = new Uint32Array(0);
    this.rows = 0;
    this.free = [];
    this.sums.fill(0);
    this.keys.clear();
    this.undo.clear();
    this.index.clear();
    this.index.moveTo(this.words);
  }

  /** Room for so many rows. */
  reserve(rows: number): void {
    const capacity = this.words.length / ROW;
    if (rows <= capacity) return;
    let next = Math.max(capacity, FIRST_ROWS);
    while (next < rows) next *= 2;
    if (next > MOST_ROWS) {
      throw new KeeperError(
        `facility ${this.facility} has more than ${MOST_ROWS} loans at once, which is all its table holds`,
      );
    }
    const words = new Uint32Array(next * ROW);
    words.set(this.words);
    this.words = words;
    this.index.moveTo(words);
    this.keys.reserve(next);
  }

  // ---- snapshots ----

  /** What is kept of the rows: arrays with so many values a row. Read anew each time: rows that are added move them. */
  columns(): { readonly stride: number; readonly values: Uint32Array | Float64Array }[] {
    return [{ stride: ROW, values: this.words }];
  }

  /** Room for rows that are then written to {@link columns} at once. */
  beginRestore(rows: number): void {
    this.clear();
    this.reserve(rows);
    this.rows = rows;
  }

  /**
   * Takes in the rows written since {@link beginRestore}, once the given entries of an undo log are taken back: those of all changes
   * since the first column was written, so that rows written at different times are of one block.
   */
  endRestore(entries: Uint32Array): void {
    const all = [...entriesOf(entries)].filter(({ row }) => row < this.rows);
    const touched = new Set(all.map(({ row }) => row));
    const replaced = all.filter(({ kind, size }) => kind !== UNDO.CHANGED || size > CHANGING);
    this.beginTakingBack(new Set(replaced.map(({ row }) => row)));
    for (const { kind, row, words, at, size } of all) {
      const to = row * ROW;
      if (kind === UNDO.CHANGED) {
        for (let limb = 0; limb < CHANGING; limb++) this.words[to + SIZE.ID + limb] = words[at + limb]!;
        this.restoreMore(row, words, at + CHANGING, size - CHANGING);
        continue;
      }
      for (let limb = SIZE.ID; limb < ROW; limb++) this.words[to + limb] = 0;
      if (kind === UNDO.INSERTED) this.emptyMore(row);
      else for (let limb = 0; limb < SIZE.ID; limb++) this.words[to + limb] = words[at + limb]!;
    }
    this.endTakingBack();
    this.index.reserve(this.rows);
    for (let row = this.rows - 1; row >= 0; row--) {
      if (!this.isLive(row)) {
        this.free.push(row);
        continue;
      }
      this.index.insert(row);
      this.count(row, 1);
      this.restoreDerived(row, touched.has(row));
    }
  }

  /** Bytes it holds, for the record. */
  get bytes(): number {
    return this.words.byteLength + this.keys.values.byteLength + this.undo.bytes;
  }

  // ---- for tables of another kind of loans ----

  /** Saves what else there is of a row. */
  protected saveMore(_row: number): void {}

  /** What a change touches of these rows. */
  protected fetchToChange(rows: Int32Array, count: number): void {
    this.fetch(rows, count);
    let all = 0;
    for (let at = 0; at < count; at++) all += this.keys.values[rows[at]!]!;
    this.fetched += all;
  }

  /** Brings what a decision reads of these rows into the processor's cache, all at once. */
  fetch(rows: Uint32Array | Int32Array, count: number): void {
    const { words } = this;
    let all = 0;
    for (let at = 0; at < count; at++) {
      const row = rows[at]! * ROW;
      all ^= words[row + AT.COLLATERAL]! ^ words[row + ROW - 1]!;
    }
    this.fetched = all;
  }

  protected restoreMore(_row: number, _words: Uint32Array, _at: number, _size: number): void {}

  /** Adds what else is summed of a row, or takes it out; of changes that are taken back only. */
  protected countMore(_row: number, _sign: 1 | -1): void {}

  /** Empties what else there is of a row that had no loan. */
  protected emptyMore(_row: number): void {}

  /** More than the collateral of those rows is going to be taken back. */
  protected beginTakingBack(_rows: ReadonlySet<number>): void {}

  protected endTakingBack(): void {}

  /** Of a row of a snapshot. @param isTouched whether it was taken back, so that nothing derived of it can be kept */
  protected restoreDerived(row: number, _isTouched: boolean): void {
    this.refresh(row);
  }

  /** Drops what else there is of a row. */
  protected dropMore(_row: number): void {}

  /** Computes what is derived from a row: here its key, a bound on shares per unit of collateral. */
  refresh(row: number): void {
    const at = row * ROW;
    this.keys.set(row, revolvingKey(this.words, at));
  }

  /** The same where collateral alone changed. */
  reweigh(row: number): void {
    this.refresh(row);
  }

  /** Adds the row to the sums, or takes it out. */
  protected count(row: number, sign: 1 | -1): void {
    const at = row * ROW;
    for (let limb = 0; limb < SIZE.COLLATERAL; limb++)
      this.sums[limb]! += sign * this.words[at + AT.COLLATERAL + limb]!;
    for (let limb = 0; limb < SIZE.DEBT; limb++) {
      this.sums[SIZE.COLLATERAL + limb]! += sign * this.words[at + AT.DEBT + limb]!;
    }
  }

  private takeRow(): number {
    const row = this.free.pop() ?? this.rows++;
    this.reserve(row + 1);
    return row;
  }

  private release(row: number): void {
    this.dropMore(row);
    this.index.remove(row);
    this.words[row * ROW + AT.FLAGS] = 0;
    this.keys.set(row, 0);
    this.free.push(row);
  }

  private sumOf(from: number, size: number): bigint {
    let sum = 0n;
    for (let limb = size - 1; limb >= 0; limb--) sum = (sum << 32n) + BigInt(this.sums[from + limb]!);
    return sum;
  }
}

/** Shares that {@link revolvingKey} adds: two units of debt, as long as a unit has at most half as many shares. */
export const SPARE_SHARES = 4_000_000;

/**
 * At least (shares + spare) / collateral, but for the rounding of a few doubles: what bounds a revolving loan's LTV at any price
 * and any interest. 0 for a loan that owes nothing, infinite for a debt without collateral.
 */
export function revolvingKey(words: Uint32Array, at: number): number {
  const shares = toNumber(words, at + AT.DEBT, SIZE.DEBT);
  return shares === 0 ? 0 : (shares + SPARE_SHARES) / toNumber(words, at + AT.COLLATERAL, SIZE.COLLATERAL);
}
