import { type Revert, explainRevert } from "../chain/contracts.js";
import type { Head, Node, Receipt } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { Inconsistent } from "../errors.js";
import type { Settled } from "../dispatch/pending.js";
import { weiInLoanUnits } from "../plan/etherPrice.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import { revertsOf } from "../plan/simulate.js";
import type { Result } from "./books.js";
import { splitFees } from "./bundle.js";
import { NO_FEES, type PaidFees, paidFees, totalOf } from "./fees.js";
import { itemOf } from "./items.js";
import { outcomeOfRevert } from "./outcome.js";
import { atOrNow } from "./pastState.js";
import { feeOf } from "./receipts.js";

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
  /** What was booked of a transaction before, by this process or an earlier one. */
  readonly feesBooked: (hash: string) => PaidFees | undefined;
}

type Mined = Extract<Settled, { kind: "mined" }>;

/** What came of one transaction, for each that it was about. */
export interface Booked {
  readonly settled: Settled;
  readonly results: readonly Result[];
}

/** Turns settled transactions into results: what was earned by the log of the receipt, and what was paid, to the wei. */
export class Accountant {
  constructor(private readonly deps: AccountantDeps) {}

  /** @param settled all of the operator's transactions that one head settled, so that fees can be checked a block at a time */
  async book(settled: readonly Settled[], head: Head): Promise<Booked[]> {
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
        mined.map(({ attempt: { hash, raw }, receipt }) => ({
          ...{ raw, receipt },
          booked: () => this.deps.feesBooked(hash),
        })),
        head,
      );
      for (const [index, one] of mined.entries()) {
        results.set(one, await this.resultsOf(one, fees[index] ?? NO_FEES, head));
      }
    }
    return settled.map((one) => ({ settled: one, results: results.get(one) ?? superseded(one) }));
  }

  /** One result for each loan that the transaction was about; they share its fees. */
  private async resultsOf(mined: Mined, fees: PaidFees, head: Head): Promise<Result[]> {
    const { pending, attempt, receipt } = mined;
    const { kind, subjects } = pending.intent;
    const endings = await this.endingsOf(mined, head);
    const timestamp = await this.timestampOf(receipt.blockNumber, head);
    const shares = splitFees(
      fees,
      subjects.map((_, index) => endings[index]?.realised?.repaid ?? 0n),
    );
    const results: Result[] = [];
    for (const [index, subject] of subjects.entries()) {
      const facility = kind === "liquidate" ? facilityOf(subject) : pending.intent.facility;
      const etherPrice = await this.deps.etherPriceOf(facility, head);
      const share = shares[index] ?? NO_FEES;
      results.push({
        ...{ kind, subject, facility, nonce: pending.nonce, hash: attempt.hash, block: receipt.blockNumber, timestamp },
        ...(endings[index] ?? NOTHING),
        loanAsset: this.deps.loanAssetOf(facility),
        fees: share,
        feesInLoanAsset: etherPrice === undefined ? undefined : weiInLoanUnits(totalOf(share), etherPrice),
      });
    }
    return results;
  }

  private async timestampOf(block: number, head: Head): Promise<number> {
    const mined = block === head.number ? head : await this.deps.node.head(block);
    if (mined === undefined) throw new Inconsistent(`the node has no block ${block}, in which a transaction was mined`);
    return Number(mined.timestamp);
  }

  /** How it ended for each subject, in their order. */
  private async endingsOf(mined: Mined, head: Head): Promise<Ending[]> {
    const { attempt, effect, pending, receipt } = mined;
    const { subjects } = pending.intent;
    const { kind } = attempt.intent;
    if (receipt.status === 0) {
      const revert = await this.replay(attempt.intent, receipt.blockNumber, head);
      const each = revert && revertsOf(revert);
      return subjects.map((_, index) => endingOf(each?.[index] ?? revert));
    }
    if (kind === "cancel") {
      return subjects.map(() => ({ outcome: "cancelled", why: "no longer wanted", realised: undefined }));
    }
    if (kind === "order") return [this.orderEnding(receipt)];
    if (kind !== "liquidate") {
      const isDone = effect.found >= effect.expected;
      const why = isDone ? undefined : `status 1 with ${effect.found} of ${effect.expected} events expected`;
      return [{ outcome: isDone ? "done" : "no-effect", why, realised: undefined }];
    }
    return subjects.map((subject) => {
      const item = itemOf(receipt, BigInt(subject), this.deps);
      if (item === undefined) return NOTHING;
      return item.kind === "failed"
        ? endingOf(item.revert)
        : { outcome: "done", why: undefined, realised: item.realised };
    });
  }

  private orderEnding(receipt: Receipt): Ending {
    const { operator, orders } = this.deps;
    const realised = orders === undefined ? undefined : feeOf(receipt, orders, operator);
    if (realised !== undefined) return { outcome: "done", why: undefined, realised };
    return { outcome: "no-effect", why: "status 1 without the order's event", realised };
  }

  /** What the same call ends with on the state the block left. */
  private async replay(
    { to, data }: { to: string; data: string },
    block: number,
    head: Head,
  ): Promise<Revert | undefined> {
    const { node, operator } = this.deps;
    try {
      await atOrNow(block, head, (at) => node.call({ to, data, from: operator }, at));
      return undefined;
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return explainRevert(error.data);
      throw error;
    }
  }
}

const isMined = (settled: Settled): settled is Mined => settled.kind === "mined";

/** How a transaction ended for one of the loans it was about. */
type Ending = Pick<Result, "outcome" | "why" | "realised">;

const NOTHING: Ending = {
  outcome: "no-effect",
  why: "status 1 without the liquidation's event",
  realised: undefined,
};

/** @param revert undefined where the same call would pass after the block it reverted in */
function endingOf(revert: Revert | undefined): Ending {
  const why = revert?.text ?? "it would pass after the block it reverted in";
  return { outcome: outcomeOfRevert(revert), why, realised: undefined };
}

/** A loan's id carries it. */
const facilityOf = (subject: string): number => Number((BigInt(subject) >> 64n) & 0xffff_ffffn);

function superseded({ pending }: Settled): Result[] {
  const { kind, subjects, facility } = pending.intent;
  return subjects.map((subject) => ({
    ...{ kind, subject, facility, nonce: pending.nonce, hash: undefined, block: undefined, timestamp: undefined },
    outcome: "superseded",
    why: "its nonce went to a transaction that is not this keeper's",
    ...{ loanAsset: undefined, realised: undefined, fees: NO_FEES, feesInLoanAsset: undefined },
  }));
}
