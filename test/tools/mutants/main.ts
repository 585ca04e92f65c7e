// npm run -s test:mutants -- [contracts|model] [--file math/] [--sample 0.1 --seed 7] [--minutes 30] [--resume] [--solidity] [--list] [--json]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SingleBar } from "cli-progress";
import { Argument, Command, InvalidArgumentError } from "commander";
import { list, number, seed } from "../../chaos/options.js";
import type { Mutant } from "./mutant.js";
import type { Part, Say } from "./part.js";
import { describe, reportOf } from "./report.js";
import { Results, type Result } from "./result.js";
import { sample } from "./sample.js";
import { readSurvivors, wrongEntries } from "./survivors.js";

const PARTS = ["contracts", "model"] as const;
/** Least score of each part, percent of the mutants that are not listed as equivalent. */
const TARGETS: Record<(typeof PARTS)[number], number> = { contracts: 95, model: 90 };
/** Between two lines of progress where there is no terminal. */
const LINE_EVERY_MS = 30_000;
const SURVIVORS = "test/tools/mutants/survivors.json5";

interface Options {
  file: string[];
  sample: number;
  seed: number;
  minutes: number;
  resume?: boolean;
  solidity?: boolean;
  list?: boolean;
  json?: boolean;
}

function share(text: string): number {
  const value = number(text);
  if (value === 0 || value > 1) throw new InvalidArgumentError("It must be above 0 and at most 1.");
  return value;
}

const command = new Command("test:mutants")
  .description(
    "Changes one small thing after another in the contracts or the sdk's model, and counts the changes that no test notices.\n" +
      `Survivors that do no harm are listed in ${SURVIVORS}, each with its reason. Exit code 1 where the score is\n` +
      "below its target (95 % of the contracts' mutants, 90 % of the model's), or the list says something that is not so.",
  )
  .addArgument(new Argument("[part]", "what to change").choices(PARTS).default("contracts"))
  .option(
    "--file <parts>",
    "only files whose path contains one of these, or lines (Loans.sol:204), comma-separated, in this order",
    list,
    [],
  )
  .option("--sample <share>", "only a share of the mutants, e.g. 0.1", share, 1)
  .option("--seed <n>", "which ones", seed, 1)
  .option("--minutes <n>", "stop after that time; --resume goes on from there", number, Infinity)
  .option("--resume", "keep the results of earlier runs that still hold")
  .option("--solidity", "of contracts: without the tests in TypeScript, which are shown what the others do not notice")
  .option("--list", "only list the mutants")
  .option("--json", "the result as JSON on stdout")
  .parse();
const name = command.processedArgs[0] as (typeof PARTS)[number];
const options = command.opts<Options>();
const say: Say = (line) => void process.stderr.write(`${line}\n`);
process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const part = await open();
  // In the order in which the files are asked for.
  const asked = options.file.length === 0 ? [""] : options.file;
  const rank = ({ file, line }: Mutant) =>
    asked.findIndex((piece) => file.includes(piece) || `${file}:${line}`.endsWith(piece));
  const wanted = part.mutants.filter((mutant) => rank(mutant) >= 0).sort((a, b) => rank(a) - rank(b));
  const chosen = sample(wanted, options.sample, options.seed);
  if (chosen.length === 0) {
    say(`No mutant in a file whose path contains ${options.file.join(" or ")}, or the sample is too small.`);
    return 1;
  }
  if (options.list === true) {
    print(chosen, () => chosen.map((each) => `${each.file}:${each.line}  ${each.operator}  ${each.key}`).join("\n"));
    return 0;
  }
  const results = await run(part, chosen);
  const survivors = new Map([...readSurvivors(SURVIVORS)].filter(([file]) => file.startsWith(prefixOf(part))));
  const known = new Set(part.mutants.map(({ file, key }) => `${file} ${key}`));
  const report = reportOf(
    results,
    survivors,
    wrongEntries(survivors, results, (file, key) => known.has(`${file} ${key}`)),
  );
  const told = {
    part: name,
    of: part.mutants.length,
    chosen: chosen.length,
    run: results.length,
    target: TARGETS[name],
    ...report,
  };
  writeFileSync(join("out/mutants", `${name}.json`), JSON.stringify(told, undefined, 1));
  print(told, () => describe(report));
  say(`${results.length} of ${part.mutants.length} mutants; out/mutants/${name}.json has them all`);
  const met = report.total.score >= TARGETS[name];
  if (!met) say(`${report.total.score} % is below ${TARGETS[name]} %`);
  return met && report.wrong.length === 0 && results.length === chosen.length ? 0 : 1;
}

async function open(): Promise<Part> {
  if (name === "contracts") return (await import("./solidity/part.js")).contractsPart(say, options.solidity === true);
  return (await import("./model/part.js")).modelPart(say);
}

// Hoisted: what stands above has run to its end before a constant here has a value.
function prefixOf({ mutants }: Part): string {
  return `${mutants[0]?.file.split("/")[0] ?? ""}/`;
}

async function run(part: Part, chosen: readonly Mutant[]): Promise<Result[]> {
  const kept = new Results(join("out/mutants", `${name}.jsonl`), options.resume === true);
  const until = Date.now() + options.minutes * 60_000;
  const bar = progress(chosen.length);
  const done: Result[] = [];
  for (const mutant of chosen) {
    const source = part.sourceOf(mutant);
    const before = kept.of(mutant, source, part.tests);
    if (before === undefined && Date.now() > until) continue;
    done.push(before ?? (await judged(part, mutant, source, kept)));
    bar.update(done.length, done);
  }
  bar.stop();
  if (done.length < chosen.length) say(`Time is up; --resume goes on with the other ${chosen.length - done.length}`);
  return done;
}

async function judged(part: Part, mutant: Mutant, source: string, kept: Results): Promise<Result> {
  const start = Date.now();
  const verdict = await part.judge(mutant);
  const { file, line, operator, original, replacement, key } = mutant;
  const place = { file, line, operator, original, replacement, key };
  const result = { ...place, ...verdict, ms: Date.now() - start, source, tests: part.tests };
  kept.add(result);
  return result;
}

/** A bar on a terminal, a line now and then elsewhere. */
function progress(total: number): { update(count: number, done: readonly Result[]): void; stop(): void } {
  const alive = (done: readonly Result[]) => done.filter(({ status }) => /survived|unreached/.test(status)).length;
  if (!process.stderr.isTTY) {
    let last = Date.now();
    const update = (count: number, done: readonly Result[]) => {
      if (count < total && Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      say(`${count} of ${total}, ${alive(done)} alive`);
    };
    return { update, stop: () => undefined };
  }
  const format = "{bar} {value}/{total}  {alive} alive  {eta_formatted} to go";
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  bar.start(total, 0, { alive: 0 });
  return { update: (count, done) => bar.update(count, { alive: alive(done) }), stop: () => bar.stop() };
}

function print(json: unknown, human: () => string): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(json, undefined, 2) : human()}\n`);
}
