// npm run test:chaos -- [--hours 2] [--loans 500] [--seed N] [--only K8,K29] [--script file]: see test/chaos/README.md.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { jsonOf } from "./json.js";
import { describe } from "./campaign/report.js";
import { campaign } from "./campaign/run.js";
import type { Scheduled } from "./campaign/script.js";
import { judge } from "./campaign/verdict.js";
import { list, number, optionsOf, seed } from "./options.js";

const command = new Command("test:chaos")
  .description(
    "Lets a real keeper work through random faults on a falling market, and compares all it did with the chain.",
  )
  .option("--hours <n>", "chain time", number, 2)
  .option("--loans <n>", "loans, a fifth of them term loans", number, 500)
  .option("--seed <n>", "of book, prices and faults; drawn and printed where it is not given", seed)
  .option("--only <names>", "only faults whose names contain one of these, comma-separated", list, [])
  .option("--script <file>", "play the script of an earlier run")
  .option("--patience-ms <n>", "longest that a block waits for the keeper", number, 400)
  .option("--keeper-flag <flag...>", "passed on to the keeper")
  .option("--out <folder>", "where script, keeper's log, its store and the result go", "out/chaos")
  .option("--json", "the result as JSON on stdout");
interface Options {
  hours: number;
  loans: number;
  seed?: number;
  only: string[];
  script?: string;
  patienceMs: number;
  keeperFlag?: string[];
  out: string;
  json?: boolean;
}
const options = optionsOf<Options>(command);
const drawn = options.seed ?? Math.floor(Math.random() * 2 ** 32);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
say(`seed ${drawn}`);
mkdirSync(options.out, { recursive: true });
const keeperLog = join(options.out, "keeper.log");
writeFileSync(keeperLog, "");
const keeperState = join(options.out, "state");
rmSync(keeperState, { recursive: true, force: true });

const run = await campaign({
  ...{ seed: drawn, seconds: options.hours * 3_600, loans: options.loans, only: options.only },
  ...{ patienceMs: options.patienceMs, keeperFlags: options.keeperFlag, keeperLog, keeperState, say },
  script: options.script === undefined ? undefined : (JSON.parse(readFileSync(options.script, "utf8")) as Scheduled[]),
});
const findings = judge(run);
writeFileSync(join(options.out, "script.json"), JSON.stringify(run.script, null, 1));
const result = { seed: drawn, findings, deaths: run.deaths, wallSeconds: run.wallSeconds, operator: run.operator };
writeFileSync(join(options.out, "result.json"), jsonOf(result));
if (options.json === true) process.stdout.write(`${jsonOf(result)}\n`);
else process.stdout.write(`${describe(run, findings)}\n`);
if (findings.some(({ ok }) => !ok)) {
  say(`again: npm run test:chaos -- --seed ${drawn} --hours ${options.hours} --loans ${options.loans}`);
  process.exitCode = 1;
}
