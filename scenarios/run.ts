import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireAll } from "./accounting/checks.js";
import { compile } from "./compile.js";
import { whenAskedToEnd } from "./interrupt.js";
import { EXIT, type ReplayOptions } from "./options.js";
import type { Hour } from "./prices/series.js";
import { barProgress } from "./progress/bar.js";
import { lineProgress } from "./progress/lines.js";
import { assemble } from "./replay/assemble.js";
import { replay } from "./replay/replay.js";
import { Resources } from "./replay/resources.js";
import { reportJson } from "./report/json.js";
import { reportPage } from "./report/page.js";
import type { ReplayResult } from "./result.js";
import { summaryOf } from "./summary.js";

/** The main job: replays, shows, reports. Whatever ends it, no process is left behind. */
export async function run(options: ReplayOptions, hours: readonly Hour[]): Promise<void> {
  const { stdout } = process;
  const progress = stdout.isTTY ? barProgress(stdout) : lineProgress((line) => void stdout.write(`${line}\n`));
  const resources = new Resources();
  const ending = whenAskedToEnd(EXIT.interrupted, async () => {
    progress.end();
    console.error("Interrupted: ending the chains and the keeper.");
    await resources.stopAll();
  });
  try {
    await compile((line) => console.error(line));
    const result = await assemble(await replay(options, hours, progress, resources));
    progress.end();
    console.log(summaryOf(result));
    console.log(`Done in ${Math.round(result.span.wallSeconds)} s. Report: ${write(result, options.out)}`);
    // After the report, which is where one looks for the reason.
    requireAll(result.checks);
  } catch (error) {
    if (!ending.asked) throw error;
  } finally {
    progress.end();
    await resources.stopAll();
  }
}

function write(result: ReplayResult, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const page = join(folder, "report.html");
  writeFileSync(page, reportPage(result));
  writeFileSync(join(folder, "report.json"), reportJson(result));
  return page;
}
