import { MultiBar, Presets, type SingleBar } from "cli-progress";
import { formatTime } from "../format.js";
import type { Progress } from "./progress.js";

/** Progress as a bar that stays at the bottom of a terminal, events scrolling above it. */
export function barProgress(stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar(
    {
      stream,
      format: "{time}  {bar} {percentage} %  {state}",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      // A redraw must not be the only thing that keeps a finished program alive.
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  let bar: SingleBar | undefined;
  const say = (line: string) => (bar ? bars.log(`${line}\n`) : void stream.write(`${line}\n`));
  return {
    stage: say,
    event: (at, text) => say(`${formatTime(at)}  ${text}`),
    step: (report) => {
      bar ??= bars.create(report.total, 0, { time: "", state: "" });
      bar.update(report.done, { time: formatTime(report.at), state: report.state });
    },
    end: () => bars.stop(),
  };
}
