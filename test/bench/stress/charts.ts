import { draw } from "../../../scenarios/report/charts/chart.js";
import { BASE, COLOURS, valueAxis } from "../../../scenarios/report/charts/theme.js";
import type { Row, Study } from "./study.js";
import { delayName, lltvName } from "./tables.js";

const BY_LLTV = [COLOURS.collateral, COLOURS.average, COLOURS.swap, COLOURS.debt, COLOURS.operator];
const DASHED_RULE = "fixed bonus";

interface Drawn {
  /** without extension */
  readonly name: string;
  readonly svg: string;
}

/** Bad debt over the keeper's delay, a line for each lltv and rule. */
export function stressCharts(study: Study): Drawn[] {
  const charts: [name: string, title: string, axis: string, of: (row: Row) => number][] = [
    ["stress-mean", "Mean bad debt by delay", "mean bad debt, % of the book", ({ meanBadDebt }) => meanBadDebt],
    ["stress-probability", "Days with bad debt by delay", "days with bad debt, %", ({ probability }) => probability],
    ["stress-tail", "Bad debt of one day in a hundred", "1 in 100, % of the book", ({ p99BadDebt }) => p99BadDebt],
  ];
  return charts.map(([name, title, axis, of]) => ({ name, svg: linesOf(study, title, axis, of) }));
}

function linesOf({ rows }: Study, title: string, axis: string, of: (row: Row) => number): string {
  const lltvs = [...new Set(rows.map(({ lltvBps }) => lltvBps))];
  const delays = [...new Set(rows.map(({ delaySeconds }) => delaySeconds))];
  const rules = [...new Set(rows.map(({ rule }) => rule))];
  const series = rules.flatMap((rule) =>
    lltvs.map((lltvBps, index) => ({
      name: `${rule} ${lltvName(lltvBps)}`,
      type: "line" as const,
      symbolSize: 7,
      color: BY_LLTV[index % BY_LLTV.length] ?? COLOURS.text,
      lineStyle: { width: 2.5, type: rule === DASHED_RULE ? ("dashed" as const) : ("solid" as const) },
      data: delays.map((delay) => {
        const row = rows.find((one) => one.rule === rule && one.lltvBps === lltvBps && one.delaySeconds === delay);
        return row === undefined ? null : Number((of(row) * 100).toFixed(4));
      }),
    })),
  );
  const option = {
    ...BASE,
    grid: { left: 76, right: 24, top: 64, bottom: 46 },
    legend: rules.map((rule, row) => ({
      ...{ top: row * 22, left: 70, itemGap: 34, textStyle: { color: COLOURS.text, fontSize: 12 } },
      data: lltvs.map((lltvBps) => `${rule} ${lltvName(lltvBps)}`),
    })),
    xAxis: {
      type: "category" as const,
      data: delays.map(delayName),
      name: "from a loan's becoming due to the keeper's sale",
      nameLocation: "middle" as const,
      nameGap: 28,
      nameTextStyle: { color: COLOURS.text, fontSize: 12 },
      axisLabel: { color: COLOURS.text, fontSize: 12 },
    },
    yAxis: valueAxis(axis, { min: 0 }),
    series,
  };
  return draw(title, [], { ...option, backgroundColor: "#ffffff" }, { width: 860, height: 380 }).svg;
}
