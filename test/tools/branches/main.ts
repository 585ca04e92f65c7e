// npm run -s coverage:branches -- [--file math/,loan/] [--json]
import { Command } from "commander";
import { list } from "../../chaos/options.js";
import { FUZZ_RUNS, measure } from "./measure.js";
import { describe, reportOf } from "./report.js";
import { readUnreachable, wrongEntries } from "./unreachable.js";

/** Least share of the sides that are not listed as unreachable, percent. */
const TARGET = 98;
const UNREACHABLE = "test/tools/branches/unreachable.json5";

interface Options {
  file: string[];
  json?: boolean;
}

const command = new Command("coverage:branches")
  .description(
    // One paragraph, which the command breaks as wide as the terminal is.
    [
      "Counts the sides of conditions in contracts/ that the Solidity tests take: true and false of each if, ?:, require, assert",
      "and loop, and of both operands of each && and ||; the success and each catch of a try. Conditions in assembly are not",
      "counted, nor are mocks and interfaces, nor what only tests in TypeScript take.",
      `A fuzz test gets ${FUZZ_RUNS} inputs. Sides that nothing can take are listed in ${UNREACHABLE}, each with its reason.`,
      `Exit code 1 where fewer than ${TARGET} % of the others are taken, a test fails, or the list says something that is not so.`,
    ].join(" "),
  )
  .option("--file <parts>", "only files whose path contains one of these, comma-separated", list, [])
  .option("--json", "the result as JSON on stdout")
  .parse();
const options = command.opts<Options>();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const { sides, taken, failing } = await measure(say);
  const chosen = sides.filter(
    ({ file }) => options.file.length === 0 || options.file.some((part) => file.includes(part)),
  );
  if (chosen.length === 0) {
    say(`No condition in a file whose path contains ${options.file.join(" or ")}.`);
    return 1;
  }
  const listed = readUnreachable(UNREACHABLE);
  const report = reportOf(chosen, taken, listed);
  const wrong = wrongEntries(listed, sides, taken);
  const told = { target: TARGET, ...report, wrong, failing };
  process.stdout.write(`${options.json === true ? JSON.stringify(told, undefined, 2) : describe(report)}\n`);
  for (const line of wrong) say(line);
  for (const line of failing) say(`It fails on this build: ${line}`);
  const { covered, sides: all, unreachable } = report.total;
  // Of the numbers themselves: the percentage is rounded.
  const met = covered * 100 >= (all - unreachable) * TARGET;
  if (!met) say(`${report.total.percent} % is below ${TARGET} %`);
  return met && wrong.length === 0 && failing.length === 0 ? 0 : 1;
}
