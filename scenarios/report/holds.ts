import { formatBps, formatDuration, formatTime, formatUnits } from "../format.js";
import type { Hold, ReplayResult } from "../result.js";
import { html, table, type Html } from "./html.js";

export const ENDINGS: Record<Hold["endedBy"], string> = {
  agreement: "the sources agreed again",
  cap: "the cap released it",
  recovery: "no loan was unhealthy any more",
  end: "the replay ended",
};

/** When the second source held liquidations back, and what ended it. */
export function holdsTable({ holds, terms, tokens }: ReplayResult): Html {
  const { windowSeconds, limitBps, capSeconds } = terms.secondSource;
  const rule =
    `The second source is Uniswap's price averaged over ${formatDuration(windowSeconds)}. While it and the feeds are more ` +
    `than ${formatBps(limitBps)} apart nobody is liquidated, but for ${formatDuration(capSeconds)} at most: in a real crash ` +
    `the average lags, and waiting for it makes bad debt.`;
  if (holds.length === 0)
    return html`<p>${rule}</p>
      <p>In this replay it held nothing back.</p>`;
  return html`<p>${rule}</p>
    ${table(
      [
        "From (UTC)",
        "Until",
        "Lasted",
        "Loans waiting",
        `Their debt, ${tokens.usd.symbol}`,
        "Widest apart",
        "Ended because",
      ],
      holds.map((hold) => [
        formatTime(hold.from),
        formatTime(hold.until),
        formatDuration(hold.until - hold.from),
        String(hold.loans),
        formatUnits(hold.debt, tokens.usd.decimals, 0),
        formatBps(hold.apartBps),
        ENDINGS[hold.endedBy],
      ]),
      [2, 3, 4, 5],
    )}`;
}
