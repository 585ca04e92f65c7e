import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireAll, type Check } from "./accounting/checks.js";
import { compile } from "./compile.js";
import { whenAskedToEnd } from "./interrupt.js";
import { EXIT } from "./options.js";
import { barProgress } from "./progress/bar.js";
import { lineProgress } from "./progress/lines.js";
import type { Progress } from "./progress/progress.js";
import { Resources } from "./replay/resources.js";
import { reportJson } from "./report/json.js";

/** What a scenario leaves to be shown. */
export interface Outcome {
  /** for the terminal */
  summary: string;
  /** an HTML document */
  page: string;
  /** for report.json */
  result: { checks: readonly Check[]; span: { wallSeconds: number } };
}

/** A scenario that is ready to run. */
export interface Scenario {
  /** folder for the report */
  out: string;
  run(progress: Progress, resources: Resources): Promise<Outcome>;
}

/** The main job: runs a scenario, shows it, reports. Whatever ends it, no process is left behind. */
export async function run(scenario: Scenario): Promise<void> {
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
    const outcome = await scenario.run(progress, resources);
    progress.end();
    console.log(outcome.summary);
    const { checks, span } = outcome.result;
    console.log(`Done in ${Math.round(span.wallSeconds)} s. Report: ${write(outcome, scenario.out)}`);
    // After the report, which is where one looks for the reason.
    requireAll(checks);
  } catch (error) {
    if (!ending.asked) throw error;
  } finally {
    progress.end();
    await resources.stopAll();
  }
}

function write({ page, result }: Outcome, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "report.html");
  writeFileSync(file, page);
  writeFileSync(join(folder, "report.json"), reportJson(result));
  return file;
}
