import { type Revert, explainRevert } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { Settled } from "../dispatch/pending.js";
import { weiInLoanUnits } from "../plan/etherPrice.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import type { Outcome, Result } from "./books.js";
import { NO_FEES, paidFees, totalOf } from "./fees.js";
import { outcomeOfRevert } from "./outcome.js";
import { type Realised, feeOf, realisedOf } from "./receipts.js";

export interface AccountantDeps {
  readonly node: Node;
  readonly rollupFees: RollupFeeOracle;
  readonly operator: string;
  readonly managers: readonly string[];
  readonly liquidator: string;
  /** ProtectionOrders, where there is one. */
  readonly orders: string | undefined;
  /** The loan asset of a facility; undefined for one that is not known any more. */
  readonly loanAssetOf: (facility: number) => string | undefined;
  /** Units of the facility's loan asset for one ether; undefined where there is no price. */
  readonly etherPriceOf: (facility: number, head: Head) => Promise<bigint | undefined>;
}

type Mined = Extract<Settled, { kind: "mined" }>;

/** Turns settled transactions into results: what was earned by the log of the receipt, and what was paid, to the wei. */
export class Accountant {
  constructor(private readonly deps: AccountantDeps) {}

  /** @param settled all of the operator's transactions that one head settled, so that fees can be checked a block at a time */
  async book(settled: readonly Settled[], head: Head): Promise<Result[]> {
    const { node, rollupFees, operator } = this.deps;
    const byBlock = new Map<number, Mined[]>();
    for (const one of settled.filter(isMined)) {
      byBlock.set(one.receipt.blockNumber, [...(byBlock.get(one.receipt.blockNumber) ?? []), one]);
    }
    const results = new Map<Settled, Result>();
    for (const mined of byBlock.values()) {
      const fees = await paidFees(
        node,
        rollupFees,
        operator,
        mined.map(({ attempt, receipt }) => ({ raw: attempt.raw, receipt })),
      );
      for (const [index, one] of mined.entries()) {
        const paid = fees[index] ?? NO_FEES;
        results.set(one, await this.resultOf(one, paid, head));
      }
    }
    return settled.map((one) => results.get(one) ?? superseded(one));
  }

  private async resultOf(mined: Mined, fees: Result["fees"], head: Head): Promise<Result> {
    const { pending, attempt, receipt } = mined;
    const { facility, subjects, kind } = pending.intent;
    const [subject = ""] = subjects;
    const loanAsset = this.deps.loanAssetOf(facility);
    const realised = this.realised(mined, loanAsset);
    const { outcome, why } = await this.outcomeOf(mined, realised);
    const etherPrice = await this.deps.etherPriceOf(facility, head);
    return {
      kind,
      subject,
      facility,
      nonce: pending.nonce,
      hash: attempt.hash,
      block: receipt.blockNumber,
      outcome,
      why,
      loanAsset,
      realised,
      fees,
      feesInLoanAsset: etherPrice === undefined ? undefined : weiInLoanUnits(totalOf(fees), etherPrice),
    };
  }

  private realised({ attempt, receipt }: Mined, loanAsset: string | undefined): Realised | undefined {
    const { managers, liquidator, operator, orders } = this.deps;
    if (attempt.intent.kind === "order" && orders !== undefined) return feeOf(receipt, orders, operator);
    if (attempt.intent.kind !== "liquidate" || loanAsset === undefined) return undefined;
    return realisedOf(receipt, BigInt(attempt.intent.subjects[0] ?? 0), { managers, liquidator, loanAsset });
  }

  private async outcomeOf(
    { attempt, receipt, effect }: Mined,
    realised: Realised | undefined,
  ): Promise<{ outcome: Outcome; why: string | undefined }> {
    if (receipt.status === 0) {
      const revert = await this.replay(attempt.intent, receipt.blockNumber);
      return { outcome: outcomeOfRevert(revert), why: revert?.text ?? "it would pass after the block it reverted in" };
    }
    if (attempt.intent.kind === "cancel") return { outcome: "cancelled", why: "no longer wanted" };
    if (effect.found < effect.expected && (effect.found === 0 || realised === undefined)) {
      return { outcome: "no-effect", why: `status 1 with ${effect.found} of ${effect.expected} events expected` };
    }
    return { outcome: "done", why: undefined };
  }

  /** What the same call ends with on the state the block left. */
  private async replay(call: { to: string; data: string }, block: number): Promise<Revert | undefined> {
    try {
      await this.deps.node.call({ to: call.to, data: call.data, from: this.deps.operator }, block);
      return undefined;
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return explainRevert(error.data);
      throw error;
    }
  }
}

const isMined = (settled: Settled): settled is Mined => settled.kind === "mined";

function superseded({ pending }: Settled): Result {
  const { kind, subjects, facility } = pending.intent;
  const [subject = ""] = subjects;
  return {
    kind,
    subject,
    facility,
    nonce: pending.nonce,
    hash: undefined,
    block: undefined,
    outcome: "superseded",
    why: "its nonce went to a transaction that is not this keeper's",
    loanAsset: undefined,
    realised: undefined,
    fees: NO_FEES,
    feesInLoanAsset: undefined,
  };
}
