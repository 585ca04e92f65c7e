import { formatEther, formatUnits } from "../format.js";
import type { ReplayResult } from "../result.js";
import { html, table, type Html } from "./html.js";
import { incentiveShares, surplusOf } from "./incentive.js";

/** Each side's result in one row. Amounts of tokens are differences of balances between the first and the last block. */
export function whoGotWhat(result: ReplayResult): Html {
  const { tokens, totals, keeper, interest, badDebt } = result;
  const usd = (amount: bigint) => `${formatUnits(amount, tokens.usd.decimals, 2)} ${tokens.usd.symbol}`;
  const btc = (amount: bigint) => `${formatUnits(amount, tokens.btc.decimals, 8)} ${tokens.btc.symbol}`;
  const eth = (amount: bigint) => `${formatEther(amount, 8)} ETH`;
  const { value, incentive, swapLoss, fees, keeperNet } = incentiveShares(result);
  return table(
    ["Who", "What", "Amount"],
    [
      [strong("Lenders"), "Interest earned, pool's reserve included", usd(interest)],
      ["", "Bad debt", usd(-badDebt)],
      ["", "Lenders' own gain", usd(totals.lendersGain)],
      ["", "Kept in the pool: reserve, and interest on its first deposit", usd(totals.keptInPool)],
      [strong("Borrowers"), "Collateral seized", btc(-totals.seized)],
      ["", "Debt paid for them by liquidators", usd(totals.repaidByLiquidators)],
      ["", "Debt written off", usd(badDebt)],
      ["", "Surplus: collateral that liquidated borrowers got back", btc(surplusOf(result))],
      ["", "Paid beyond what was borrowed (negative: kept)", usd(totals.borrowersPaid)],
      [strong("Liquidation"), "Collateral seized, at the oracle's price", usd(value)],
      ["", "Debt repaid for it", usd(totals.repaidByLiquidators)],
      ["", "Incentive, the difference", usd(incentive)],
      [strong("Market"), "Lost in selling it: Uniswap's fee and price impact", usd(swapLoss)],
      [strong("Keeper"), "Profit before fees", usd(totals.keeperGain)],
      ["", "L2 gas", eth(keeper.cost.l2Gas)],
      ["", "L1 data fee", eth(keeper.cost.l1Data)],
      ["", "Operator fee", eth(keeper.cost.operator)],
      ["", `Fees together, one ether counted at ${usd(keeper.etherPrice)}`, usd(fees)],
      ["", "Profit after fees", usd(keeperNet)],
    ],
    [2],
  );
}

const strong = (text: string) => html`<strong>${text}</strong>`;
