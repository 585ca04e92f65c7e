import { Command, CommanderError, InvalidArgumentError } from "commander";
import { MARCH_2020 } from "./prices/files.js";
import { STEPS_A_LEG } from "./prices/path.js";

/** What a person may choose about a replay. */
export interface ReplayOptions {
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

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

const LOANS = { least: 3, most: 500 };
const LARGEST_SEED = 2 ** 32 - 1;
/** A leg's step may last 200 s, and several blocks have to fit. */
const BLOCK_TIME = { least: 0.1, most: 12 };

/**
 * Reads the command line.
 * @param argv as process.argv
 * @returns the exit code instead where nothing is left to do: help was asked for, or an option is wrong (and was said)
 */
export function parseOptions(argv: readonly string[]): ReplayOptions | number {
  const command = new Command("npm start --")
    .description(
      "Replays days of bitcoin prices against Ballast on a local OP-Stack rollup: lenders lend, borrowers borrow, the real\n" +
        "keeper liquidates, and a report says who got what. Without options: the crash of 12 and 13 March 2020.",
    )
    .option("--prices <file>", "CSV with the columns timestamp, low, close; one row an hour", MARCH_2020)
    .option("--loans <count>", `loans in the book, a third of them above 65 % LTV`, whole(LOANS.least, LOANS.most), 60)
    .option("--seed <number>", "another number, another book", whole(0, LARGEST_SEED), 1)
    .option(
      "--block-time <seconds>",
      "between L2 blocks while a transaction waits; below 1, several share a second",
      seconds(BLOCK_TIME.least, BLOCK_TIME.most),
      2,
    )
    .option("--gap", `jump to each low and close instead of going there in ${STEPS_A_LEG} steps`, false)
    .option("--out <folder>", "where report.html and report.json go", "out")
    .addHelpText(
      "after",
      `
In each hour the low comes at :20 and the close at :50. L1 fees rise tenfold on 12 March 2020 from 10:00 UTC.
Exit codes: ${EXIT.ok} done and every total reconciled, ${EXIT.failed} the run failed or a total does not reconcile,
${EXIT.usage} wrong option or price file, ${EXIT.interrupted} interrupted.

Example: npm start -- --loans 200 --seed 7 --gap --out /tmp/gap`,
    )
    .allowExcessArguments(false)
    .exitOverride();
  try {
    command.parse(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  const given = command.opts<{
    prices: string;
    loans: number;
    seed: number;
    blockTime: number;
    gap: boolean;
    out: string;
  }>();
  const { prices, loans, seed, out } = given;
  return { prices, loans, seed, out, blockTimeSeconds: given.blockTime, stepsALeg: given.gap ? 1 : STEPS_A_LEG };
}

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
