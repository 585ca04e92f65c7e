import type { ReplayOptions } from "../options.js";
import { readSeries } from "../prices/files.js";
import { reportPage } from "../report/page.js";
import type { Scenario } from "../run.js";
import { summaryOf } from "../summary.js";
import { assemble } from "./assemble.js";
import { replay } from "./replay.js";

/**
 * Days of prices, hour by hour.
 * @throws PriceFileError before anything is started
 */
export function crash(options: ReplayOptions): Scenario {
  const hours = readSeries(options.prices);
  return {
    out: options.out,
    run: async (progress, resources) => {
      const result = await assemble(await replay(options, hours, progress, resources));
      return { summary: summaryOf(result), page: reportPage(result), result };
    },
  };
}
