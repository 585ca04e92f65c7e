import { getAddress } from "ethers";
import { FIRST_FACILITY } from "../../sdk/client/deployment.js";
import {
  type RiskTerms,
  type TermLoan,
  type TermOutcome,
  type TermSheet,
  WAD,
  markTermLoanDefault,
  repaidTermLoan,
  sellTermLoan,
  termLoanCount,
} from "../../sdk/model/index.js";
import { loanText } from "../serve/describe.js";
import {
  EVENTS,
  type EventName,
  FIELD,
  type RawLog,
  addressTopic,
  dataAt,
  eventOf,
  newWords,
  readWords,
} from "./events.js";
import { RareBook } from "./rareBook.js";
import { AT, LOGS_AHEAD, type LoanRow, LoanTable, SIZE } from "./table/loanTable.js";
import { TermTable, begunTermLoan } from "./table/termTable.js";
import { WORD, fits, fromBigint, isZero, readHexWord, toBigint } from "./table/words.js";

/** A facility as its events describe it. */
export interface BookFacility {
  readonly id: number;
  readonly pool: string;
  readonly vault: string;
  readonly oracle: string;
  readonly terms: RiskTerms;
  readonly rampSeconds: bigint;
}

export type BookLoan = LoanRow;

/** A standing order of a loan's owner, at that time. */
export interface BookOrder {
  readonly id: bigint;
  readonly owner: string;
  /** OrderKind of IProtectionOrders. */
  readonly kind: bigint;
  /** Last second at which it is executed. */
  readonly expiresAt: bigint;
  /** 0 for a TakeProfit. */
  readonly triggerLtvBps: bigint;
  /** 0 for all others. */
  readonly triggerPriceE36: bigint;
}

export interface BookAddresses {
  readonly loanManager: string;
  readonly termLoanManager: string;
  readonly protectionOrders?: string | undefined;
}

/** A term sheet that an event refers to and the book does not have: whoever applies logs must read it and say it. */
export interface MissingSheet {
  readonly facility: number;
  readonly pool: string;
  readonly sheet: number;
}

/** Everything the book has about one loan. */
export interface LoanStory {
  readonly loan: BookLoan;
  readonly owner: string;
  readonly expectedLoss: bigint;
  readonly orders: readonly BookOrder[];
  readonly term?: TermLoan;
  readonly sheet?: number;
}

/** The loan id's own facility: opener (160 bits) ‖ facility (32) ‖ salt (64). */
export const facilityOf = (id: bigint): number => Number((id >> 64n) & 0xffff_ffffn);
const openerOf = (id: bigint): string => getAddress(`0x${(id >> 96n).toString(16).padStart(40, "0")}`);

const BPS = WAD / 10_000n;
const TAKE_PROFIT = 1n;
const FACILITY_LIMB = 2;
/** What an amount is added to, and the contracts' type for it. */
const COLLATERAL = { at: AT.COLLATERAL, size: SIZE.COLLATERAL, bits: 96 } as const;
const DEBT = { at: AT.DEBT, size: SIZE.DEBT, bits: 112 } as const;
type Column = typeof COLLATERAL | typeof DEBT;
const NOTHING = { counted: 0n, slope: 0n };

/**
 * All open loans of both managers, exactly, from the log alone: a table of typed arrays for each facility. Every change can be
 * taken back, block by block, for when the chain is reorganised.
 *
 * A log that cannot be so (of a loan that is not there, a payment that ends another principal) is {@link trouble}: logs before it
 * are missing. Nothing here throws for what a node answered.
 *
 * @example
 * const missing = book.apply(log, Number(head.timestamp));
 * book.rollBackTo(119);
 */
export class LoanBook {
  /** By facility. */
  readonly tables = new Map<number, LoanTable>();
  readonly rare = new RareBook();
  /** Changes with everything that is taken back. */
  epoch = 0;
  /** Newest block whose changes cannot be taken back any more. */
  settledTo = -1;
  private firstTrouble: string | undefined;
  private readonly words = newWords();
  private readonly id = new Uint32Array(SIZE.ID);
  private readonly managers: ReadonlyMap<string, number>;
  private readonly orderContract: string | undefined;
  private learned: { facility: number; sheet: number; block: number }[] = [];

