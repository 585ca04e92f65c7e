import Table from "cli-table3";
import { passes } from "../accounting/checks.js";
import { feesOf } from "../accounting/keeperFees.js";
import { formatDay, formatUnits } from "../format.js";
import { LOSS_ORDER, type YearResult } from "./result.js";
import { flowsOf, lossOf, lowestRatio, total } from "./sums.js";

/** The year in a few lines for a terminal. */
export function summaryOf(result: YearResult): string {
  const { tokens, months, loans, sales, checks, keeper, groups } = result;
  const usd = (amount: bigint) => `${formatUnits(amount, tokens.usd.decimals, 2)} ${tokens.usd.symbol}`;
  const year = flowsOf(months);
  const losing = sales.filter((sale) => lossOf(sale) > 0n).length;
  const lowest = lowestRatio(result);
  const table = new Table({ style: { head: [], border: [] }, colAligns: ["left", "right"] });
  table.push(
    ["Loans", `${year.opened} of ${loans.length} granted, ${usd(year.principal)}`],
    ["  paid by borrowers", usd(year.repaid)],
    ["  defaults marked, cured, rolled over", `${year.defaults}, ${year.cured}, ${year.rolledOver}`],
    ["  sales of collateral", `${sales.length}, ${losing} with a loss; ${usd(year.proceeds)} paid for them`],
    ["Lenders' income", usd(total(year.income) - total(year.reversed))],
    ...LOSS_ORDER.map((holder) => [`  loss borne by ${holder}`, usd(year.losses[holder])]),
    ["Lenders' gain", usd(groups.lenders.usd)],
    ["Lowest capital ratio", lowest ? `${(lowest.ratio * 100).toFixed(2)} %, ${formatDay(lowest.at)}` : "none"],
    ["Keeper's profit after fees", usd(keeper.profit - feesOf(keeper))],
    ["Totals reconciled", `${checks.filter(passes).length} of ${checks.length}`],
  );
  return table.toString();
}
