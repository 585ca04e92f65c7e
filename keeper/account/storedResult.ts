import { describeResult } from "../serve/describe.js";
import type { StoredResult } from "../store/store.js";
import type { Result } from "./books.js";
import { NO_FEES, type PaidFees, addFees, totalOf } from "./fees.js";

/** A result as it is kept; undefined for one that never was on the chain. */
export function storedResult(result: Result): StoredResult | undefined {
  const { hash, block, timestamp } = result;
  if (hash === undefined || block === undefined || timestamp === undefined) return undefined;
  const { nonce, why, repaid, seized, debtClosed, proceeds, fees, ...said } = describeResult(result);
  return {
    ...said,
    ...{ hash, block, timestamp },
    feesWei: totalOf(result.fees).toString(),
    details: {
      ...{ nonce, why, repaid, seized, debtClosed, proceeds },
      cash: (result.realised?.cash ?? 0n).toString(),
      l2Gas: fees.l2Gas,
      l1Data: fees.l1Data,
      operatorFee: fees.operator,
    },
  };
}

/** Loan units that came to liquidator and operator; less than the profit where collateral was kept. */
export function cashOf({ details, grossProfit }: StoredResult): bigint {
  return typeof details.cash === "string" ? BigInt(details.cash) : BigInt(grossProfit);
}

/** Fees of a transaction: the sum over what it was about. */
export function storedFees(results: readonly StoredResult[]): PaidFees {
  return results.reduce((sum, { details }) => addFees(sum, partsOf(details)), NO_FEES);
}

function partsOf({ l2Gas, l1Data, operatorFee }: StoredResult["details"]): PaidFees {
  return { l2Gas: BigInt(String(l2Gas)), l1Data: BigInt(String(l1Data)), operator: BigInt(String(operatorFee)) };
}
