import { formatTime, toNumber } from "../../format.js";
import type { KeeperCost, ReplayResult } from "../../result.js";
import { draw, type Chart, type LegendEntry } from "./chart.js";
import { BASE, COLOURS, valueAxis } from "./theme.js";

const MICRO_ETHER = 12;

const PARTS: (LegendEntry & { part: keyof KeeperCost })[] = [
  { name: "L1 data fee", colour: COLOURS.l1Data, mark: "area", part: "l1Data" },
  { name: "L2 gas", colour: COLOURS.l2Gas, mark: "area", part: "l2Gas" },
  { name: "Operator fee", colour: COLOURS.operator, mark: "area", part: "operator" },
];

/** What each liquidation cost the keeper in fees, in the order in which they came. */
export function feesChart({ liquidations }: ReplayResult): Chart {
  return draw(
    "Fees paid by the keeper for each liquidation",
    PARTS,
    {
      ...BASE,
      xAxis: {
        type: "category",
        data: liquidations.map(({ at }) => formatTime(at)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: COLOURS.axis } },
        axisLabel: { color: COLOURS.text, fontSize: 12, hideOverlap: true },
      },
      yAxis: valueAxis("Millionths of an ether"),
      series: PARTS.map(({ colour, part }) => ({
        type: "bar",
        stack: "fees",
        color: colour,
        barCategoryGap: "20%",
        data: liquidations.map(({ cost }) => toNumber(cost[part], MICRO_ETHER)),
      })),
    },
    { height: 260 },
  );
}
