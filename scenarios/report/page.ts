import { formatBps, formatDuration, formatUnits } from "../format.js";
import type { ReplayResult } from "../result.js";
import { balancesTables } from "./balances.js";
import { bookChart } from "./charts/book.js";
import { figure } from "./charts/figure.js";
import { feesChart } from "./charts/fees.js";
import { healthChart } from "./charts/health.js";
import { incentiveChart } from "./charts/incentive.js";
import { priceChart } from "./charts/price.js";
import { headline, titleOf } from "./headline.js";
import { holdsTable } from "./holds.js";
import { documentOf, html } from "./html.js";
import { liquidationsTable } from "./liquidations.js";
import { whoGotWhat } from "./whoGotWhat.js";

/** The report as one HTML document that needs nothing beside it: no script, no picture, no font from elsewhere. */
export function reportPage(result: ReplayResult): string {
  const title = titleOf(result);
  const { liquidations } = result;
  return documentOf(
    title,
    html`<p class="lead">${leadOf(result)}</p>
      ${headline(result)}
      <h2>Price and liquidations</h2>
      ${figure(priceChart(result))}
      <h2>Health of the book</h2>
      ${figure(healthChart(result))}
      <h2>Debt and collateral</h2>
      ${figure(bookChart(result))}
      <h2>Who got what</h2>
      ${whoGotWhat(result)}
      <p>Where the liquidation incentive went:</p>
      ${figure(incentiveChart(result))}
      <h2>Held back by the second source</h2>
      ${holdsTable(result)}
      <h2>What a liquidation cost in fees</h2>
      ${liquidations.length > 0 ? figure(feesChart(result)) : html`<p>Nobody was liquidated.</p>`}
      <h2>All liquidations</h2>
      ${liquidationsTable(result)}
      <h2>Do the books close?</h2>
      ${balancesTables({ ...result, groups: result.totals.groups })}`,
  );
}

function leadOf({ settings, terms, tokens, span }: ReplayResult): string {
  const usd = (amount: bigint) => `${formatUnits(amount, tokens.usd.decimals, 0)} ${tokens.usd.symbol}`;
  return (
    `${settings.loans} loans of ${tokens.usd.symbol} against ${tokens.btc.symbol} (seed ${settings.seed}), a third of them above ` +
    `65 % LTV, through ${formatDuration(span.to - span.from)} of prices, ` +
    `${settings.stepsALeg === 1 ? "jumping to each low and close" : `in ${settings.stepsALeg} steps to each low and close`}. ` +
    `One may borrow up to ${formatBps(terms.maxLtvBps)} LTV and is liquidated above ${formatBps(terms.lltvBps)}, back to ` +
    `${formatBps(terms.targetLtvBps)}, for an incentive of ${formatBps(terms.incentiveMinBps)} to ` +
    `${formatBps(terms.incentiveMaxBps)}; smallest debt ${usd(terms.minDebt)}. Replayed on a local OP-Stack rollup in ` +
    `${Math.round(span.wallSeconds)} s, blocks ${span.firstBlock} to ${span.lastBlock}. Times are UTC.`
  );
}