  constructor(addresses: BookAddresses) {
    this.managers = new Map([
      [addresses.loanManager.toLowerCase(), FIRST_FACILITY.revolving],
      [addresses.termLoanManager.toLowerCase(), FIRST_FACILITY.term],
    ]);
    this.orderContract = addresses.protectionOrders?.toLowerCase();
  }

  // ---- what there is ----

  /** What in the log could not be; undefined where all of it fits. */
  get trouble(): string | undefined {
    return this.firstTrouble;
  }

  /** One by one; for whoever has time. */
  get loans(): Iterable<BookLoan> {
    return loansOf(this.tables.values());
  }

  get size(): number {
    let size = 0;
    for (const table of this.tables.values()) size += table.size;
    return size;
  }

  get facilities(): Iterable<BookFacility> {
    return this.rare.facilities.values();
  }

  /** Orders that were placed and are not gone; one that expired is still among them. */
  get orders(): Iterable<BookOrder> {
    return this.rare.orders.values();
  }

  sizeOf(facility: number): number {
    return this.tables.get(facility)?.size ?? 0;
  }

  loan(id: bigint): BookLoan | undefined {
    const found = this.locate(id);
    return found && found.table.loanAt(found.row);
  }

  /** The table of a loan and its row there. */
  locate(id: bigint): { readonly table: LoanTable; readonly row: number } | undefined {
    const table = this.tables.get(facilityOf(id));
    if (table === undefined) return undefined;
    fromBigint(id, this.id, 0, SIZE.ID);
    const row = table.find(this.id);
    return row < 0 ? undefined : { table, row };
  }

  termTable(facility: number): TermTable | undefined {
    const table = this.tables.get(facility);
    return table instanceof TermTable ? table : undefined;
  }

  /** Whose a loan is now. */
  ownerOf(id: bigint): string {
    return this.rare.owners.get(id) ?? openerOf(id);
  }

  /** The loss last marked, less what was paid since. */
  expectedLossOf(id: bigint): bigint {
    return this.rare.marks.get(id) ?? 0n;
  }

  /** Σ debt shares of a facility's loans; equal to the pool's own total, always (DEBT-2). */
  debtShares(facility: number): bigint {
    return this.tables.get(facility)?.totalDebtShares ?? 0n;
  }

  /** Σ collateral of the loans of all facilities that keep it in that vault; the vault has at least as much (CUSTODY-1). */
  collateralIn(vault: string): bigint {
    let sum = 0n;
    for (const facility of this.facilities) {
      if (facility.vault === vault) sum += this.tables.get(facility.id)?.totalCollateral ?? 0n;
    }
    return sum;
  }

  /** Everything about one loan, read back. */
  explain(id: bigint): LoanStory | undefined {
    const found = this.locate(id);
    if (found === undefined) return undefined;
    const { table, row } = found;
    const term = table instanceof TermTable ? table.termLoanAt(row) : undefined;
    return {
      loan: table.loanAt(row),
      owner: this.ownerOf(id),
      expectedLoss: this.expectedLossOf(id),
      orders: [...this.orders].filter((order) => order.id === id),
      ...(table instanceof TermTable && term !== undefined && { term, sheet: table.sheetNumberAt(row) }),
    };
  }

  // ---- changes ----

  /** Lets the dates of term loans pass. */
  advance(now: number): void {
    for (const table of this.tables.values()) if (table instanceof TermTable) table.advance(now);
  }

  /**
   * Applies one log; those of other contracts, and events that say nothing of loans, change nothing.
   *
   * @param timestamp second of its block
   * @returns the sheet without which it cannot be applied: {@link learn} it, and apply the log again
   */
  apply(log: RawLog, timestamp: number): MissingSheet | undefined {
    const name = eventOf(log);
    if (name === undefined) return undefined;
    const first = this.managers.get(log.address);
    if (first === undefined) {
      if (log.address === this.orderContract) this.applyOrder(log, name);
      return undefined;
    }
    if (!readWords(log, name, this.words)) {
      this.doubt(log, `a ${name} of ${log.data.length} characters: it has ${EVENTS[name]} words of data`);
      return undefined;
    }
    if (name === "FacilityCreated") this.createFacility(log.blockNumber, first);
    else if (name === "OracleSet") this.setOracle(log.blockNumber);
    else return this.applyToLoan(log, name, first, timestamp);
    return undefined;
  }

