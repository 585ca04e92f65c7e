import { Transaction, type Wallet, keccak256 } from "ethers";
import type { Logger } from "pino";
import type { Head, Receipt } from "../chain/node.js";
import { type GasFees, bumpedFees, feesAt } from "./fees.js";
import type { Intent } from "./intent.js";
import type { JournalEntry } from "./journal.js";
import { type SendOutcome, sendOutcome } from "./sendErrors.js";
import type { Trace } from "../serve/trace.js";

/** What the dispatcher needs of a node. */
export interface SendNode {
  send(raw: string): Promise<void>;
  receipt(hash: string): Promise<Receipt | undefined>;
  knows(hash: string): Promise<boolean>;
  transactionCount(address: string, at: "latest" | "pending"): Promise<number>;
}

/** Where sent transactions are remembered over a restart. */
export interface SentMemory {
  entriesFrom(nonce: number): JournalEntry[];
  append(entry: JournalEntry): void;
  compact(nonce: number): void;
}

export interface Attempt {
  readonly hash: string;
  readonly raw: string;
  readonly intent: Intent;
  readonly fees: GasFees;
}

export interface Pending {
  readonly nonce: number;
  /** What was wanted under this nonce to begin with. */
  readonly intent: Intent;
  /** All transactions sent under it; at most one of them will be mined. */
  readonly attempts: Attempt[];
  /** Head and time of the last attempt. */
  sentAtBlock: number;
  sentAtMs: number;
  /** Heads at which the nonce was used up on chain without a receipt of ours. */
  missing: number;
  /** Fees a node found too low for a replacement. */
  floor: GasFees | undefined;
  /** Where its time goes; none for what an earlier process sent. */
  readonly trace?: Trace | undefined;
}

export type Settled =
  | { readonly kind: "mined"; readonly pending: Pending; readonly attempt: Attempt; readonly receipt: Receipt }
  /** The nonce went to a transaction that is not ours. */
  | { readonly kind: "superseded"; readonly pending: Pending };

export type Submitted =
  | { readonly ok: true; readonly nonce: number; readonly hash: string; readonly pending: Pending }
  | { readonly ok: false; readonly outcome: SendOutcome; readonly why: string };

export interface DispatchOptions {
  readonly chainId: bigint;
  readonly priorityFee: bigint;
  readonly feeBumpPercent: bigint;
  readonly replaceAfterBlocks: number;
  readonly replaceAfterMs: number;
  /** Most one unit of gas may be offered, wei: the budget of a replacement. */
  readonly maxFeePerGas: (intent: Intent) => bigint;
  /** Whether a transaction that waits is still worth sending. */
  readonly stillWanted: (intent: Intent) => Promise<boolean>;
}

/** Heads after which a nonce used up by others is believed; a receipt may come later than the count. */
const SUPERSEDED_AFTER = 2;
/** Heads to wait for transactions of this key that nobody here knows of. */
const STRANGERS_PATIENCE = 5;
const CANCEL_GAS = 21_000n;
const SUBMIT_ATTEMPTS = 4;

/**
 * The keeper's own nonces. A transaction is journalled, then sent; what the node answers decides whether its nonce is used,
 * free or uncertain, and an uncertain one is sent again, the same bytes, until the chain says. One that waits too long is
 * replaced with higher fees, or cancelled when it is no longer wanted.
 */
export class Dispatcher {
  private waiting: Pending[] = [];
  private nextNonce = 0;
  private strangersUntil: { nonce: number; head: number | undefined } | undefined;

  constructor(
    private readonly node: SendNode,
    private readonly wallet: Wallet,
    private readonly memory: SentMemory,
    private readonly options: DispatchOptions,
    private readonly log: Logger,
    private readonly clock: () => number = Date.now,
  ) {}

  get pending(): readonly Pending[] {
    return this.waiting;
  }

  isPending(subject: string): boolean {
    return this.waiting.some(({ intent }) => intent.subject === subject);
  }

  /** Whether transactions of this key are under way that this keeper did not send: until they are mined, it sends none. */
  get blockedByStrangers(): boolean {
    return this.strangersUntil !== undefined;
  }

  /** Finds out which nonce is next, and takes up again what an earlier process sent. */
  async start(): Promise<void> {
    const [mined, known] = await this.counts();
    this.memory.compact(mined);
    const byNonce = new Map<number, JournalEntry[]>();
    for (const entry of this.memory.entriesFrom(mined)) {
      byNonce.set(entry.nonce, [...(byNonce.get(entry.nonce) ?? []), entry]);
    }
    // A gap below a journalled nonce would keep it waiting for ever: what is beyond it was never sent or is lost.
    let nonce = mined;
    for (let entries = byNonce.get(nonce); entries !== undefined; entries = byNonce.get(nonce)) {
      this.adopt(nonce, entries);
      nonce += 1;
    }
    this.nextNonce = Math.max(nonce, known);
    if (known > nonce) this.strangersUntil = { nonce: known, head: undefined };
    if (this.waiting.length > 0) this.log.info({ transactions: this.waiting.length }, "taking up what was sent before");
  }

