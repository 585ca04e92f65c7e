import type { Head } from "../chain/node.js";
import type { Pending, Settled, Submitted } from "../dispatch/dispatcher.js";
import type { Intent } from "../dispatch/intent.js";
import type { Sender } from "../dispatch/sender.js";

/** Takes what would be sent and sends nothing: each block is decided as if nothing had been sent before. */
export class DrySender implements Sender {
  readonly blockedByStrangers = false;
  readonly pending: readonly Pending[] = [];

  isPending(): boolean {
    return false;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  submit(intent: Intent, head: Head): Promise<Submitted> {
    const since = { sentAtBlock: head.number, sentAtMs: 0, missing: 0, floor: undefined };
    const pending: Pending = { nonce: 0, intent, attempts: [], ...since };
    return Promise.resolve({ ok: true, nonce: 0, hash: "", pending });
  }

  collect(): Promise<Settled[]> {
    return Promise.resolve([]);
  }

  tend(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {
    // Nothing was ever sent.
  }
}
