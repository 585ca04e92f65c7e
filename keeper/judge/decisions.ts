import { MAX_UINT256, healthFactorDown } from "../../sdk/model/index.js";
import { KeeperError } from "../errors.js";
import type { BookFacility, BookLoan } from "../index/loanBook.js";
import type { LoanTable } from "../index/table/loanTable.js";
import { TermTable } from "../index/table/termTable.js";
import { descending } from "./descending.js";
import { type FacilityFacts, type Judgement, Liquidatable, type Verdict } from "./judge.js";

/** Why a loan may be liquidated. A loan with a default mark whose debt is beyond its limit is one of its health. */
export const REASON = { HEALTH: 1, DEFAULT: 2 } as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

/** One loan that may be liquidated, and why. */
export interface Decision {
  readonly id: bigint;
  readonly facility: number;
  readonly debt: bigint;
  /** Of its collateral, loan units. */
  readonly value: bigint;
  readonly reason: Reason;
}

interface Part {
  readonly table: LoanTable;
  readonly facts: FacilityFacts;
  readonly priceE36: bigint;
  /** Whole units of collateral that a unit of debt is worth. */
  readonly unit: number;
  readonly version: number;
}

/**
 * Loans that may be liquidated, in columns: nothing is made of a loan before somebody asks for it. What is asked for must be
 * asked before the book changes.
 *
 * Their order is that of the value at risk, the debt in whole units of collateral, which facilities of any loan asset have in
 * common: the largest first, so that no number of small loans stands before a large one (of equal ones, the smaller id).
 */
export class Decisions {
  private readonly parts: Part[] = [];
  private parted = new Uint16Array(64);
  private rows = new Uint32Array(64);
  private debts = new Float64Array(64);
  private values = new Float64Array(64);
  private reasons = new Uint8Array(64);
  private risks = new Float64Array(64);
  /** Debt and value of those that no double holds. */
  private readonly large = new Map<number, { debt: bigint; value: bigint }>();
  private order: Uint32Array = new Uint32Array(0);
  private count = 0;

  get length(): number {
    return this.count;
  }

  // ---- filling ----

  /** What follows is of that table. */
  begin(table: LoanTable, facts: FacilityFacts, priceE36: bigint, unit: number): void {
    this.parts.push({ table, facts, priceE36, unit, version: table.version });
  }

  push(row: number, debt: number, value: number, reason: Reason): void {
    const at = this.count++;
    if (at === this.rows.length) this.grow();
    const part = this.parts.length - 1;
    this.parted[at] = part;
    this.rows[at] = row;
    this.debts[at] = debt;
    this.values[at] = value;
    this.reasons[at] = reason;
    this.risks[at] = debt * this.parts[part]!.unit;
  }

  pushLarge(row: number, debt: bigint, value: bigint, reason: Reason): void {
    if (debt >= MOST_EXACT || value >= MOST_EXACT) this.large.set(this.count, { debt, value });
    this.push(row, Number(debt), Number(value), reason);
  }

  sort(): this {
    this.order = descending(this.risks, this.count);
    // Equal ones by their ids: few, and their rows say nothing that another keeper would agree with.
    for (let first = 0; first < this.count;) {
      const risk = this.risks[this.order[first]!];
      let end = first + 1;
      while (end < this.count && this.risks[this.order[end]!] === risk) end += 1;
      if (end - first > 1) {
        const ids = new Map([...this.order.subarray(first, end)].map((at) => [at, this.loanAt(at).id]));
        this.order.subarray(first, end).sort((a, b) => (ids.get(a)! < ids.get(b)! ? -1 : 1));
      }
      first = end;
    }
    return this;
  }

  // ---- reading ----

  /** The n-th, from 0. */
  at(place: number): Decision {
    const at = this.order[place]!;
    const { id, facility } = this.loanAt(at);
    return { id, facility, ...this.amountsAt(at), reason: this.reasons[at] as Reason };
  }

  /** The n-th as a judgement, whose parts are computed when they are read. */
  judgement(place: number): Judgement {
    return new DecidedLoan(this, this.order[place]!);
  }

  /** All of them, in order. */
  judgements(): Judgement[] {
    const all: Judgement[] = new Array<Judgement>(this.count);
    for (let place = 0; place < this.count; place++) all[place] = this.judgement(place);
    return all;
  }

  /** @internal */
  partAt(at: number): Part {
    return this.parts[this.parted[at]!]!;
  }

  /** @internal */
  loanAt(at: number): BookLoan {
    return this.tableAt(at).loanAt(this.rows[at]!);
  }

  /** @internal */
  markedAt(at: number): bigint {
    const table = this.tableAt(at);
    return table instanceof TermTable ? table.markedAt(this.rows[at]!) : 0n;
  }

  /** @internal */
  amountsAt(at: number): { debt: bigint; value: bigint } {
    return this.large.get(at) ?? { debt: BigInt(this.debts[at]!), value: BigInt(this.values[at]!) };
  }

  private tableAt(at: number): LoanTable {
    const { table, version } = this.partAt(at);
    if (table.version === version) return table;
    throw new KeeperError(`facility ${table.facility} changed since its loans were judged: judge them again`);
  }

  private grow(): void {
    const size = 2 * this.rows.length;
    const grown = <T extends Uint16Array | Uint32Array | Float64Array | Uint8Array>(before: T, after: T): T => {
      after.set(before);
      return after;
    };
    this.parted = grown(this.parted, new Uint16Array(size));
    this.rows = grown(this.rows, new Uint32Array(size));
    this.debts = grown(this.debts, new Float64Array(size));
    this.values = grown(this.values, new Float64Array(size));
    this.reasons = grown(this.reasons, new Uint8Array(size));
    this.risks = grown(this.risks, new Float64Array(size));
  }
}

const MOST_EXACT = 2n ** 53n;

/** A decided loan as a judgement; read once, it stays as it was. */
class DecidedLoan implements Judgement {
  private readLoan: BookLoan | undefined;
  private readVerdict: Verdict | undefined;

  constructor(
    private readonly decisions: Decisions,
    private readonly place: number,
  ) {}

  get loan(): BookLoan {
    this.readLoan ??= this.decisions.loanAt(this.place);
    return this.readLoan;
  }

  get facility(): BookFacility {
    return this.decisions.partAt(this.place).facts.facility;
  }

  get debt(): bigint {
    return this.decisions.amountsAt(this.place).debt;
  }

  get priceE36(): bigint {
    return this.decisions.partAt(this.place).priceE36;
  }

  get healthWad(): bigint {
    const { debt, value } = this.decisions.amountsAt(this.place);
    return debt === 0n ? MAX_UINT256 : healthFactorDown(value, debt, this.facility.terms.lltvWad);
  }

  get verdict(): Verdict {
    this.readVerdict ??= this.judge();
    return this.readVerdict;
  }

  private judge(): Verdict {
    const { facts, priceE36 } = this.decisions.partAt(this.place);
    if (facts.price.kind === "disagreement") return { kind: "held", releasedAt: facts.price.releasedAt };
    return new Liquidatable(this.loan, this.debt, priceE36, this.decisions.markedAt(this.place), facts);
  }
}
