import type { HealthQuantiles, ReplayResult } from "../../result.js";
import { draw, type Chart, type LegendEntry } from "./chart.js";
import { BASE, COLOURS, timeAxis, valueAxis } from "./theme.js";

const LEGEND: LegendEntry[] = [
  { name: "Median loan", colour: COLOURS.median, mark: "line" },
  { name: "Weakest loan", colour: COLOURS.least, mark: "line" },
  { name: "Middle half of all loans", colour: COLOURS.innerBand, mark: "area" },
  { name: "Middle eight in ten", colour: COLOURS.band, mark: "area" },
];

/** How healthy the book is: the range of health factors of all loans that owe something. */
export function healthChart({ moments, span }: ReplayResult): Chart {
  const points = moments.flatMap(({ at, health }) => (health ? [{ at: at * 1000, health }] : []));
  const curve = (of: (health: HealthQuantiles) => number) => points.map(({ at, health }) => [at, of(health)]);
  /** A band is drawn as a transparent area up to its lower edge and a coloured one on top. */
  const layer = (colour: string, of: (health: HealthQuantiles) => number) => ({
    type: "line" as const,
    stack: "quantiles",
    showSymbol: false,
    lineStyle: { width: 0 },
    areaStyle: { color: colour, opacity: 1 },
    data: curve(of),
  });
  return draw(
    "Quantiles of the health factor of all loans over time",
    LEGEND,
    {
      ...BASE,
      xAxis: timeAxis(span),
      yAxis: valueAxis("Health factor", {
        min: ({ min }: { min: number }) => Math.min(0.8, Math.floor(min * 10) / 10),
        max: ({ max }: { max: number }) => Math.min(Math.ceil(max * 2) / 2, 4),
      }),
      series: [
        layer("transparent", (h) => h.p10),
        layer(COLOURS.band, (h) => h.p25 - h.p10),
        layer(COLOURS.innerBand, (h) => h.p75 - h.p25),
        layer(COLOURS.band, (h) => h.p90 - h.p75),
        {
          type: "line",
          showSymbol: false,
          lineStyle: { width: 2 },
          color: COLOURS.median,
          data: curve((h) => h.median),
        },
        {
          type: "line",
          showSymbol: false,
          lineStyle: { width: 1.5 },
          color: COLOURS.least,
          data: curve((h) => h.least),
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: COLOURS.text, type: "dashed" },
            label: { formatter: "liquidatable below 1", position: "insideEndBottom", color: COLOURS.text },
            data: [{ yAxis: 1 }],
          },
        },
      ],
    },
    { height: 340 },
  );
}
