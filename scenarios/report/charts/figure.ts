import { Html, html } from "../html.js";
import type { Chart, LegendEntry } from "./chart.js";

/** A chart with its key above it. */
export function figure({ svg, legend }: Chart): Html {
  return html`<figure>
    ${legend.length > 0 ? html`<figcaption>${legend.map((entry) => key(entry))}</figcaption>` : ""} ${new Html(svg)}
  </figure>`;
}

const MARKS: Record<LegendEntry["mark"], string> = {
  line: '<line x1="0" y1="6" x2="22" y2="6" stroke="COLOUR" stroke-width="2.5" />',
  dashes: '<line x1="0" y1="6" x2="22" y2="6" stroke="COLOUR" stroke-width="2" stroke-dasharray="6 3" />',
  area: '<rect x="2" y="0" width="18" height="12" rx="2" fill="COLOUR" />',
  dot: '<circle cx="11" cy="6" r="5.5" fill="COLOUR" fill-opacity="0.65" />',
};

const key = ({ name, colour, mark }: LegendEntry) =>
  html`<span class="key">
    <svg width="22" height="12" aria-hidden="true">${new Html(MARKS[mark].replace("COLOUR", colour))}</svg>${name}
  </span>`;
