import { parseEther } from "ethers";
import type { Logger } from "pino";
import { oracleAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { Config } from "../config/schema.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";
import type { DecisionInput } from "./input.js";

export interface DisagreementDeps {
  readonly config: Config;
  readonly node: Node;
  readonly operator: string;
  readonly dispatcher: Sender;
  readonly log: Logger;
}

/**
 * A hold ends after the oracle's cap, but only for a disagreement that is noted at least every hour. So while it holds
 * anything back, it is noted: once at first, then well before an hour is over.
 */
export class Disagreements {
  /** Second of the last note, by oracle. */
  private readonly notedAt = new Map<string, bigint>();

  constructor(private readonly deps: DisagreementDeps) {}

  /** A note was mined. */
  noted(oracle: string, at: bigint): void {
    this.notedAt.set(oracle, at);
  }

  async note({ head, facts, judgements, halted, trace }: DecisionInput, sent: Pending[]): Promise<void> {
    const { config, dispatcher, log, node, operator } = this.deps;
    if (config.noteEverySeconds === 0 || halted !== "") return;
    const holding = new Set(judgements.filter(({ verdict }) => verdict.kind === "held").map((one) => one.facility.id));
    for (const id of holding) {
      const oracle = facts.get(id)?.facility.oracle;
      if (oracle === undefined || dispatcher.isPending(oracle) || dispatcher.halted(head.number, id) !== "") continue;
      const last = this.notedAt.get(oracle);
      if (last !== undefined && head.timestamp - last < BigInt(config.noteEverySeconds)) continue;
      const data = oracleAt(oracle).encode("noteDisagreement", []);
      let gas: bigint;
      try {
        gas = await node.estimateGas({ to: oracle, data, from: operator });
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        log.info({ facility: id, why: error.reason }, "the disagreement cannot be noted");
        continue;
      }
      const intent: Intent = {
        ...{ kind: "note", subjects: [oracle], facility: id, to: oracle, data, expectedEvents: 1 },
        gasLimit: (gas * BigInt(100 + config.gasHeadroomPercent)) / 100n,
        maxCostWei: parseEther(config.maxFeeEther),
      };
      const submitted = await dispatcher.submit(intent, head, trace.fork());
      if (submitted.ok) sent.push(submitted.pending);
      else log.warn({ facility: id, ...submitted }, "a note of a disagreement was not accepted");
    }
  }
}
