import { type PaidFees, NO_FEES, addFees } from "./fees.js";
import type { Realised } from "./receipts.js";

/** How a transaction ended. */
export type Outcome =
  | "done"
  /** Mined with status 1, but the expected event is missing. */
  | "no-effect"
  /** Reverted because someone was faster or the loan recovered. */
  | "race-lost"
  /** Reverted because the market moved beyond the bound. */
  | "market-moved"
  /** Reverted for another reason: trying the same again would end the same. */
  | "reverted"
  | "cancelled"
  /** The nonce went to a transaction that is not the keeper's. */
  | "superseded";

export interface Result {
  readonly kind: "liquidate" | "mark" | "order" | "note" | "cancel";
  readonly subject: string;
  readonly facility: number;
  readonly nonce: number;
  /** Undefined for superseded ones. */
  readonly hash: string | undefined;
  readonly block: number | undefined;
  /** Second of that block. */
  readonly timestamp: number | undefined;
  readonly outcome: Outcome;
  /** Why, where it is not done. */
  readonly why: string | undefined;
  readonly loanAsset: string | undefined;
  readonly realised: Realised | undefined;
  /** Of a bundle, this subject's part of them. */
  readonly fees: PaidFees;
  /** The fees in loan units, at the price of ether when it was booked; undefined where there was none. */
  readonly feesInLoanAsset: bigint | undefined;
}

export interface AssetTotals {
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly grossProfit: bigint;
  readonly fees: bigint;
}

const NO_TOTALS: AssetTotals = { repaid: 0n, seized: 0n, grossProfit: 0n, fees: 0n };
const KEPT_RESULTS = 500;

/** What came of everything that was sent since this process started. */
export class Books {
  private readonly kept: Result[] = [];
  private readonly byOutcome = new Map<Outcome, number>();
  private readonly byAsset = new Map<string, AssetTotals>();
  private feeTotal: PaidFees = NO_FEES;

  /** The latest results, newest last. */
  get results(): readonly Result[] {
    return this.kept;
  }

  get fees(): PaidFees {
    return this.feeTotal;
  }

  get outcomes(): ReadonlyMap<Outcome, number> {
    return this.byOutcome;
  }

  /** By loan asset, in its units. */
  get assets(): ReadonlyMap<string, AssetTotals> {
    return this.byAsset;
  }

  add(result: Result): void {
    this.kept.push(result);
    if (this.kept.length > KEPT_RESULTS) this.kept.shift();
    this.count(result, 1n);
  }

  /** Takes back results of blocks that are no longer part of the chain. */
  removeAfter(block: number): void {
    for (const result of this.kept.filter((one) => (one.block ?? -1) > block)) {
      this.kept.splice(this.kept.indexOf(result), 1);
      this.count(result, -1n);
    }
  }

  private count(result: Result, sign: 1n | -1n): void {
    this.byOutcome.set(result.outcome, (this.byOutcome.get(result.outcome) ?? 0) + Number(sign));
    const { l2Gas, l1Data, operator } = result.fees;
    this.feeTotal = addFees(this.feeTotal, { l2Gas: sign * l2Gas, l1Data: sign * l1Data, operator: sign * operator });
    if (result.loanAsset === undefined) return;
    const totals = this.byAsset.get(result.loanAsset) ?? NO_TOTALS;
    this.byAsset.set(result.loanAsset, {
      repaid: totals.repaid + sign * (result.realised?.repaid ?? 0n),
      seized: totals.seized + sign * (result.realised?.seized ?? 0n),
      grossProfit: totals.grossProfit + sign * (result.realised?.grossProfit ?? 0n),
      fees: totals.fees + sign * (result.feesInLoanAsset ?? 0n),
    });
  }
}