  private adopt(nonce: number, entries: readonly JournalEntry[]): void {
    const attempts = entries.map(({ hash, raw, intent, maxFeePerGas, maxPriorityFeePerGas }) => ({
      hash,
      raw,
      intent,
      fees: { maxFeePerGas, maxPriorityFeePerGas },
    }));
    const first = attempts[0];
    if (first === undefined) return;
    this.waiting.push({
      nonce,
      intent: first.intent,
      attempts,
      sentAtBlock: -1,
      sentAtMs: this.clock(),
      missing: 0,
      floor: undefined,
    });
  }

  /** Signs, journals and sends. A nonce that the node has certainly not used is free again afterwards. */
  async submit(intent: Intent, head: Head, trace?: Trace): Promise<Submitted> {
    let fees = feesAt(head.baseFeePerGas, this.options.priorityFee);
    let why = "";
    let outcome: SendOutcome = "rejected";
    for (let tries = 0; tries < SUBMIT_ATTEMPTS; tries++) {
      const nonce = this.nextNonce;
      const attempt = this.sign(intent, nonce, fees);
      trace?.mark("signed");
      ({ outcome, why } = await this.send(nonce, attempt));
      trace?.mark("sent");
      switch (outcome) {
        case "accepted":
        case "unknown":
          this.nextNonce = nonce + 1;
          if (outcome === "unknown") this.log.warn({ hash: attempt.hash, nonce, why }, "sent, but the answer is lost");
          return { ok: true, nonce, hash: attempt.hash, pending: this.wait(nonce, attempt, head, trace) };
        case "nonce-too-low":
        case "nonce-too-high":
          await this.resynchronise();
          break;
        case "underpriced":
          fees = bumpedFees(fees, feesAt(head.baseFeePerGas, this.options.priorityFee), this.options.feeBumpPercent);
          break;
        case "insufficient-funds":
        case "rejected":
          return { ok: false, outcome, why };
      }
    }
    return { ok: false, outcome, why };
  }

  private wait(nonce: number, attempt: Attempt, head: Head, trace: Trace | undefined): Pending {
    const { intent } = attempt;
    const since = { sentAtBlock: head.number, sentAtMs: this.clock(), missing: 0, floor: undefined };
    const pending: Pending = { nonce, intent, attempts: [attempt], ...since, trace };
    this.waiting.push(pending);
    return pending;
  }

  /** Takes out what `head` has settled; all of it or, when the node fails, nothing. */
  async collect(head: Head): Promise<Settled[]> {
    await this.watchStrangers(head);
    if (this.waiting.length === 0) return [];
    const mined = await this.node.transactionCount(this.wallet.address, "latest");
    const settled: Settled[] = [];
    for (const pending of this.waiting) {
      const done = await this.settle(pending, head, mined);
      if (done !== undefined) settled.push(done);
    }
    const gone = new Set(settled.map(({ pending }) => pending));
    this.waiting = this.waiting.filter((pending) => !gone.has(pending));
    if (gone.size > 0 && this.waiting.length === 0) this.memory.compact(this.nextNonce);
    return settled;
  }

  /** Sends again what the node lost, and replaces what has been waiting too long. */
  async tend(head: Head): Promise<void> {
    const lowest = this.waiting[0];
    for (const pending of this.waiting) {
      if (pending.missing > 0 || pending.sentAtBlock === head.number) continue;
      if (pending === lowest && this.isStuck(pending, head)) await this.replace(pending, head);
      else await this.sendAgainIfLost(pending);
    }
  }

  /** Takes back what was settled in blocks that are no longer part of the chain. */
  reopen(settled: readonly Settled[]): void {
    for (const { pending } of settled) this.waiting.push(pending);
    this.waiting.sort((a, b) => a.nonce - b.nonce);
  }

  private async settle(pending: Pending, head: Head, mined: number): Promise<Settled | undefined> {
    for (const attempt of pending.attempts) {
      const receipt = await this.node.receipt(attempt.hash);
      if (receipt === undefined) continue;
      // Mined after the head that is being decided: the next decision's business.
      if (receipt.blockNumber > head.number) return undefined;
      pending.trace?.mark("mined");
      return { kind: "mined", pending, attempt, receipt };
    }
    if (pending.nonce >= mined) return undefined;
    pending.missing += 1;
    return pending.missing >= SUPERSEDED_AFTER ? { kind: "superseded", pending } : undefined;
  }

