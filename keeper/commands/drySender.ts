import type { Head } from "../chain/node.js";
import type { Pending, Settled, Submitted } from "../dispatch/dispatcher.js";
import type { Intent } from "../dispatch/intent.js";
import type { Sender } from "../dispatch/sender.js";

/** Takes what would be sent and sends nothing: each block is decided as if nothing had been sent before. */
export class DrySender implements Sender {
  readonly blockedByStrangers = false;
  private wanted: Pending[] = [];

  get pending(): readonly Pending[] {
    return this.wanted;
  }

  isPending(): boolean {
    return false;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  submit(intent: Intent, head: Head): Promise<Submitted> {
    const nonce = this.wanted.length;
    const waiting = { sentAtBlock: head.number, sentAtMs: 0, missing: 0, floor: undefined };
    this.wanted.push({ nonce, intent, attempts: [], ...waiting });
    return Promise.resolve({ ok: true, nonce, hash: "" });
  }

  /** A new block: what was wanted for the last one is forgotten. */
  collect(): Promise<Settled[]> {
    this.wanted = [];
    return Promise.resolve([]);
  }

  tend(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {
    // Nothing was ever sent.
  }
}
