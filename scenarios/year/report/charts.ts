import { PRICE_DECIMALS } from "../../prices/decimal.js";
import { toNumber } from "../../format.js";
import { draw, type Chart } from "../../report/charts/chart.js";
import { BASE, COLOURS, timeAxis, valueAxis } from "../../report/charts/theme.js";
import type { Day, YearResult } from "../result.js";

/** One line of a chart. Points are second and value; a gap is left where there is no value. */
interface Line {
  name: string;
  colour: string;
  points: readonly (readonly [number, number | undefined])[];
}

const FACILITY_COLOURS = [COLOURS.debt, COLOURS.l1Data];
const CLASS_COLOURS = { senior: COLOURS.l1Data, junior: COLOURS.debt, cover: COLOURS.keeper };
const MILLION = 6;
const THOUSAND = 3;
const SMALLEST_DOT = 6;
const LARGEST_DOT = 26;

/** Price, and what was sold at it. */
export function priceChart({ prices, sales, span, tokens }: YearResult): Chart {
  const moves = prices.flatMap(({ steps }) => steps);
  const quote = (price: bigint) => toNumber(price, PRICE_DECIMALS);
  const dollars = (amount: bigint) => toNumber(amount, tokens.usd.decimals);
  const largest = Math.max(...sales.map(({ repaid }) => dollars(repaid)), 1);
  const priceAt = (second: number) => quote(moves.findLast(({ at }) => at <= second)?.price ?? 0n);
  return draw(
    "Bitcoin price over the year with the sales of collateral",
    [
      { name: "BTC/USD", colour: COLOURS.price, mark: "line" },
      { name: "Sale; the larger, the more debt repaid", colour: COLOURS.liquidation, mark: "dot" },
    ],
    {
      ...BASE,
      xAxis: timeAxis(span),
      yAxis: valueAxis("US dollars for 1 BTC", { scale: true }),
      series: [
        {
          ...{ type: "line", showSymbol: false, lineStyle: { width: 1.8 }, color: COLOURS.price },
          data: moves.map(({ at, price }) => [at * 1000, quote(price)]),
        },
        {
          ...{ type: "scatter", color: COLOURS.liquidation },
          itemStyle: { opacity: 0.6, borderColor: "#fff", borderWidth: 0.5 },
          data: sales.map(({ at, repaid }) => ({
            value: [at * 1000, priceAt(at)],
            symbolSize: Math.max(SMALLEST_DOT, LARGEST_DOT * Math.sqrt(dollars(repaid) / largest)),
          })),
        },
      ],
    },
    { height: 340 },
  );
}

export function debtChart(result: YearResult): Chart {
  const { facilities, tokens } = result;
  return lines(
    result,
    "Debt of each facility over the year",
    "Million US dollars",
    facilities.map(({ id, name }, index) => ({
      name: `Debt, ${name}`,
      colour: FACILITY_COLOURS[index] ?? COLOURS.price,
      points: points(result, (day) => toNumber(day.facilities[id]?.debt ?? 0n, tokens.usd.decimals + MILLION)),
    })),
  );
}

/** What a share of each class is worth, against 1 when it was new. */
export function sharesChart(result: YearResult, id: number): Chart {
  const tranches = result.facilities.find((facility) => facility.id === id)?.tranches ?? [];
  return lines(
    result,
    `Worth of a share of each class of lenders in facility ${id}`,
    "1 = at first",
    tranches.map((tranche) => ({
      name: `${tranche[0]?.toUpperCase() ?? ""}${tranche.slice(1)}`,
      colour: CLASS_COLOURS[tranche],
      points: points(result, (day) => day.facilities[id]?.sharePrice[tranche]),
    })),
    { scale: true },
  );
}

export function capitalChart(result: YearResult, id: number): Chart {
  const minRatio = result.facilities.find((facility) => facility.id === id)?.minRatio;
  const most = 0.5;
  const percent = (ratio: number | undefined) => (ratio === undefined ? undefined : Math.min(ratio, most) * 100);
  return lines(result, `Capital ratio of facility ${id} over the year`, "% of weighted debt, at most 50 shown", [
    {
      name: "First-loss capital to risk-weighted debt",
      colour: COLOURS.l1Data,
      points: points(result, (day) => percent(day.facilities[id]?.capitalRatio)),
    },
    { name: "Required of new loans", colour: COLOURS.liquidation, points: points(result, () => percent(minRatio)) },
  ]);
}

export function coverChart(result: YearResult, id: number): Chart {
  const amount = (value: bigint | undefined) => toNumber(value ?? 0n, result.tokens.usd.decimals + THOUSAND);
  return lines(result, `First-loss money in facility ${id} over the year`, "Thousand US dollars", [
    {
      ...{ name: "Junior", colour: CLASS_COLOURS.junior },
      points: points(result, (day) => amount(day.facilities[id]?.junior)),
    },
    {
      ...{ name: "Cover", colour: CLASS_COLOURS.cover },
      points: points(result, (day) => amount(day.facilities[id]?.cover)),
    },
  ]);
}

const points = ({ days }: YearResult, of: (day: Day) => number | undefined): Line["points"] =>
  days.map((day) => [day.at, of(day)] as const);

function lines({ span }: YearResult, title: string, unit: string, all: readonly Line[], axis: object = {}): Chart {
  return draw(
    title,
    all.map(({ name, colour }) => ({ name, colour, mark: "line" })),
    {
      ...BASE,
      xAxis: timeAxis(span),
      yAxis: valueAxis(unit, axis),
      series: all.map(({ colour, points: some }) => ({
        ...{ type: "line", showSymbol: false, color: colour, lineStyle: { width: 2 } },
        data: some.map(([at, value]) => [at * 1000, value ?? "-"]),
      })),
    },
    { height: 260 },
  );
}
