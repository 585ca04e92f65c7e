import type { Head } from "../chain/node.js";
import type { Pending } from "../dispatch/pending.js";
import type { Errand } from "../errand/errand.js";
import type { FacilityFacts, Judgement } from "../judge/judge.js";
import type { BadDebt, DecisionRecord } from "../plan/record.js";
import type { FacilityDesk } from "../plan/routes.js";
import type { LoanAction } from "../serve/status.js";
import type { Trace } from "../serve/trace.js";

/** What was done about a loan, and why. */
export interface Done {
  readonly action: LoanAction;
  readonly reason: string;
}

export interface DecisionInput {
  readonly head: Head;
  readonly facts: ReadonlyMap<number, FacilityFacts>;
  readonly desks: ReadonlyMap<number, FacilityDesk>;
  /** Every loan that is not healthy. */
  readonly judgements: readonly Judgement[];
  /** What is due beside liquidations. */
  readonly errands: readonly Errand[];
  /** Why nothing may be sent; empty when something may. */
  readonly halted: string;
  /** A term loan judged as if its default were marked now; asked of those whose default a sale could mark. */
  readonly asMarked: (id: bigint) => Judgement | undefined;
  /** Marked judged; each transaction that is sent gets a fork of it. */
  readonly trace: Trace;
}

export interface Decision {
  readonly actions: ReadonlyMap<bigint, Done>;
  /** The same in full, for the journal: every candidate with its code and the figures it rests on. */
  readonly records: readonly DecisionRecord[];
  readonly badDebts: readonly BadDebt[];
  readonly sent: readonly Pending[];
}
