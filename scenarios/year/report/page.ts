import { passes } from "../../accounting/checks.js";
import { formatBps, formatDay, formatPrice, formatUnits } from "../../format.js";
import { balancesTables } from "../../report/balances.js";
import { figure as chart } from "../../report/charts/figure.js";
import { figure } from "../../report/headline.js";
import { documentOf, html, type Html } from "../../report/html.js";
import { YEAR_DAYS } from "../prices.js";
import type { YearResult } from "../result.js";
import { flowsOf, lowestRatio, total } from "../sums.js";
import { capitalChart, coverChart, debtChart, priceChart, sharesChart } from "./charts.js";
import { incomeTable, loansTable, lossesTable, monthsTable } from "./tables.js";

/** The year as one HTML document. */
export function yearPage(result: YearResult): string {
  const { settings, facilities, span } = result;
  const year = new Date(span.from * 1000).getUTCFullYear();
  const ratioed = facilities.filter(({ minRatio }) => minRatio !== undefined);
  return documentOf(
    settings.days < YEAR_DAYS
      ? `${settings.loans} loans, ${settings.days} days`
      : `${settings.loans} loans, the year ${year}`,
    html`<p class="lead">${leadOf(result)}</p>
      ${headline(result)}
      <h2>Price and sales of collateral</h2>
      ${chart(priceChart(result))}
      <h2>What is lent</h2>
      ${chart(debtChart(result))}
      ${facilities.map(
        ({ id, name }) =>
          html`<h2>Shares of ${name}</h2>
            ${chart(sharesChart(result, id))}`,
      )}
      ${ratioed.map(
        ({ id, name }) =>
          html`<h2>Capital of ${name}</h2>
            ${chart(capitalChart(result, id))}
            <h2>First-loss money of ${name}</h2>
            ${chart(coverChart(result, id))}`,
      )}
      <h2>Losses, in the order in which they were borne</h2>
      ${lossesTable(result)}
      ${facilities.map(
        ({ id, name }) =>
          html`<h2>Cash of ${name}, by month</h2>
            ${monthsTable(result, id)}
            <h2>Income of ${name}, by month</h2>
            ${incomeTable(result, id)}`,
      )}
      <h2>All loans</h2>
      ${loansTable(result)}
      <h2>Do the books close?</h2>
      ${balancesTables(result)}`,
  );
}

function leadOf({ settings, loans, facilities, span }: YearResult): string {
  const term = loans.filter(({ kind }) => kind === "term").length;
  return (
    `${loans.length - term} revolving and ${term} term loans in ${facilities.map(({ name }) => name).join(" and ")}, through a ` +
    `made-up ${settings.days < YEAR_DAYS ? `time of ${settings.days} days` : "year"} with one crash (seed ${settings.seed}), on a local OP-Stack rollup, in ${Math.round(span.wallSeconds)} s, ` +
    `blocks ${span.firstBlock} to ${span.lastBlock}. Prices follow a jump-diffusion; people act once a day; the keeper is the real one.`
  );
}

function headline(result: YearResult): Html {
  const { tokens, prices, months, loans, sales, checks, groups } = result;
  const dollars = (amount: bigint) =>
    `${amount < 0n ? "−" : ""}$${formatUnits(amount < 0n ? -amount : amount, tokens.usd.decimals, 0)}`;
  const quotes = prices.flatMap(({ steps }) => steps.map(({ price }) => price));
  const price = (value: bigint | undefined) => formatPrice(value ?? 0n).replace(/\.\d+$/, "");
  const year = flowsOf(months);
  const lowest = lowestRatio(result);
  const low = quotes.reduce((a, b) => (a < b ? a : b), quotes[0] ?? 0n);
  return html`<div class="figures">
    ${figure("Price", `${price(quotes[0])} → ${price(low)}`, `lowest; ${price(quotes.at(-1))} at the end, US dollars`)}
    ${figure("Loans", `${year.opened} of ${loans.length}`, `granted, ${dollars(year.principal)}`)}
    ${figure("Defaults", String(year.defaults), `${year.cured} cured, ${year.rolledOver} loans rolled over`)}
    ${figure("Sales", String(sales.length), `of collateral, for ${dollars(year.proceeds)} of debt`)}
    ${figure("Losses", dollars(total(year.losses)), `cover ${dollars(year.losses.cover)}, junior ${dollars(year.losses.junior)}, senior ${dollars(year.losses.senior)}`)}
    ${figure("Lenders' gain", dollars(groups.lenders.usd), "income less losses")}
    ${figure("Capital", lowest ? formatBps(Math.round(lowest.ratio * 10_000)) : "none", lowest ? `lowest ratio, ${formatDay(lowest.at)}` : "no facility asks for it")}
    ${figure("Books", checks.every(passes) ? "closed" : "NOT closed", `${checks.filter(passes).length} of ${checks.length} totals agree to the unit`)}
  </div>`;
}
