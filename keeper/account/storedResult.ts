import type { StoredResult } from "../store/store.js";
import type { Result } from "./books.js";
import { totalOf } from "./fees.js";

/** A result as it is kept; undefined for one that never was on the chain. */
export function storedResult(result: Result): StoredResult | undefined {
  const { hash, block, timestamp, kind, subject, facility, outcome, realised, fees } = result;
  if (hash === undefined || block === undefined || timestamp === undefined) return undefined;
  return {
    hash,
    subject,
    facility,
    kind,
    outcome,
    block,
    timestamp,
    loanAsset: result.loanAsset ?? null,
    grossProfit: (realised?.grossProfit ?? 0n).toString(),
    feesWei: totalOf(fees).toString(),
    feesInLoanAsset: result.feesInLoanAsset?.toString() ?? null,
    details: {
      nonce: result.nonce,
      why: result.why ?? null,
      repaid: (realised?.repaid ?? 0n).toString(),
      seized: (realised?.seized ?? 0n).toString(),
      debtClosed: (realised?.debtClosed ?? 0n).toString(),
      proceeds: (realised?.proceeds ?? 0n).toString(),
      cash: (realised?.cash ?? 0n).toString(),
      l2Gas: fees.l2Gas.toString(),
      l1Data: fees.l1Data.toString(),
      operatorFee: fees.operator.toString(),
    },
  };
}

/** Loan units that came to liquidator and operator; less than the profit where collateral was kept. */
export function cashOf({ details, grossProfit }: StoredResult): bigint {
  return typeof details.cash === "string" ? BigInt(details.cash) : BigInt(grossProfit);
}