  private isStuck({ sentAtBlock, sentAtMs }: Pending, head: Head): boolean {
    const { replaceAfterBlocks, replaceAfterMs } = this.options;
    return head.number - sentAtBlock >= replaceAfterBlocks && this.clock() - sentAtMs >= replaceAfterMs;
  }

  private async sendAgainIfLost(pending: Pending): Promise<void> {
    const last = pending.attempts.at(-1);
    if (last === undefined) return;
    for (const { hash } of pending.attempts) if (await this.node.knows(hash)) return;
    const { outcome, why } = await this.deliver(last.raw);
    this.log.warn({ nonce: pending.nonce, hash: last.hash, outcome, why }, "the node had lost it: sent again");
  }

  private async replace(pending: Pending, head: Head): Promise<void> {
    const last = pending.attempts.at(-1);
    if (last === undefined) return;
    const wanted = last.intent.kind === "cancel" || (await this.options.stillWanted(pending.intent));
    const intent = wanted ? last.intent : this.cancellation(pending.intent);
    const now = feesAt(head.baseFeePerGas, this.options.priorityFee);
    const fees = bumpedFees(pending.floor ?? last.fees, now, this.options.feeBumpPercent);
    if (fees.maxFeePerGas > this.options.maxFeePerGas(intent)) {
      this.log.warn({ nonce: pending.nonce, maxFeePerGas: fees.maxFeePerGas }, "not replaced: beyond the budget");
      return this.sendAgainIfLost(pending);
    }
    const attempt = this.sign(intent, pending.nonce, fees);
    const { outcome, why } = await this.send(pending.nonce, attempt);
    pending.sentAtBlock = head.number;
    pending.sentAtMs = this.clock();
    this.log.info(
      { nonce: pending.nonce, hash: attempt.hash, outcome, why, kind: intent.kind },
      "replaced what was stuck",
    );
    if (outcome === "accepted" || outcome === "unknown") {
      pending.attempts.push(attempt);
      pending.floor = undefined;
    } else if (outcome === "underpriced") pending.floor = fees;
  }

  private cancellation(intent: Intent): Intent {
    return { ...intent, kind: "cancel", to: this.wallet.address, data: "0x", gasLimit: CANCEL_GAS };
  }

  private sign(intent: Intent, nonce: number, fees: GasFees): Attempt {
    const transaction = transactionOf(intent, nonce, fees, this.options.chainId);
    transaction.signature = this.wallet.signingKey.sign(transaction.unsignedHash);
    const raw = transaction.serialized;
    return { hash: keccak256(raw), raw, intent, fees };
  }

  private async send(nonce: number, attempt: Attempt): Promise<{ outcome: SendOutcome; why: string }> {
    const { hash, raw, intent, fees } = attempt;
    this.memory.append({ nonce, hash, raw, intent, ...fees });
    return this.deliver(raw);
  }

  private async deliver(raw: string): Promise<{ outcome: SendOutcome; why: string }> {
    try {
      await this.node.send(raw);
      return { outcome: "accepted", why: "" };
    } catch (error) {
      return { outcome: sendOutcome(error), why: error instanceof Error ? error.message : String(error) };
    }
  }

  private async resynchronise(): Promise<void> {
    const [mined, known] = await this.counts();
    const own = this.waiting.at(-1);
    this.nextNonce = Math.max(mined, known, own === undefined ? 0 : own.nonce + 1);
    this.log.warn({ nextNonce: this.nextNonce }, "the nonce was another than expected");
  }

  private async watchStrangers(head: Head): Promise<void> {
    if (this.strangersUntil === undefined) return;
    this.strangersUntil.head ??= head.number;
    const [mined] = await this.counts();
    const waited = head.number - this.strangersUntil.head;
    if (mined < this.strangersUntil.nonce && waited < STRANGERS_PATIENCE) return;
    this.strangersUntil = undefined;
  }

  private async counts(): Promise<[mined: number, known: number]> {
    const { address } = this.wallet;
    return Promise.all([this.node.transactionCount(address, "latest"), this.node.transactionCount(address, "pending")]);
  }
}

/** The transaction an intent becomes; unsigned, also what fees are asked for. */
export function transactionOf(intent: Intent, nonce: number, fees: GasFees, chainId: bigint): Transaction {
  const { to, data, gasLimit } = intent;
  return Transaction.from({ type: 2, chainId, nonce, to, data, gasLimit, value: 0n, ...fees });
}
