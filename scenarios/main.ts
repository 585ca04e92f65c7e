import { ScenarioError } from "./errors.js";
import { EXIT, parseOptions } from "./options.js";
import { PriceFileError } from "./prices/series.js";
import { crash } from "./replay/scenario.js";
import { run } from "./run.js";
import { year } from "./year/scenario.js";

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parseOptions(process.argv);
  if (typeof options === "number") return options;
  try {
    await run(options.scenario === "year" ? year(options) : crash(options));
    return EXIT.ok;
  } catch (error) {
    console.error(error instanceof ScenarioError ? error.message : error);
    return error instanceof PriceFileError ? EXIT.usage : EXIT.failed;
  }
}
