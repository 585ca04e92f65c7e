import type { YearOptions } from "../options.js";
import type { Scenario } from "../run.js";
import { assembleYear } from "./assemble.js";
import { yearPage } from "./report/page.js";
import { summaryOf } from "./summary.js";
import { liveYear } from "./year.js";

/** A year of a mixed book. */
export function year(options: YearOptions): Scenario {
  return {
    out: options.out,
    run: async (progress, resources) => {
      const result = await assembleYear(await liveYear(options, progress, resources));
      return { summary: summaryOf(result), page: yearPage(result), result };
    },
  };
}
