import { ScenarioError } from "./errors.js";
import { EXIT, parseOptions } from "./options.js";
import { readSeries } from "./prices/files.js";
import { PriceFileError } from "./prices/series.js";
import { run } from "./run.js";

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parseOptions(process.argv);
  if (typeof options === "number") return options;
  try {
    await run(options, readSeries(options.prices));
    return EXIT.ok;
  } catch (error) {
    console.error(error instanceof ScenarioError ? error.message : error);
    return error instanceof PriceFileError ? EXIT.usage : EXIT.failed;
  }
}
