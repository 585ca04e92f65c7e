import { formatUnits, toNumber } from "../../format.js";
import type { ReplayResult } from "../../result.js";
import { incentiveShares } from "../incentive.js";
import { draw, type Chart } from "./chart.js";
import { BASE, COLOURS } from "./theme.js";

/** Who got the incentive, that is, the value of the collateral sold beyond the debt it paid. */
export function incentiveChart(result: ReplayResult): Chart {
  const { decimals, symbol } = result.tokens.usd;
  const { swapLoss, keeperNet, fees } = incentiveShares(result);
  const parts = [
    { name: "Lost in the sale (pool fee, price impact)", amount: swapLoss, colour: COLOURS.swap },
    { name: "Rollup fees (L2, L1 data, operator)", amount: fees, colour: COLOURS.l1Data },
    { name: "Keeper's profit after fees", amount: keeperNet, colour: COLOURS.keeper },
  ];
  return draw(
    "Who got the liquidation incentive",
    [],
    {
      ...BASE,
      grid: { left: 290, right: 140, top: 6, bottom: 8 },
      xAxis: { type: "value", show: false },
      yAxis: {
        type: "category",
        inverse: true,
        data: parts.map(({ name }) => name),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: COLOURS.text, fontSize: 13 },
      },
      series: [
        {
          type: "bar",
          barWidth: 22,
          data: parts.map(({ amount, colour }) => ({
            value: toNumber(amount, decimals),
            itemStyle: { color: colour },
            label: {
              show: true,
              position: amount < 0n ? "left" : "right",
              color: COLOURS.text,
              formatter: `${formatUnits(amount, decimals, 2)} ${symbol}`,
            },
          })),
        },
      ],
    },
    { height: 120 },
  );
}
