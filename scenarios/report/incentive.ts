import { feesOf } from "../accounting/keeperFees.js";
import type { ReplayResult } from "../result.js";

/** What became of the value seized beyond the debt it paid, loan units. */
export interface IncentiveShares {
  /** of all collateral seized, at the oracle's price when it was */
  value: bigint;
  /** value less the debt repaid for it */
  incentive: bigint;
  /** value less what Uniswap paid */
  swapLoss: bigint;
  /** of all the keeper's transactions, ether counted at the keeper's price */
  fees: bigint;
  keeperNet: bigint;
}

/** The proceeds and the debt repaid are token balances; only the value is a sum over liquidations. */
export function incentiveShares({ liquidations, totals, keeper }: ReplayResult): IncentiveShares {
  const value = liquidations.reduce((sum, liquidation) => sum + liquidation.value, 0n);
  const fees = feesOf(keeper);
  return {
    value,
    incentive: value - totals.repaidByLiquidators,
    swapLoss: value - totals.proceeds,
    fees,
    keeperNet: totals.keeperGain - fees,
  };
}

/** Collateral that borrowers who were liquidated got back when they closed their loans, collateral units. */
export const surplusOf = ({ borrowers }: ReplayResult): bigint =>
  borrowers.reduce((sum, { liquidations, returned }) => (liquidations > 0 ? sum + returned : sum), 0n);