  /** Reads what applying the next logs will touch, from the `from`-th on and {@link LOGS_AHEAD} at most; changes nothing. */
  expect(logs: readonly RawLog[], from: number): void {
    const to = Math.min(from + LOGS_AHEAD, logs.length);
    for (let at = from; at < to; at++) {
      const id = logs[at]!.topics[1];
      if (id?.length !== 66) continue;
      readHexWord(id, 2, this.words, 0);
      this.tables.get(this.words[FACILITY_LIMB]!)?.expect(this.words, 0);
    }
    for (const table of this.tables.values()) table.fetchExpected();
  }

  learn({ facility, sheet }: MissingSheet, terms: TermSheet, block: number): void {
    const table = this.termTable(facility);
    if (table === undefined) return;
    table.sheets[sheet] = terms;
    this.learned.push({ facility, sheet, block });
  }

  /** Takes back every change of blocks after `block`. */
  rollBackTo(block: number): void {
    this.epoch += 1;
    this.firstTrouble = undefined;
    for (const table of this.tables.values()) table.rollBackTo(block);
    for (const { facility, sheet, block: at } of this.learned) {
      if (at > block) delete this.termTable(facility)?.sheets[sheet];
    }
    this.learned = this.learned.filter((one) => one.block <= block);
    this.rare.rollBackTo(block);
    for (const facility of this.tables.keys()) if (!this.rare.facilities.has(facility)) this.tables.delete(facility);
  }

  /** Forgets how to take back what happened up to `block`, which nobody will reorganise any more. */
  settle(block: number): void {
    this.settledTo = Math.max(this.settledTo, block);
    for (const table of this.tables.values()) table.undo.settle(block);
    this.rare.settle(block);
  }

  clear(): void {
    this.epoch += 1;
    this.settledTo = -1;
    this.firstTrouble = undefined;
    this.tables.clear();
    this.learned = [];
    this.rare.clear();
  }

  // ---- inside ----

  private applyToLoan(log: RawLog, name: EventName, first: number, timestamp: number): MissingSheet | undefined {
    const { words } = this;
    const block = log.blockNumber;
    const facility = words[FACILITY_LIMB]!;
    const table =
      facility >= FIRST_FACILITY.term === (first === FIRST_FACILITY.term) ? this.tables.get(facility) : undefined;
    if (table === undefined) {
      this.doubt(log, `a ${name} in facility ${facility}, which was never created there`);
      return undefined;
    }
    const row = table.find(words, 0);
    if (name === "Opened" || name === "TermLoanOpened") {
      if (row >= 0) this.doubt(log, `the opening of a loan that is open: ${this.idText()}`);
      else if (table instanceof TermTable) return this.openTerm(log, table, timestamp);
      else this.openRevolving(log, table);
      return undefined;
    }
    if (row < 0) {
      this.doubt(log, `a ${name} of loan ${this.idText()}, which is not open`);
      return undefined;
    }
    if (name === "Marked") return this.rare.setMark(block, this.idOf(), this.amount(FIELD.Marked.expectedLoss));
    if (name === "Transferred") return this.rare.setOwner(block, this.idOf(), getAddress(addressTopic(log, 3)));
    if (table instanceof TermTable && name === "RolledOver") {
      const missing = this.missingSheet(table, words[dataAt(FIELD.RolledOver.sheet)]!);
      if (missing !== undefined) return missing;
    }
    const isWeight = name === "ToppedUp" || name === "Withdrawn";
    table.beginChange(block, row, isWeight);
    const isTerm = table instanceof TermTable;
    const fitting = isTerm ? this.changeTerm(table, row, name, timestamp) : this.changeRevolving(table, row, name);
    table.endChange(block, row, isWeight);
    if (name === "Closed" || !table.isLive(row)) this.rare.forgetLoan(block, this.idOf.bind(this));
    if (fitting !== "") this.doubt(log, `a ${name} of loan ${this.idText()} that ${fitting}`);
    return undefined;
  }

  private openRevolving({ blockNumber }: RawLog, table: LoanTable): void {
    const row = table.beginInsert(blockNumber, this.words, 0);
    const { collateral, shares } = FIELD.Opened;
    this.add(table, row, COLLATERAL, collateral);
    this.add(table, row, DEBT, shares);
    table.endChange(blockNumber, row);
  }

