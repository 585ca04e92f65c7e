import { realisedOf } from "../../account/receipts.js";
import { explainRevert } from "../../chain/contracts.js";
import type { Head, Node } from "../../chain/node.js";
import { RpcError } from "../../chain/rpcErrors.js";
import type { Pending, Settled, Submitted } from "../../dispatch/dispatcher.js";
import type { Intent } from "../../dispatch/intent.js";
import type { Sender } from "../../dispatch/sender.js";
import type { Fork } from "./fork.js";

/** How a rehearsed transaction ended. */
export interface Rehearsed {
  readonly kind: Intent["kind"];
  readonly subject: string;
  readonly facility: number;
  readonly block: number;
  readonly gasUsed: bigint;
  /** Empty where it did what it was sent for. */
  readonly failure: string;
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly grossProfit: bigint;
}

export interface Stage {
  readonly fork: Fork;
  readonly node: Node;
  readonly operator: string;
  readonly liquidator: string;
  readonly managers: readonly string[];
  readonly loanAssetOf: (facility: number) => string;
}

/** Sends for the operator without a key, on a fork, and looks what came of it. */
export class StageSender implements Sender {
  readonly blockedByStrangers = false;
  readonly ended: Rehearsed[] = [];
  private waiting: { readonly pending: Pending; readonly hash: string }[] = [];

  constructor(private readonly stage: Stage) {}

  get pending(): readonly Pending[] {
    return this.waiting.map(({ pending }) => pending);
  }

  isPending(subject: string): boolean {
    return this.waiting.some(({ pending }) => pending.intent.subject === subject);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async submit(intent: Intent, head: Head): Promise<Submitted> {
    const { fork, operator } = this.stage;
    try {
      const hash = await fork.send(operator, intent.to, intent.data, intent.gasLimit);
      const nonce = this.waiting.length;
      const rest = { sentAtBlock: head.number, sentAtMs: 0, missing: 0, floor: undefined };
      const pending: Pending = { nonce, intent, attempts: [], ...rest };
      this.waiting.push({ hash, pending });
      return { ok: true, nonce, hash, pending };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { ok: false, outcome: "rejected", why: error.reason };
    }
  }

  async collect(): Promise<Settled[]> {
    const still: typeof this.waiting = [];
    for (const one of this.waiting) {
      const receipt = await this.stage.node.receipt(one.hash);
      if (receipt === undefined) still.push(one);
      else this.ended.push(await this.ending(one.pending.intent, receipt));
    }
    this.waiting = still;
    return [];
  }

  tend(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): void {
    // A fork is put back only when the rehearsal is over.
  }

  private async ending(intent: Intent, receipt: NonNullable<Awaited<ReturnType<Node["receipt"]>>>): Promise<Rehearsed> {
    const { liquidator, managers, loanAssetOf, node, operator } = this.stage;
    const { kind, subject, facility } = intent;
    const base = { kind, subject, facility, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
    const nothing = { repaid: 0n, seized: 0n, grossProfit: 0n };
    if (receipt.status === 0) {
      const failure = await node.call({ to: intent.to, data: intent.data, from: operator }, receipt.blockNumber).then(
        () => "it reverted, and would pass now",
        (error: unknown) => (error instanceof RpcError ? explainRevert(error.data).text : String(error)),
      );
      return { ...base, ...nothing, failure };
    }
    if (kind !== "liquidate") return { ...base, ...nothing, failure: "" };
    const loan = BigInt(subject);
    const parties = { managers, liquidator, loanAsset: loanAssetOf(facility) };
    const done = realisedOf(receipt, [loan], parties).get(loan);
    return {
      ...base,
      ...(done ?? nothing),
      failure: done === undefined ? "status 1 without the liquidation's event" : "",
    };
  }
}
