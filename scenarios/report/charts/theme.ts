/** Colours that stay apart for the colour-blind and in print (after Okabe and Ito), on white. */
export const COLOURS = {
  price: "#1f2937",
  average: "#0072b2",
  liquidation: "#d55e00",
  hold: "rgba(230, 159, 0, 0.28)",
  band: "rgba(0, 114, 178, 0.16)",
  innerBand: "rgba(0, 114, 178, 0.34)",
  median: "#0072b2",
  least: "#d55e00",
  debt: "#d55e00",
  collateral: "#009e73",
  l2Gas: "#56b4e9",
  l1Data: "#0072b2",
  operator: "#cc79a7",
  keeper: "#009e73",
  swap: "#e69f00",
  grid: "#e5e7eb",
  axis: "#9ca3af",
  text: "#374151",
} as const;

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** What all charts share. */
export const BASE = {
  useUTC: true,
  animation: false,
  textStyle: { fontFamily: FONT, color: COLOURS.text, fontSize: 13 },
  grid: { left: 70, right: 24, top: 12, bottom: 34 },
};

const axisLook = {
  axisLine: { lineStyle: { color: COLOURS.axis } },
  axisLabel: { color: COLOURS.text, fontSize: 12, hideOverlap: true },
  splitLine: { lineStyle: { color: COLOURS.grid } },
  nameTextStyle: { color: COLOURS.text, fontSize: 12 },
};

/** The chains' time, UTC. @param span seconds */
export function timeAxis(span: { from: number; to: number }): object {
  return {
    ...axisLook,
    type: "time",
    min: span.from * 1000,
    max: span.to * 1000,
    splitLine: { show: false },
    axisLabel: {
      ...axisLook.axisLabel,
      formatter: { year: "{d} {MMM}", month: "{d} {MMM}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" },
    },
  };
}

export function valueAxis(name: string, more: object = {}): object {
  return {
    ...axisLook,
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 52,
    nameRotate: 90,
    ...more,
  };
}
