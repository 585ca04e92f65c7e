import { formatTime } from "../format.js";
import type { Progress } from "./progress.js";

/** Progress as plain lines, one a mark and one an event, for logs and pipes. */
export function lineProgress(write: (line: string) => void): Progress {
  return {
    stage: write,
    event: (at, text) => write(`${formatTime(at)}  ${text}`),
    step: ({ at, state, isMark }) => {
      if (isMark) write(`${formatTime(at)}  ${state}`);
    },
    end: () => undefined,
  };
}
