import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { MARCH_2020 } from "./prices/files.js";
import { STEPS_A_LEG } from "./prices/path.js";
import { LEAST_LOANS } from "./year/people.js";
import { YEAR_DAYS } from "./year/prices.js";

/** What a person may choose about a replay of days of prices. */
export interface ReplayOptions {
  scenario: "crash";
  prices: string;
  loans: number;
  seed: number;
  /** seconds between the L2 blocks mined while the keeper has a transaction waiting */
  blockTimeSeconds: number;
  /** steps a leg; 1 jumps */
  stepsALeg: number;
  /** folder for report.html and report.json */
  out: string;
}

/** What a person may choose about a year. */
export interface YearOptions {
  scenario: "year";
  loans: number;
  seed: number;
  days: number;
  /** folder for report.html and report.json */
  out: string;
}

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const LOANS = { least: 3, most: 500 };
const DAYS = { least: 60, most: YEAR_DAYS };
const LARGEST_SEED = 2 ** 32 - 1;
/** A leg's step may last 200 s, and several blocks have to fit. */
const BLOCK_TIME = { least: 0.1, most: 12 };

/**
 * Reads the command line.
 * @param argv as process.argv
 * @returns the exit code instead where nothing is left to do: help was asked for, or an option is wrong (and was said)
 */
export function parseOptions(argv: readonly string[]): ReplayOptions | YearOptions | number {
  const command = new Command("npm start --")
    .description(
      "Runs Ballast on a local OP-Stack rollup: lenders lend, borrowers borrow, the real keeper liquidates, and a report says\n" +
        "who got what. Without options: the crash of 12 and 13 March 2020, hour by hour.",
    )
    .addOption(
      new Option(
        "--scenario <name>",
        "crash: days of prices from a file, and revolving loans. year: a made-up year with one crash, and a book of revolving " +
          "and term loans, paid on time, late, ahead, rolled over, or not at all",
      )
        .choices(["crash", "year"])
        .default("crash"),
    )
    .option("--prices <file>", "crash only: CSV with the columns timestamp, low, close; one row an hour", MARCH_2020)
    .option(
      "--loans <count>",
      `loans in the book; in a crash a third of them above 65 % LTV`,
      whole(LOANS.least, LOANS.most),
      60,
    )
    .option("--seed <number>", "another number, another book, and another year", whole(0, LARGEST_SEED), 1)
    .option(
      "--block-time <seconds>",
      "crash only: between L2 blocks while a transaction waits; below 1, several share a second",
      seconds(BLOCK_TIME.least, BLOCK_TIME.most),
      2,
    )
    .option("--gap", `crash only: jump to each low and close instead of going there in ${STEPS_A_LEG} steps`, false)
    .option("--days <count>", "year only: end it sooner", whole(DAYS.least, DAYS.most), YEAR_DAYS)
    .option("--out <folder>", "where report.html and report.json go", "out")
    .addHelpText(
      "after",
      `
In a crash each hour's low comes at :20 and its close at :50. L1 fees rise tenfold on 12 March 2020 from 10:00 UTC.
Exit codes: ${EXIT.ok} done and every total reconciled, ${EXIT.failed} the run failed or a total does not reconcile,
${EXIT.usage} wrong option or price file, ${EXIT.interrupted} interrupted.

Examples: npm start -- --loans 200 --seed 7 --gap --out /tmp/gap
          npm start -- --scenario year --seed 3`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  try {
    command.parse(argv);
    return choiceOf(command);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}

/** Options that mean something in one scenario only. */
const ONLY_IN = { crash: ["prices", "blockTime", "gap"], year: ["days"] } as const;

/** @throws CommanderError where options do not go together, after saying so */
function choiceOf(command: Command): ReplayOptions | YearOptions {
  const given = command.opts<{
    scenario: "crash" | "year";
    prices: string;
    loans: number;
    seed: number;
    days: number;
    blockTime: number;
    gap: boolean;
    out: string;
  }>();
  const { scenario, prices, loans, seed, days, out } = given;
  const other = scenario === "crash" ? "year" : "crash";
  const wrong = ONLY_IN[other].filter((name) => command.getOptionValueSource(name) === "cli");
  if (wrong.length > 0)
    command.error(`error: --${wrong.map(kebab).join(" and --")} can only be given with --scenario ${other}`);
  if (scenario === "crash") {
    const pace = { blockTimeSeconds: given.blockTime, stepsALeg: given.gap ? 1 : STEPS_A_LEG };
    return { scenario, prices, loans, seed, out, ...pace };
  }
  if (loans < LEAST_LOANS)
    command.error(
      `error: --loans ${loans} is too few for a year, which has every way to pay in it: give at least ${LEAST_LOANS}`,
    );
  return { scenario, loans, seed, days, out };
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function seconds(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number of seconds from ${least} to ${most}.`);
  };
}
