import { toNumber } from "../../format.js";
import type { Moment, ReplayResult } from "../../result.js";
import { draw, type Chart, type LegendEntry } from "./chart.js";
import { BASE, COLOURS, timeAxis, valueAxis } from "./theme.js";

const MILLION = 6;

const LEGEND: LegendEntry[] = [
  { name: "Collateral, at the price of the moment", colour: COLOURS.collateral, mark: "line" },
  { name: "Debt", colour: COLOURS.debt, mark: "line" },
];

/** What the loans owe and what their collateral is worth. */
export function bookChart({ moments, span, tokens }: ReplayResult): Chart {
  const area = (colour: string, of: (moment: Moment) => bigint) => ({
    type: "line" as const,
    showSymbol: false,
    lineStyle: { width: 2 },
    color: colour,
    areaStyle: { opacity: 0.15 },
    data: moments.map((moment) => [moment.at * 1000, toNumber(of(moment), tokens.usd.decimals + MILLION)]),
  });
  return draw(
    "Debt and value of the collateral of all loans over time",
    LEGEND,
    {
      ...BASE,
      xAxis: timeAxis(span),
      yAxis: valueAxis("Million US dollars"),
      series: [
        area(COLOURS.collateral, ({ collateralValue }) => collateralValue),
        area(COLOURS.debt, ({ debt }) => debt),
      ],
    },
    { height: 280 },
  );
}
