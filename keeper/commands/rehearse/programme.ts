import type { LoanReport } from "../../serve/status.js";
import type { Rehearsed } from "./stageSender.js";

export interface Step {
  readonly kind: "price" | "time";
  /** Of the price at the beginning. */
  readonly ratioWad: bigint;
  /** That pass before it. */
  readonly seconds: number;
  /** For people. */
  readonly label: string;
}

/** What became of a loan over the whole rehearsal. */
export interface LoanRehearsal {
  readonly loan: string;
  readonly facility: number;
  /** Step at which something was first to be done about it. */
  readonly firstAt: string;
  readonly liquidations: number;
  /** Loan units, before fees. */
  readonly grossProfit: bigint;
  readonly gasUsed: bigint;
  /** Why it was left, or what its transactions ended with; empty where all went well. */
  readonly problem: string;
}

/** Rounds in which one step's transactions are sent; a loan that is not done by then has a problem. */
const MOST_ROUNDS = 4;

/** Goes from step to step, each when nothing more is sent at the one before, and keeps the record. */
export class Programme {
  private at = 0;
  private round = 0;
  private seen = 0;
  private readonly records = new Map<string, LoanRehearsal>();

  constructor(
    private readonly steps: readonly Step[],
    private readonly apply: (step: Step) => Promise<void>,
  ) {}

  get loans(): LoanRehearsal[] {
    return [...this.records.values()];
  }

  async begin(): Promise<void> {
    await this.enter();
  }

  /** What one decision said, and what has ended since the last. */
  note(actions: readonly LoanReport[], ended: readonly Rehearsed[]): void {
    const label = this.steps[this.at]?.label ?? "";
    for (const { loan, facility, action, reason } of actions) {
      if (action === "watch") continue;
      const record = this.of(loan, facility, label);
      // What is left now may be done at a later step; what is done then forgets it.
      if (action === "left" || action === "held")
        this.records.set(loan, { ...record, problem: `at ${label}: ${reason}` });
    }
    for (const { kind, subject, facility, failure, grossProfit, gasUsed } of ended.slice(this.seen)) {
      if (!/^0x[0-9a-f]{64}$/.test(subject)) continue;
      const record = this.of(subject, facility, label);
      const isDone = failure === "" && kind === "liquidate";
      this.records.set(subject, {
        ...record,
        liquidations: record.liquidations + (isDone ? 1 : 0),
        grossProfit: record.grossProfit + grossProfit,
        gasUsed: record.gasUsed + gasUsed,
        problem: failure === "" ? "" : `at ${label}: ${kind}: ${failure}`,
      });
    }
    this.seen = ended.length;
  }

  /** @param sent transactions of the decision just noted */
  isOver(sent: number): boolean {
    return this.at === this.steps.length - 1 && !this.staysFor(sent);
  }

  /** Another round for what was sent, or the next step. */
  async goOn(sent: number, mine: () => Promise<void>): Promise<void> {
    if (this.staysFor(sent)) {
      this.round += 1;
      return mine();
    }
    this.at += 1;
    this.round = 0;
    return this.enter();
  }

  private staysFor(sent: number): boolean {
    return sent > 0 && this.round < MOST_ROUNDS;
  }

  private async enter(): Promise<void> {
    const step = this.steps[this.at];
    if (step !== undefined) await this.apply(step);
  }

  private of(loan: string, facility: number, firstAt: string): LoanRehearsal {
    const known = this.records.get(loan);
    if (known !== undefined) return known;
    const record = { loan, facility, firstAt, liquidations: 0, grossProfit: 0n, gasUsed: 0n, problem: "" };
    this.records.set(loan, record);
    return record;
  }
}
