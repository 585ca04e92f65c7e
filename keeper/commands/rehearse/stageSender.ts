import { itemOf } from "../../account/items.js";
import { explainRevert } from "../../chain/contracts.js";
import type { Head, Node, Receipt } from "../../chain/node.js";
import { RpcError } from "../../chain/rpcErrors.js";
import type { Intent } from "../../dispatch/intent.js";
import { type Pending, type Settled, type Submitted, refused } from "../../dispatch/pending.js";
import { DrySender, pendingOf } from "../drySender.js";
import type { Fork } from "./fork.js";

/** How a rehearsed transaction ended for one of those it was about. */
export interface Rehearsed {
  readonly kind: Intent["kind"];
  readonly subject: string;
  readonly facility: number;
  readonly block: number;
  /** Its part of the transaction's. */
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
}

/** Sends for the operator without a key, on a fork, and looks what came of it. */
export class StageSender extends DrySender {
  readonly ended: Rehearsed[] = [];
  private waiting: Pending[] = [];

  constructor(private readonly stage: Stage) {
    super(stage.node, stage.operator);
  }

  override get pending(): readonly Pending[] {
    return this.waiting;
  }

  override isPending(subject?: string): boolean {
    return this.waiting.some(({ intent }) => subject !== undefined && intent.subjects.includes(subject));
  }

  override async submit(intent: Intent, head: Head): Promise<Submitted> {
    const { fork, operator } = this.stage;
    try {
      const hash = await fork.send(operator, intent.to, intent.data, intent.gasLimit);
      const pending = pendingOf(intent, operator, this.waiting.length, head, hash);
      this.waiting.push(pending);
      return { ok: true, pending, hash };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return refused("rejected", error.reason);
    }
  }

  override async collect(): Promise<Settled[]> {
    const still: Pending[] = [];
    for (const one of this.waiting) {
      const receipt = await this.stage.node.receipt(one.live.hash);
      if (receipt === undefined) still.push(one);
      else this.ended.push(...(await this.endings(one.intent, receipt)));
    }
    this.waiting = still;
    return [];
  }

  private async endings(intent: Intent, receipt: Receipt): Promise<Rehearsed[]> {
    const failure = receipt.status === 0 ? await this.failureOf(intent, receipt.blockNumber) : "";
    const gasUsed = receipt.gasUsed / BigInt(Math.max(1, intent.subjects.length));
    return intent.subjects.map((subject) => ({
      ...{ kind: intent.kind, subject, facility: intent.facility, block: receipt.blockNumber, gasUsed },
      ...(failure === "" && intent.kind === "liquidate" ? this.sold(receipt, subject) : { ...NOTHING, failure }),
    }));
  }

  private async failureOf({ to, data }: Intent, block: number): Promise<string> {
    return this.stage.node.call({ to, data, from: this.stage.operator }, block).then(
      () => "it reverted, and would pass now",
      (error: unknown) => (error instanceof RpcError ? explainRevert(error.data).text : String(error)),
    );
  }

  private sold(receipt: Receipt, subject: string): Pick<Rehearsed, "repaid" | "seized" | "grossProfit" | "failure"> {
    const item = itemOf(receipt, BigInt(subject), this.stage);
    if (item === undefined) return { ...NOTHING, failure: "status 1 without the liquidation's event" };
    if (item.kind === "failed") return { ...NOTHING, failure: item.revert.text };
    const { repaid, seized, grossProfit } = item.realised;
    return { repaid, seized, grossProfit, failure: "" };
  }
}

const NOTHING = { repaid: 0n, seized: 0n, grossProfit: 0n };
