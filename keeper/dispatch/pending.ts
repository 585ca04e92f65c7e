import type { Receipt } from "../chain/node.js";
import type { JournalAttempt } from "../store/store.js";
import type { Effect } from "./effects.js";
import type { GasFees } from "./fees.js";
import type { Intent } from "./intent.js";
import type { SendOutcome } from "./sendErrors.js";

/** Bytes that were signed and written down. */
export type Attempt = JournalAttempt;

/** A transaction whose nonce is taken and whose end is not known yet. */
export interface Pending {
  /** The journal's; another where it was final and waits again. */
  id: number;
  /** Address whose nonce it has, lower case. */
  readonly lane: string;
  readonly nonce: number;
  /** What was wanted under this nonce to begin with. */
  readonly intent: Intent;
  /** All bytes signed under it; at most one of them will be mined. */
  readonly attempts: Attempt[];
  /** The latest that a node has taken, or may have. */
  live: Attempt;
  /** Head and time of the last attempt. */
  sentAtBlock: number;
  sentAtMs: number;
  /** Whether the journal says so too; a node has it, or may have. */
  isSentWritten: boolean;
  /** Nobody has said whether the latest bytes arrived. */
  isUnanswered: boolean;
  /** A node that did not have it would not take it again: it must be cancelled. */
  isRefused: boolean;
  /** Since when the nonce is used up on chain without a receipt of ours. */
  missing: { readonly block: number; readonly ms: number } | undefined;
  /** Fees a node found too low for a replacement. */
  floor: GasFees | undefined;
  /** The most the rollup takes beyond gas; undefined where nobody asked yet. */
  extraWei: bigint | undefined;
  /** Where it was mined, by the chain and by the journal. */
  minedIn: MinedIn | undefined;
  writtenMinedIn: MinedIn | undefined;
  isFinalWritten: boolean;
}

export interface MinedIn {
  readonly hash: string;
  readonly block: number;
}

export type Settled =
  | {
      readonly kind: "mined";
      readonly pending: Pending;
      readonly attempt: Attempt;
      readonly receipt: Receipt;
      readonly effect: Effect;
    }
  /** The nonce went to a transaction that is not ours. */
  | { readonly kind: "superseded"; readonly pending: Pending };

/** Why nothing was sent, beside what nodes answer. */
export type Refusal =
  | SendOutcome
  /** Something about one of its subjects is under way already. */
  | "subject-taken"
  /** More than the intent's `maxCostWei`. */
  | "too-expensive"
  /** No lane can be used: strangers' transactions, too many waiting. */
  | "no-lane"
  /** It could not be written down first. */
  | "journal-failed"
  | "signer-failed"
  | "not-leading"
  /** Valid for longer than the lease. */
  | "beyond-lease"
  | "stopping"
  /** Too much of what was sent failed: see the breaker. */
  | "halted";

export type Submitted =
  | { readonly ok: true; readonly pending: Pending; readonly hash: string }
  | { readonly ok: false; readonly outcome: Refusal; readonly why: string };

export const refused = (outcome: Refusal, why: string): Submitted => ({ ok: false, outcome, why });

/** The most it can still cost, wei. */
export function reservedFor({ live, extraWei, minedIn }: Pending): bigint {
  return minedIn === undefined ? live.intent.gasLimit * live.maxFeePerGas + (extraWei ?? 0n) : 0n;
}
