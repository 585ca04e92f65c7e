import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScenarioError } from "./errors.js";
import { formatDuration } from "./format.js";
import { EXIT, parseOptions, type ReplayOptions } from "./options.js";
import { readSeries } from "./prices/files.js";
import type { Hour } from "./prices/series.js";
import { barProgress } from "./progress/bar.js";
import { lineProgress } from "./progress/lines.js";
import { replay } from "./replay/replay.js";
import { Resources } from "./replay/resources.js";
import { reportJson } from "./report/json.js";
import { reportPage } from "./report/page.js";
import type { ReplayResult } from "./result.js";
import { summaryOf } from "./summary.js";
import { whenAskedToEnd } from "./interrupt.js";

async function run(options: ReplayOptions, hours: readonly Hour[]): Promise<void> {
  const { stdout } = process;
  const progress = stdout.isTTY ? barProgress(stdout) : lineProgress((line) => void stdout.write(`${line}\n`));
  const resources = new Resources();
  whenAskedToEnd(async () => {
    progress.end();
    console.error("Interrupted: ending the chains and the keeper.");
    await resources.stopAll();
    process.exit(EXIT.interrupted);
  });
  try {
    const result = await replay(options, hours, progress, resources, (found) => write(found, options.out));
    progress.end();
    console.log(
      `${summaryOf(result)}\nDone in ${formatDuration(result.span.wallSeconds)}. Report: ${join(options.out, "report.html")}`,
    );
  } finally {
    progress.end();
    await resources.stopAll();
  }
}

/** Also when the books do not close: then the report is where one looks for the reason. */
function write(result: ReplayResult, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "report.html"), reportPage(result));
  writeFileSync(join(folder, "report.json"), reportJson(result));
}

function readPrices(file: string): Hour[] | undefined {
  try {
    return readSeries(file);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

const options = parseOptions(process.argv);
const hours = typeof options === "number" ? undefined : readPrices(options.prices);
if (typeof options === "number") process.exitCode = options;
else if (!hours) process.exitCode = EXIT.usage;
else
  await run(options, hours).catch((error: unknown) => {
    console.error(error instanceof ScenarioError ? error.message : error);
    process.exitCode = EXIT.failed;
  });