  private openTerm({ blockNumber }: RawLog, table: TermTable, timestamp: number): MissingSheet | undefined {
    const { words } = this;
    const fields = FIELD.TermLoanOpened;
    const number = words[dataAt(fields.sheet)]!;
    const missing = this.missingSheet(table, number);
    if (missing !== undefined) return missing;
    const row = table.beginInsert(blockNumber, words, 0);
    this.add(table, row, COLLATERAL, fields.collateral);
    this.begin(table, row, number, fields, NOTHING, BigInt(timestamp));
    table.endChange(blockNumber, row);
    return undefined;
  }

  private begin(
    table: TermTable,
    row: number,
    number: number,
    fields: { readonly principal: number; readonly annualRate: number; readonly instalment: number },
    before: { counted: bigint; slope: bigint },
    now: bigint,
  ): void {
    const principal = this.amount(fields.principal);
    const annualRate = this.amount(fields.annualRate);
    const sheet = table.sheets[number]!;
    const begun = begunTermLoan(sheet, { principal, annualRate, instalment: this.amount(fields.instalment) }, now);
    table.writeTermLoan(row, begun.loan, number, before, begun.after, now);
  }

  /** @returns what cannot be of it; "" where nothing */
  private changeRevolving(table: LoanTable, row: number, name: EventName): string {
    switch (name) {
      case "Drawn":
        return tooMuch(this.add(table, row, DEBT, FIELD.Drawn.shares));
      case "Repaid":
        return tooMuch(this.subtract(table, row, DEBT, FIELD.Repaid.shares));
      case "Liquidated":
        return tooMuch(
          this.subtract(table, row, DEBT, FIELD.Liquidated.shares) &&
            this.subtract(table, row, COLLATERAL, FIELD.Liquidated.seized),
        );
      case "Closed":
        return tooMuch(
          this.subtract(table, row, DEBT, FIELD.Closed.shares) &&
            this.subtract(table, row, COLLATERAL, FIELD.Closed.collateral),
        );
      default:
        return this.changeCollateral(table, row, name);
    }
  }

  private changeCollateral(table: LoanTable, row: number, name: EventName): string {
    if (name === "ToppedUp") return tooMuch(this.add(table, row, COLLATERAL, FIELD.ToppedUp.collateral));
    if (name === "Withdrawn") return tooMuch(this.subtract(table, row, COLLATERAL, FIELD.Withdrawn.collateral));
    return "loans of that kind do not have";
  }

