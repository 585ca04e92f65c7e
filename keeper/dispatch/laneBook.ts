import type { Signer } from "../keys/signer.js";
import { type Pending, reservedFor } from "./pending.js";

/** What is known of one account: its nonces, what waits under them and what was mined but is not final. */
export class LaneBook {
  readonly address: string;
  /** Not mined yet, by nonce. */
  readonly waiting: Pending[] = [];
  /** Mined, not final. */
  readonly mined: Pending[] = [];
  /** The latest final ones, for a reorganisation deeper than what was called final. */
  readonly final: Pending[] = [];
  /** Journal entries whose nonce is free, where the journal could not be told yet. */
  readonly orphans = new Map<number, string>();
  /** The nonce to take next. */
  next = 0;
  /** Transactions of this key are under way that nobody here sent: below this nonce, known since that head. */
  strangers: { readonly below: number; since: number | undefined } | undefined;
  /** A nonce below all that wait which is nobody's of ours, and since when. */
  gap: { readonly nonce: number; readonly block: number; readonly ms: number } | undefined;
  /** The nonce that has waited for too long below others; it holds them up until it is mined, also when it was replaced. */
  stuckNonce: number | undefined;
  /** Being placed right now, and the most they may cost. */
  placing = 0;
  reserving = 0n;

  private queue: Promise<unknown> = Promise.resolve();

  constructor(readonly signer: Signer) {
    this.address = signer.address.toLowerCase();
  }

  /** One at a time: nonces are taken in order, and one that is given back was not passed over meanwhile. */
  async exclusive<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(task);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.queue;
  }

  clear(): void {
    for (const list of [this.waiting, this.mined, this.final]) list.length = 0;
    this.orphans.clear();
    this.strangers = undefined;
    this.gap = undefined;
    this.stuckNonce = undefined;
  }

  add(pending: Pending): void {
    this.waiting.push(pending);
    this.waiting.sort((a, b) => a.nonce - b.nonce);
    this.next = Math.max(this.next, pending.nonce + 1);
  }

  remove(pending: Pending): void {
    for (const list of [this.waiting, this.mined]) {
      const at = list.indexOf(pending);
      if (at >= 0) list.splice(at, 1);
    }
  }

  owns(nonce: number): boolean {
    return [...this.waiting, ...this.mined].some((one) => one.nonce === nonce);
  }

  knows(id: number): boolean {
    return [...this.waiting, ...this.mined].some((one) => one.id === id);
  }

  get isStuck(): boolean {
    return this.waiting.some(({ nonce }) => nonce === this.stuckNonce);
  }

  /** Nonce after all of ours. */
  get afterOwn(): number {
    return Math.max(0, ...[...this.waiting, ...this.mined].map(({ nonce }) => nonce + 1));
  }

  /** Wei spoken for by what waits and what is being placed. */
  get reserved(): bigint {
    return this.waiting.reduce((sum, pending) => sum + reservedFor(pending), this.reserving);
  }
}
