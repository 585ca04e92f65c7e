import Table from "cli-table3";
import { passes } from "./accounting/checks.js";
import { formatEther, formatUnits } from "./format.js";
import { incentiveShares, surplusOf } from "./report/incentive.js";
import type { ReplayResult } from "./result.js";

/** The outcome in a few lines for a terminal. */
export function summaryOf(result: ReplayResult): string {
  const { tokens, totals, liquidations, holds, keeper, checks, interest, badDebt } = result;
  const usd = (amount: bigint) => `${formatUnits(amount, tokens.usd.decimals, 2)} ${tokens.usd.symbol}`;
  const btc = (amount: bigint) => `${formatUnits(amount, tokens.btc.decimals, 8)} ${tokens.btc.symbol}`;
  const { incentive, swapLoss, fees, keeperNet } = incentiveShares(result);
  const { l2Gas, l1Data, operator } = keeper.cost;
  const capped = holds.filter(({ endedBy }) => endedBy === "cap").length;
  const table = new Table({ style: { head: [], border: [] }, colAligns: ["left", "right"] });
  table.push(
    ["Liquidations", `${liquidations.length}, of ${new Set(liquidations.map(({ loan }) => loan)).size} loans`],
    ["Held back by the second source", `${holds.length} times, ${capped} released by the cap`],
    ["Debt repaid by liquidators", usd(totals.repaidByLiquidators)],
    ["Collateral seized", btc(totals.seized)],
    ["Liquidation incentive", usd(incentive)],
    ["  lost in the sale", usd(swapLoss)],
    ["  keeper's fees (L2 gas, L1 data, operator)", usd(fees)],
    ["  keeper's profit after fees", usd(keeperNet)],
    ["Keeper's fees, ETH", [l2Gas, l1Data, operator].map((wei) => formatEther(wei)).join(" + ")],
    ["Surplus back to liquidated borrowers", btc(surplusOf(result))],
    ["Interest", usd(interest)],
    ["Bad debt", usd(badDebt)],
    ["Lenders' gain", usd(totals.lendersGain)],
    ["Totals reconciled", `${checks.filter(passes).length} of ${checks.length}`],
  );
  return table.toString();
}
