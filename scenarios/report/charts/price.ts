import { PRICE_DECIMALS } from "../../prices/decimal.js";
import { toNumber } from "../../format.js";
import type { ReplayResult } from "../../result.js";
import { draw, type Chart, type LegendEntry } from "./chart.js";
import { BASE, COLOURS, timeAxis, valueAxis } from "./theme.js";

const SMALLEST_DOT = 6;
const LARGEST_DOT = 30;

const LEGEND: LegendEntry[] = [
  { name: "BTC/USD", colour: COLOURS.price, mark: "line" },
  { name: "Second source: time-weighted Uniswap price", colour: COLOURS.average, mark: "dashes" },
  { name: "Liquidation; the larger, the more debt repaid", colour: COLOURS.liquidation, mark: "dot" },
  { name: "Liquidations held back, the sources disagree", colour: COLOURS.hold, mark: "area" },
];

/** Price and second source, what was liquidated at it, and when liquidations were held back. */
export function priceChart({ moments, liquidations, holds, span, tokens }: ReplayResult): Chart {
  const dollars = (amount: bigint) => toNumber(amount, tokens.usd.decimals);
  const largest = Math.max(...liquidations.map(({ repaid }) => dollars(repaid)), 1);
  const quote = (price: bigint) => toNumber(price, PRICE_DECIMALS);
  return draw(
    "Bitcoin price over time with the liquidations at each price",
    LEGEND,
    {
      ...BASE,
      xAxis: timeAxis(span),
      yAxis: valueAxis("US dollars for 1 BTC", { scale: true }),
      series: [
        {
          type: "line",
          showSymbol: false,
          lineStyle: { width: 1.5, type: [6, 3] },
          color: COLOURS.average,
          data: moments.flatMap(({ at, average }) => (average === undefined ? [] : [[at * 1000, quote(average)]])),
        },
        {
          type: "line",
          showSymbol: false,
          lineStyle: { width: 2 },
          color: COLOURS.price,
          data: moments.map(({ at, price }) => [at * 1000, quote(price)]),
          markArea: {
            silent: true,
            itemStyle: { color: COLOURS.hold },
            data: holds.map(({ from, until }) => [{ xAxis: from * 1000 }, { xAxis: until * 1000 }]),
          },
        },
        {
          type: "scatter",
          color: COLOURS.liquidation,
          itemStyle: { opacity: 0.65, borderColor: "#fff", borderWidth: 0.5 },
          data: liquidations.map(({ at, price, repaid }) => ({
            value: [at * 1000, quote(price)],
            symbolSize: Math.max(SMALLEST_DOT, LARGEST_DOT * Math.sqrt(dollars(repaid) / largest)),
          })),
        },
      ],
    },
    { height: 420 },
  );
}