  /** What only an action says is computed again, as the book of the contracts does. */
  private changeTerm(table: TermTable, row: number, name: EventName, timestamp: number): string {
    const { words } = this;
    if (name === "ToppedUp" || name === "Withdrawn") return this.changeCollateral(table, row, name);
    if (name === "Closed") {
      const { shares, collateral } = FIELD.Closed;
      const { debtShares } = table.loanAt(row);
      if (debtShares !== 0n) table.endTermLoan(row);
      const fitting = this.subtract(table, row, COLLATERAL, collateral);
      return this.amount(shares) === debtShares ? tooMuch(fitting) : "ends another principal";
    }
    const now = BigInt(timestamp);
    if (name === "Repaid" && isZero(words, dataAt(FIELD.Repaid.shares), WORD)) {
      if (!table.owes(row)) return "owes nothing";
      if (table.payAhead(row, this.amount(FIELD.Repaid.assets), now)) return "";
    }
    const loan = table.termLoanAt(row);
    if (loan === undefined) return "owes nothing";
    try {
      switch (name) {
        case "Repaid": {
          const { assets, shares } = FIELD.Repaid;
          const said = { paid: this.amount(assets), principal: this.amount(shares) };
          book(table, row, repaidTermLoan(loan, now, said), now);
          return "";
        }
        case "Liquidated": {
          const { debtClosed, seized } = FIELD.Liquidated;
          book(table, row, sellTermLoan(loan, now, this.amount(debtClosed)), now);
          return tooMuch(this.subtract(table, row, COLLATERAL, seized));
        }
        case "DefaultMarked":
          book(table, row, markTermLoanDefault(loan, now), now);
          return "";
        case "RolledOver": {
          const fields = FIELD.RolledOver;
          this.begin(table, row, words[dataAt(fields.sheet)]!, fields, termLoanCount(loan, now), now);
          return "";
        }
        default:
          return "loans of that kind do not have";
      }
    } catch (error) {
      return `cannot be: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  private missingSheet(table: TermTable, sheet: number): MissingSheet | undefined {
    if (table.sheets[sheet] !== undefined) return undefined;
    const pool = this.rare.facilities.get(table.facility)?.pool ?? "";
    return { facility: table.facility, pool, sheet };
  }

  private createFacility(block: number, first: number): void {
    const id = this.words[0]!;
    const field = FIELD.FacilityCreated;
    const bps = (at: number): bigint => this.amount(at) * BPS;
    this.rare.putFacility(block, {
      id,
      pool: this.address(field.pool),
      vault: this.address(field.vault),
      oracle: this.address(field.oracle),
      terms: {
        lltvWad: bps(field.lltvBps),
        targetLtvWad: bps(field.targetLtvBps),
        incentiveMinWad: bps(field.incentiveMinBps),
        incentiveMaxWad: bps(field.incentiveMaxBps),
        healthForMaxIncentiveWad: bps(field.healthForMaxBps),
        minDebt: this.amount(field.minDebt),
      },
      rampSeconds: this.amount(field.rampSeconds),
    });
    if (this.tables.has(id)) return;
    this.tables.set(id, first === FIRST_FACILITY.term ? new TermTable(id) : new LoanTable(id));
  }

  private setOracle(block: number): void {
    const facility = this.rare.facilities.get(this.words[0]!);
    if (facility !== undefined) {
      this.rare.putFacility(block, { ...facility, oracle: this.address(FIELD.OracleSet.oracle) });
    }
  }

  private applyOrder(log: RawLog, name: EventName): void {
    if (!readWords(log, name, this.words)) {
      this.doubt(log, `a ${name} of ${log.data.length} characters`);
      return;
    }
    const id = this.idOf();
    const owner = getAddress(addressTopic(log, 2));
    const kind = BigInt(log.topics[3] ?? "0x0");
    if (name === "OrderPlaced") {
      const { expiresAt, triggerLtvBps, triggerPriceE36 } = FIELD.OrderPlaced;
      this.rare.putOrder(
        log.blockNumber,
        { id, owner, kind },
        {
          ...{ id, owner, kind, expiresAt: this.amount(expiresAt) },
          ...{ triggerLtvBps: this.amount(triggerLtvBps), triggerPriceE36: this.amount(triggerPriceE36) },
        },
      );
    }
    if (name === "OrderCancelled" || (name === "OrderExecuted" && kind === TAKE_PROFIT)) {
      this.rare.putOrder(log.blockNumber, { id, owner, kind }, undefined);
    }
  }

  private add(table: LoanTable, row: number, { at, size, bits }: Column, field: number): boolean {
    return fits(this.words, dataAt(field), bits) && table.add(row, at, size, this.words, dataAt(field));
  }

  private subtract(table: LoanTable, row: number, { at, size, bits }: Column, field: number): boolean {
    return fits(this.words, dataAt(field), bits) && table.subtract(row, at, size, this.words, dataAt(field));
  }

  private amount(field: number): bigint {
    return toBigint(this.words, dataAt(field), WORD);
  }

  private address(field: number): string {
    return getAddress(`0x${this.amount(field).toString(16).padStart(40, "0")}`);
  }

  private idOf(): bigint {
    return toBigint(this.words, 0, WORD);
  }

  private idText(): string {
    return loanText(this.idOf());
  }

  private doubt({ blockNumber }: RawLog, what: string): void {
    this.firstTrouble ??= `block ${blockNumber} has ${what}`;
  }
}

function book(table: TermTable, row: number, { loan, before, after }: TermOutcome, now: bigint): void {
  table.writeTermLoan(row, loan, table.sheetNumberAt(row), before, after, now);
}

const tooMuch = (fitting: boolean): string => (fitting ? "" : "takes more than there is");

function* loansOf(tables: Iterable<LoanTable>): Generator<BookLoan> {
  for (const table of tables) for (const row of table.liveRows()) yield table.loanAt(row);
}
