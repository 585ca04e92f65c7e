import type { Intent } from "../dispatch/intent.js";

/**
 * What a keeper must not forget: what it sent, what came of it, why it decided as it did, and how far its index had come. On
 * one machine a file (SQLite), for several keepers a PostgreSQL; both pass one conformance suite.
 *
 * A store belongs to one deployment on one chain: opened for another it refuses. A write is durable when its promise resolves.
 * One that rejects with StoreFailed changed nothing, or was written and the answer was lost: the same call again, with the same
 * arguments, is always safe and comes to the same. Nothing waits for a database longer than a few seconds.
 */
export interface Store {
  readonly journal: Journal;
  readonly results: ResultStore;
  readonly decisions: DecisionStore;
  readonly snapshots: SnapshotStore;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

/** Which deployment a store is of. */
export interface StoreScope {
  readonly chainId: bigint;
  readonly loanManager: string;
}

// ---- what was sent ----

/**
 * The life of a transaction: `intent` (its nonce is taken) → `signed` (its bytes are written down; it may be out from here on)
 * → `sent` (a node has taken it, or may have) → `mined` → `final`, or `abandoned` where the nonce is certainly free or went to
 * another transaction.
 */
export type TransactionState = "intent" | "signed" | "sent" | "mined" | "final" | "abandoned";

/** Bytes that were signed under a transaction's nonce; at most one of them will be mined. */
export interface JournalAttempt {
  readonly hash: string;
  readonly raw: string;
  /** What these bytes do: the transaction's own intent, or its cancellation. */
  readonly intent: Intent;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface JournalTransaction {
  /** Given by the journal. */
  readonly id: number;
  /** Address whose nonce it takes, lower case. */
  readonly lane: string;
  readonly nonce: number;
  readonly intent: Intent;
  /** All loans it is about, or what else; more than one for a bundle. */
  readonly subjects: readonly string[];
  readonly state: TransactionState;
  /** In the order in which they were signed. */
  readonly attempts: readonly JournalAttempt[];
  /** Fence of the lease under which it was last signed or intended; 0 without leadership. */
  readonly fence: bigint;
  /** Milliseconds since 1970. */
  readonly intendedAt: number;
  /** Set from `mined` on. */
  readonly minedHash: string | undefined;
  readonly minedBlock: number | undefined;
  /** Why it was abandoned. */
  readonly why: string | undefined;
}

/**
 * A fence is checked where a late word of a keeper that no longer leads could do harm: `intend`, `sign` and `abandoned`. What the
 * chain or a node said (`sent`, `mined`, `final`) is true whoever writes it down.
 */
export interface Journal {
  /**
   * Takes a nonce for an intent, before anything is signed. The same intent under the same nonce and fence, not signed yet, is
   * the same transaction.
   *
   * @throws NonceTaken where an unfinished transaction has it
   * @throws FenceLost where `fence` is not 0 and its lease is over or another's: another keeper leads, or will
   */
  intend(entry: {
    lane: string;
    nonce: number;
    intent: Intent;
    subjects: readonly string[];
    fence: bigint;
    at: number;
  }): Promise<number>;
  /**
   * Writes down signed bytes, before they are sent; the state becomes `signed`, or stays `sent` where others were sent before.
   * A keeper that takes up another's transaction signs under its own fence.
   *
   * @throws FenceLost as above
   */
  sign(id: number, attempt: JournalAttempt, fence: bigint): Promise<void>;
  /** From `signed`; nothing where it is further already. */
  sent(id: number): Promise<void>;
  /**
   * Also takes it back to `sent`, with undefined, where a reorganisation took its block, or the block of the one that had gone
   * before an abandoned one.
   *
   * @throws NonceTaken where it was abandoned and its nonce is another's by now
   */
  mined(id: number, mined: { hash: string; block: number } | undefined): Promise<void>;
  final(id: number): Promise<void>;
  /** @throws FenceLost as above */
  abandoned(id: number, why: string, fence: bigint): Promise<void>;
  /** All that are neither final nor abandoned, by nonce. */
  unfinished(lane: string): Promise<JournalTransaction[]>;
  /** Newest first; for people. */
  recent(limit: number): Promise<JournalTransaction[]>;
  /** Those about a loan, oldest first. */
  about(subject: string): Promise<JournalTransaction[]>;
}

// ---- what came of it ----

/** A booked result, as JSON; amounts as decimal strings in the token's smallest unit. */
export interface StoredResult {
  readonly hash: string;
  /** Loan, oracle, or what else it was about; one row a subject of a bundle. */
  readonly subject: string;
  readonly facility: number;
  readonly kind: string;
  readonly outcome: string;
  readonly block: number;
  /** Second of the block. */
  readonly timestamp: number;
  readonly loanAsset: string | null;
  readonly grossProfit: string;
  readonly feesWei: string;
  /** Fees in loan units; null where there was no price of ether. */
  readonly feesInLoanAsset: string | null;
  /** All the rest that is known of it. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ResultStore {
  /** One for each hash and subject: a repeated one replaces the former. */
  put(results: readonly StoredResult[]): Promise<void>;
  /** Takes back what was booked in blocks after `block`, of all facilities or of those named. */
  removeAfter(block: number, facilities?: readonly number[]): Promise<void>;
  /** By block, of blocks' seconds within [from, to). */
  between(from: number, to: number): Promise<StoredResult[]>;
}

// ---- why ----

/** What was decided about a loan at a block, with the figures it rests on; written when it changes, not at each block. */
export interface StoredDecision {
  readonly subject: string;
  readonly block: number;
  readonly timestamp: number;
  readonly action: string;
  readonly code: string;
  /** As JSON: debt, value, health, quote, proceeds, fees, margin. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface DecisionStore {
  /** One for each subject and block: a repeated one (after a reorganisation) replaces the former. */
  append(decisions: readonly StoredDecision[]): Promise<void>;
  /** The latest written, newest last. */
  about(subject: string, limit: number): Promise<StoredDecision[]>;
  /** Forgets those before a second, but the last of each subject. */
  forgetBefore(timestamp: number): Promise<void>;
}

// ---- how far the index had come ----

export interface SnapshotStore {
  /** Replaces the former of that name in one step; long ones are written piece by piece without holding up the process. */
  save(name: string, chunks: Iterable<Uint8Array>): Promise<void>;
  /** @returns undefined where there is none, or where a piece is missing */
  load(name: string): Promise<Buffer | undefined>;
}

// ---- who leads ----

export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** New with every change of holder, and no two leases ever have the same: a write with an older one is refused. */
  readonly fence: bigint;
  /** Milliseconds since 1970 by the store's own clock. */
  readonly expiresAt: number;
  /** By the store's clock, when it answered. */
  readonly now: number;
}

/**
 * Leases by the store's own clock; a clock that goes back frees them rather than making them longer. A name is `group/rest`:
 * while a lease of one group is held, none of another is given, so that keepers who divide the work differently never lead
 * at a time.
 */
export interface LeaseStore {
  /**
   * Takes a free or expired lease, or renews one's own. @returns who has it now, oneself or another; where another group holds
   * leases, one of those
   */
  acquire(name: string, holder: string, milliseconds: number): Promise<Lease>;
  /** Gives one's own up; nothing where it is another's. */
  release(name: string, holder: string): Promise<void>;
  /** All that are held, by name. */
  held(): Promise<Lease[]>;
}
