import type { Head, Node } from "../chain/node.js";
import type { LaneView } from "../dispatch/dispatcher.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending, Settled, Submitted } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";

/** Takes what would be sent and sends nothing: each block is decided as if nothing had been sent before. */
export class DrySender implements Sender {
  readonly lanes: readonly LaneView[] = [];
  readonly breaker = { ineffective: 0, record: (): void => undefined };
  constructor(
    private readonly node: Pick<Node, "balance">,
    private readonly operator: string,
  ) {}

  get pending(): readonly Pending[] {
    return [];
  }

  isPending(): boolean {
    return false;
  }

  shardOf(): number {
    return 0;
  }

  halted(): string {
    return "";
  }

  leads(): boolean {
    return true;
  }

  trouble(): string {
    return "";
  }

  free(head: Head): Promise<bigint> {
    return this.node.balance(this.operator, head.number);
  }

  deadline(head: Head, seconds: bigint): bigint {
    return head.timestamp + seconds;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  submit(intent: Intent, head: Head): Promise<Submitted> {
    return Promise.resolve({ ok: true, pending: pendingOf(intent, this.operator, 0, head, ""), hash: "" });
  }

  submitAll(intents: readonly Intent[], head: Head): Promise<Submitted[]> {
    return Promise.all(intents.map(async (intent) => this.submit(intent, head)));
  }

  collect(): Promise<Settled[]> {
    return Promise.resolve([]);
  }

  tend(): Promise<void> {
    return Promise.resolve();
  }

  rolledBack(): void {
    // Nothing was ever sent.
  }

  stop(): void {
    // Nothing is under way.
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }
}

/** Something sent without a journal. */
export function pendingOf(intent: Intent, lane: string, nonce: number, head: Head, hash: string): Pending {
  const live = { hash, raw: "0x", intent, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
  return {
    ...{ id: nonce, lane, nonce, intent, attempts: [], live, extraWei: 0n, sentAtBlock: head.number, sentAtMs: 0 },
    ...{ isSentWritten: true, isUnanswered: false, isRefused: false, missing: undefined, floor: undefined },
    ...{ minedIn: undefined, writtenMinedIn: undefined, isFinalWritten: false },
  };
}
