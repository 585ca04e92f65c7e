import type { Logger } from "pino";
import type { Books } from "../account/books.js";
import type { Deployment } from "../../sdk/client/deployment.js";
import type { Head } from "../chain/node.js";
import type { Decision, Done } from "../decide/input.js";
import type { Sender } from "../dispatch/sender.js";
import type { Episodes } from "../episodes.js";
import type { LoanBook } from "../index/loanBook.js";
import type { FacilityFacts, Judgement } from "../judge/judge.js";
import { watched } from "../judge/watch.js";
import type { FacilityDesk } from "../plan/routes.js";
import {
  describeBlock,
  describeFacility,
  describePending,
  describeResult,
  describeTotals,
  loanText,
  wadText,
} from "./describe.js";
import { noteOf } from "./loanNotes.js";
import type { Metrics } from "./metrics.js";
import type { Overseer } from "./overseer.js";
import type { FacilityReport, LoanReport, Mode, ReportLine, StatusReport } from "./status.js";

export interface BoardDeps {
  readonly deployment: Deployment;
  readonly liquidator: string;
  readonly operator: string;
  readonly mode: Mode;
  readonly book: LoanBook;
  readonly desks: ReadonlyMap<number, FacilityDesk>;
  readonly sender: Sender;
  readonly episodes: Episodes;
  readonly metrics: Metrics;
  readonly overseer: Overseer;
  readonly log: Logger;
  readonly report: (line: ReportLine) => void;
}

const BAD_DEBT = "there are loans whose collateral covers less than their debt";
const RESULTS_SHOWN = 50;
/** Loans in a line of the log: in a crash there are thousands, and a line of megabytes holds up the next block. */
const MOST_TOLD = 50;

/** What was decided last, for everybody who asks: status, metrics, log and report. */
export class Board {
  private decided: Head | undefined;
  private facilities: readonly FacilityReport[] = [];
  private loans: readonly LoanReport[] = [];

  constructor(private readonly deps: BoardDeps) {}

  /** Newest block whose decision is done. */
  get head(): Head | undefined {
    return this.decided;
  }

  conclude(
    head: Head,
    facts: ReadonlyMap<number, FacilityFacts>,
    judgements: readonly Judgement[],
    decision: Decision,
  ): void {
    const { book, desks, episodes, log, metrics, mode, overseer, report, sender } = this.deps;
    this.facilities = [...facts.values()].map((one) => {
      const { id } = one.facility;
      return describeFacility(one, desks.get(id), book.sizeOf(id));
    });
    const atRisk = [...judgements, ...watched(book, facts)];
    const records = new Map(decision.records.map((record) => [record.loan, record]));
    const done = atRisk.map((judgement) => doneAbout(judgement, decision, mode));
    this.loans = atRisk.map((judgement, index) => describeLoan(judgement, done[index] ?? NOTHING));
    const notes = atRisk.map((judgement, index) => {
      const record = records.get(loanText(judgement.loan.id));
      const why = record === undefined ? {} : { code: record.code, figures: { ...record.figures } };
      return noteOf(judgement, { ...(done[index] ?? NOTHING), ...why });
    });
    const trouble = sender.trouble(head.number);
    const { ineffective } = sender.breaker;
    overseer.decided(head, notes, trouble, ineffective, (facility) => sender.leads(facility));
    this.decided = head;

    metrics.decidedBlock.set(head.number);
    metrics.loans.set(book.size);
    metrics.atRisk.set(atRisk.length);
    metrics.pending.set(sender.pending.length);
    metrics.halted.set(trouble === "" ? 0 : 1);
    for (const { intent } of decision.sent) metrics.sent.inc({ kind: intent.kind });
    const { badDebts } = decision;
    if (badDebts.length > 0) episodes.begin(BAD_DEBT, { badDebts });
    else episodes.end(BAD_DEBT);
    const actions = this.loans.filter(({ action }) => action !== "watch");
    const sent = decision.sent.map(describePending);
    const level = sent.length > 0 ? "info" : "debug";
    const told =
      actions.length <= MOST_TOLD ? { actions } : { actions: actions.slice(0, MOST_TOLD), of: actions.length };
    log[level]({ block: head.number, loans: book.size, ...told, sent: sent.length }, "decided");
    report({
      type: "decided",
      block: head.number,
      hash: head.hash,
      timestamp: Number(head.timestamp),
      loans: book.size,
      pending: sender.pending.length,
      facilities: this.facilities,
      actions,
      sent,
    });
  }

  /** @param unbooked transactions whose end is known and not booked */
  status(seen: Head | undefined, books: Books, unbooked: number): StatusReport {
    const { book, deployment, liquidator, mode, operator, overseer, sender } = this.deps;
    return {
      mode,
      startedAt: overseer.startedAt,
      network: deployment.network,
      chainId: deployment.chainId,
      operator,
      liquidator,
      decided: describeBlock(this.decided),
      head: describeBlock(seen),
      pending: sender.pending.length + unbooked,
      pendingTransactions: sender.pending.map(describePending),
      halted: sender.halted(seen?.number ?? 0),
      loans: book.size,
      facilities: this.facilities,
      atRisk: this.loans,
      totals: describeTotals(books),
      results: books.results.slice(-RESULTS_SHOWN).map(describeResult),
      leadership: overseer.leadership(),
      endpoints: overseer.endpoints(),
      alerts: overseer.alerts.running,
      profitByDay: overseer.profitByDay(),
      health: overseer.health(),
      ready: overseer.ready(),
    };
  }
}

const NOTHING: Done = { action: "watch", reason: "" };

function doneAbout({ loan, healthWad, verdict }: Judgement, { actions }: Decision, mode: Mode): Done {
  const health = healthWad === undefined ? "unknown" : wadText(healthWad);
  const reason = verdict.kind === "unpriced" ? verdict.why : `health ${health}`;
  const done = actions.get(loan.id) ?? { action: "watch" as const, reason };
  return done.action === "sent" && mode === "monitor" ? { ...done, action: "would-send" } : done;
}

function describeLoan({ loan, debt, healthWad }: Judgement, done: Done): LoanReport {
  return {
    loan: loanText(loan.id),
    facility: loan.facility,
    debt: debt.toString(),
    collateral: loan.collateral.toString(),
    health: healthWad === undefined ? null : wadText(healthWad),
    action: done.action,
    reason: done.reason,
  };
}
