import type { Outcome } from "../account/books.js";
import type { RunningAlert } from "./alerts/alerts.js";

/** The JSON of /status and of the lines on stdout. Amounts are decimal strings in the token's smallest unit; ids 0x-hex. */
export interface StatusReport {
  /** Whether it sends. */
  readonly mode: Mode;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly network: string;
  readonly chainId: number;
  readonly operator: string;
  readonly liquidator: string;
  /** Newest block whose loans were judged and everything due sent; null before the first. */
  readonly decided: BlockReport | null;
  /** Newest block seen. */
  readonly head: BlockReport | null;
  /** Sent transactions that are not known to be mined or lost, as of now. */
  readonly pending: number;
  readonly pendingTransactions: readonly PendingReport[];
  /** Not empty: nothing is sent, and why. */
  readonly halted: string;
  readonly loans: number;
  readonly facilities: readonly FacilityReport[];
  readonly atRisk: readonly LoanReport[];
  readonly totals: TotalsReport;
  /** The latest results, newest last. */
  readonly results: readonly ResultReport[];
  readonly leadership: LeadershipReport;
  readonly endpoints: readonly EndpointReport[];
  /** What is wrong now. */
  readonly alerts: readonly RunningAlert[];
  /** Of the last days with results, newest first; from the store, over restarts. */
  readonly profitByDay: readonly DayReport[];
  readonly health: { readonly ok: boolean; readonly reason: string };
  readonly ready: { readonly ok: boolean; readonly reason: string };
}

export type Mode =
  | "run"
  /** It decides as if, and sends nothing. */
  | "monitor";

export interface LeadershipReport {
  /** Alone: there is no lease to compete for. */
  readonly role: "alone" | "leader" | "standby";
  /** Who leads; null where nobody does, or nobody can. */
  readonly holder: string | null;
  /** Shards that this keeper leads. */
  readonly shards: readonly number[];
  /** Grows with every change of leader. */
  readonly fence: string | null;
}

export interface EndpointReport {
  /** Its address without what could be secret. */
  readonly endpoint: string;
  readonly state: "up" | "down" | "foreign" | "lagging";
  /** Newest block it was heard of. */
  readonly head: number | null;
  readonly latencyMs: number | null;
  /** Why it is not up. */
  readonly note: string | null;
}

export interface DayReport {
  /** UTC, 2026-01-31. */
  readonly day: string;
  readonly asset: string;
  readonly symbol: string;
  readonly decimals: number;
  readonly done: number;
  readonly other: number;
  readonly grossProfit: string;
  readonly fees: string;
  readonly netProfit: string;
  readonly feesWei: string;
}

/** Where a status gets what the keeper itself does not know; whoever knows it gives it. */
export interface StatusSources {
  readonly leadership?: () => LeadershipReport;
  readonly endpoints?: () => readonly EndpointReport[];
}

export interface BlockReport {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
}

export interface PendingReport {
  readonly nonce: number;
  readonly kind: string;
  /** Loans or an oracle it is about. */
  readonly subjects: readonly string[];
  readonly hashes: readonly string[];
  readonly sentAtBlock: number;
}

export interface FacilityReport {
  readonly id: number;
  readonly loanSymbol: string;
  readonly loanDecimals: number;
  readonly loans: number;
  readonly debt: string;
  /** Price of liquidation scaled 1e36; null where the oracle refuses. */
  readonly priceE36: string | null;
  /** Why the oracle refuses. */
  readonly refusal: string | null;
  /** Second from which liquidations held back by a disagreement pass at the earliest. */
  readonly heldUntil: number | null;
}

/** What was decided about a loan, and why. */
export interface LoanReport {
  readonly loan: string;
  readonly facility: number;
  readonly debt: string;
  readonly collateral: string;
  /** Health factor, e.g. "0.9713"; null without a price. */
  readonly health: string | null;
  readonly action: LoanAction;
  readonly reason: string;
}

export type LoanAction =
  /** Healthy, but near the limit. */
  | "watch"
  /** A liquidation was sent for this block. */
  | "sent"
  /** One would have been sent, if it sent anything. */
  | "would-send"
  /** One that was sent earlier is not mined yet. */
  | "pending"
  /** A disagreement of the oracle's sources holds it back. */
  | "held"
  /** Liquidatable, and left alone for `reason`. */
  | "left";

export interface ResultReport {
  readonly kind: string;
  readonly subject: string;
  readonly facility: number;
  readonly nonce: number;
  readonly hash: string | null;
  readonly block: number | null;
  readonly outcome: Outcome;
  readonly why: string | null;
  readonly loanAsset: string | null;
  readonly repaid: string;
  readonly seized: string;
  readonly debtClosed: string;
  readonly proceeds: string;
  /** Proceeds less repayment, loan units. */
  readonly grossProfit: string;
  readonly fees: FeesReport;
  /** The fees in loan units; null where no price of ether was to be had. */
  readonly feesInLoanAsset: string | null;
}

/** Wei. */
export interface FeesReport {
  readonly l2Gas: string;
  readonly l1Data: string;
  readonly operator: string;
}

export interface TotalsReport {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly fees: FeesReport;
  /** By loan asset. */
  readonly assets: Readonly<
    Record<string, { repaid: string; seized: string; grossProfit: string; fees: string; netProfit: string }>
  >;
}

/** One line on stdout. */
export type ReportLine =
  | {
      readonly type: "ready";
      /** Where /health, /metrics and /status are. */
      readonly http: string;
      readonly operator: string;
      readonly liquidator: string;
    }
  | {
      readonly type: "decided";
      readonly block: number;
      readonly hash: string;
      readonly timestamp: number;
      readonly loans: number;
      readonly pending: number;
      readonly facilities: readonly FacilityReport[];
      /** Loans at risk, with what was done about them. */
      readonly actions: readonly LoanReport[];
      /** Transactions sent for this block: liquidations and notes of a disagreement. */
      readonly sent: readonly PendingReport[];
    }
  | ({ readonly type: "settled" } & ResultReport)
  | { readonly type: "stopped"; readonly pending: number };
