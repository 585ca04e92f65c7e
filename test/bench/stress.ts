// npm run -s bench:stress [-- --paths 2000 --lltvs 77,82,86 --delays 2,600,3600 --json]: bad debt of a whole book in days like
// 12-13 March 2020, by lltv and by how late keepers are, beside the same book under a fixed bonus on any amount.
//
// Method: docs/risk-parameters.md. The sdk's exact model of the contracts decides every liquidation; prices, book, market, delay and
// what a keeper calls profitable are the same for both rules.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { toJson } from "../../scripts/cli/output.js";
import { list, number, seed } from "../chaos/options.js";
import { stressCharts } from "./stress/charts.js";
import { DEFAULTS, type StudyTerms, study } from "./stress/study.js";
import { caption, stressTable } from "./stress/tables.js";

const numbers = (text: string): number[] => list(text).map(number);
const bps = (text: string): number => Math.round(number(text) * 100);
const bpsList = (text: string): number[] => list(text).map(bps);
function atLeastOne(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return value;
}
const inPercent = (bps: number): string => String(bps / 100);
const { facility, venue } = DEFAULTS;

const options = new Command("bench:stress")
  .description(
    "Bad debt of a book of loans in days like 12-13 March 2020, by lltv and keeper delay, beside a fixed bonus.",
  )
  .option("--seed <n>", "of paths and book", seed, DEFAULTS.seed)
  .option("--paths <n>", "pairs of days", atLeastOne, DEFAULTS.paths)
  .option("--loans <n>", "loans in the book", atLeastOne, DEFAULTS.loans)
  .option("--delays <seconds>", "from a loan's becoming due to its sale, comma-separated", numbers, DEFAULTS.delays)
  .option("--lltvs <percent>", `comma-separated (default: ${DEFAULTS.lltvsBps.map(inPercent).join(",")})`, bpsList)
  .option("--max-ltv-gap <percent>", `of maxLtv below lltv (default: ${inPercent(facility.maxLtvGapBps)})`, bps)
  .option("--target-gap <percent>", `of targetLtv below lltv (default: ${inPercent(facility.targetGapBps)})`, bps)
  .option("--incentive-min <percent>", `at health 1 (default: ${inPercent(facility.incentiveMinBps)})`, bps)
  .option("--incentive-max <percent>", `at most 1/lltv - 1 (default: ${inPercent(facility.incentiveMaxBps)})`, bps)
  .option("--health-for-max <percent>", `health of the largest (default: ${inPercent(facility.healthForMaxBps)})`, bps)
  .option("--depth <dollars>", "within 2 % of the price, both tokens, on a calm day", number, venue.depth)
  .option(
    "--thinnest <share>",
    "of the depth that is left 30 % below the day's highest price",
    number,
    venue.thinnestShare,
  )
  .option(
    "--refill-minutes <n>",
    "until others have brought back all but 37 % of a sale's impact",
    number,
    venue.refillMinutes,
  )
  .option("--jump-minutes <n>", "a jump is spread over; 1 is a gap", atLeastOne, DEFAULTS.jumpMinutes)
  .option("--gas-cost <dollars>", "of one liquidation", number, DEFAULTS.gasDollars)
  .option("--charts <folder>", "draws them there as SVG")
  .option("--json", "terms and figures as JSON on stdout")
  .option("--out <file>", "the same JSON in a file")
  .parse()
  .opts<{
    seed: number;
    paths: number;
    loans: number;
    delays: readonly number[];
    lltvs?: number[];
    maxLtvGap?: number;
    targetGap?: number;
    incentiveMin?: number;
    incentiveMax?: number;
    healthForMax?: number;
    depth: number;
    thinnest: number;
    refillMinutes: number;
    jumpMinutes: number;
    gasCost: number;
    charts?: string;
    json?: boolean;
    out?: string;
  }>();

const terms: StudyTerms = {
  ...DEFAULTS,
  ...{ seed: options.seed, paths: options.paths, loans: options.loans, delays: options.delays },
  lltvsBps: options.lltvs ?? DEFAULTS.lltvsBps,
  facility: {
    maxLtvGapBps: options.maxLtvGap ?? facility.maxLtvGapBps,
    targetGapBps: options.targetGap ?? facility.targetGapBps,
    incentiveMinBps: options.incentiveMin ?? facility.incentiveMinBps,
    incentiveMaxBps: options.incentiveMax ?? facility.incentiveMaxBps,
    healthForMaxBps: options.healthForMax ?? facility.healthForMaxBps,
  },
  venue: {
    ...venue,
    ...{ depth: options.depth, thinnestShare: options.thinnest, refillMinutes: options.refillMinutes },
  },
  ...{ jumpMinutes: options.jumpMinutes, gasDollars: options.gasCost },
};

try {
  const every = Math.max(1, Math.floor(terms.paths / 20));
  const result = study(terms, (done) => {
    if (done % every === 0 || done === terms.paths) process.stderr.write(`${done} of ${terms.paths} paths\n`);
  });
  const json = `${toJson({ terms, ...result })}\n`;
  if (options.out !== undefined) writeFileSync(options.out, json);
  if (options.charts !== undefined) {
    mkdirSync(options.charts, { recursive: true });
    for (const { name, svg } of stressCharts(result)) writeFileSync(join(options.charts, `${name}.svg`), `${svg}\n`);
  }
  process.stdout.write(options.json === true ? json : `${stressTable(result)}\n${caption(terms, result)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
