import { type Revert, explainRevert } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { Inconsistent } from "../errors.js";
import type { Intent } from "../dispatch/intent.js";
import type { Settled } from "../dispatch/dispatcher.js";
import { weiInLoanUnits } from "../plan/etherPrice.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import type { Outcome, Result } from "./books.js";
import { splitFees } from "./bundle.js";
import { NO_FEES, paidFees, totalOf } from "./fees.js";
import { outcomeOfRevert } from "./outcome.js";
import { type Realised, failedItemsOf, feeOf, realisedOf } from "./receipts.js";

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
    const results = new Map<Settled, Result[]>();
    for (const mined of byBlock.values()) {
      const fees = await paidFees(
        node,
        rollupFees,
        operator,
        mined.map(({ attempt, receipt }) => ({ raw: attempt.raw, receipt })),
      );
      for (const [index, one] of mined.entries()) {
        const paid = fees[index] ?? NO_FEES;
        results.set(one, await this.resultsOf(one, paid, head));
      }
    }
    return settled.flatMap((one) => results.get(one) ?? superseded(one));
  }

  /** One for each loan, or what else it was about. */
  private async resultsOf(mined: Mined, paid: Result["fees"], head: Head): Promise<Result[]> {
    const { pending, attempt, receipt } = mined;
    const { facility, kind } = pending.intent;
    const loanAsset = this.deps.loanAssetOf(facility);
    const subjects = subjectsOf(pending.intent);
    const realised = this.realised(mined, loanAsset);
    const fees = splitFees(
      paid,
      subjects.map((subject) => realised.get(subject)?.repaid ?? 0n),
    );
    const etherPrice = await this.deps.etherPriceOf(facility, head);
    const timestamp = await this.timestampOf(receipt.blockNumber, head);
    const results: Result[] = [];
    for (const [index, subject] of subjects.entries()) {
      const own = fees[index] ?? NO_FEES;
      const { outcome, why } = await this.outcomeOf(mined, subject, realised.get(subject));
      results.push({
        kind,
        subject,
        facility,
        nonce: pending.nonce,
        hash: attempt.hash,
        block: receipt.blockNumber,
        timestamp,
        outcome,
        why,
        loanAsset,
        realised: realised.get(subject),
        fees: own,
        feesInLoanAsset: etherPrice === undefined ? undefined : weiInLoanUnits(totalOf(own), etherPrice),
      });
    }
    return results;
  }

  /** By subject. */
  private realised({ attempt, receipt }: Mined, loanAsset: string | undefined): Map<string, Realised> {
    const { managers, liquidator, operator, orders } = this.deps;
    const subjects = subjectsOf(attempt.intent);
    if (attempt.intent.kind === "order" && orders !== undefined) {
      const fee = feeOf(receipt, orders, operator);
      return new Map(fee === undefined ? [] : subjects.map((subject) => [subject, fee]));
    }
    if (attempt.intent.kind !== "liquidate" || loanAsset === undefined) return new Map();
    const byLoan = realisedOf(receipt, subjects.map(BigInt), { managers, liquidator, loanAsset });
    return new Map(subjects.flatMap((subject) => keyed(subject, byLoan.get(BigInt(subject)))));
  }

  private async timestampOf(block: number, head: Head): Promise<number> {
    const mined = block === head.number ? head : await this.deps.node.head(block);
    if (mined === undefined) throw new Inconsistent(`the node has no block ${block}, in which a transaction was mined`);
    return Number(mined.timestamp);
  }

  private async outcomeOf(
    { attempt, receipt }: Mined,
    subject: string,
    realised: Realised | undefined,
  ): Promise<{ outcome: Outcome; why: string | undefined }> {
    if (receipt.status === 0) {
      const revert = await this.replay(attempt.intent, receipt.blockNumber);
      return { outcome: outcomeOfRevert(revert), why: revert?.text ?? "it would pass after the block it reverted in" };
    }
    if (attempt.intent.kind === "cancel") return { outcome: "cancelled", why: "no longer wanted" };
    if (attempt.intent.kind === "liquidate" && realised === undefined) {
      const reason = failedItemsOf(receipt, this.deps.liquidator).get(BigInt(subject));
      if (reason !== undefined) {
        const revert = explainRevert(reason);
        return { outcome: outcomeOfRevert(revert), why: revert.text };
      }
      return { outcome: "no-effect", why: "status 1 without the liquidation's event" };
    }
    if (attempt.intent.kind === "order" && realised === undefined) {
      return { outcome: "no-effect", why: "status 1 without the order's event" };
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

/** A transaction is about one loan, or in a bundle about several. */
const subjectsOf = ({ subject }: Intent): readonly string[] => [subject];

const keyed = <T>(key: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[key, value]]);

const isMined = (settled: Settled): settled is Mined => settled.kind === "mined";

function superseded({ pending }: Settled): Result[] {
  const { kind, facility } = pending.intent;
  return subjectsOf(pending.intent).map((subject) => ({
    kind,
    subject,
    facility,
    nonce: pending.nonce,
    hash: undefined,
    block: undefined,
    timestamp: undefined,
    outcome: "superseded",
    why: "its nonce went to a transaction that is not this keeper's",
    loanAsset: undefined,
    realised: undefined,
    fees: NO_FEES,
    feesInLoanAsset: undefined,
  }));
}
