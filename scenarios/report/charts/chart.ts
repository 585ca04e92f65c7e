import * as echarts from "echarts";

/** What a mark in a chart stands for. */
export interface LegendEntry {
  name: string;
  colour: string;
  mark: "line" | "dashes" | "area" | "dot";
}

/** A drawn chart, and the key to it: as text of the page, it wraps, prints and scales as text should. */
export interface Chart {
  svg: string;
  legend: LegendEntry[];
}

/**
 * Draws a chart as SVG.
 * @param title read out where the picture cannot be seen
 */
export function draw(
  title: string,
  legend: LegendEntry[],
  option: echarts.EChartsOption,
  { height, width = 1080 }: { height: number; width?: number },
): Chart {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(option);
    // Scales with the page instead of standing at its drawn width.
    const svg = chart
      .renderToSVGString()
      .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${title}" width="100%"`);
    return { svg, legend };
  } finally {
    chart.dispose();
  }
}
