import { formatHealth, formatPrice, formatTime } from "../format.js";
import type { Progress, StepReport } from "./progress.js";

/** Progress as plain lines, one an hour and one an event, for logs and pipes. */
export function lineProgress(write: (line: string) => void): Progress {
  return {
    stage: write,
    event: (at, text) => write(`${formatTime(at)}  ${text}`),
    step: (report) => {
      if (report.step.endsLeg === "close") write(`${formatTime(report.step.at)}  ${describe(report)}`);
    },
    end: () => undefined,
  };
}

/** Where market and book stand, on one line. */
export function describe({ moment, liquidations }: StepReport): string {
  const { price, open, unhealthy, health } = moment;
  return [
    `BTC ${formatPrice(price)}`,
    `${open} loans`,
    `weakest ${formatHealth(health?.least)}`,
    `median ${formatHealth(health?.median)}`,
    ...(unhealthy > 0 ? [`${unhealthy} below 1`] : []),
    `${liquidations} liquidations`,
  ].join(" · ");
}
