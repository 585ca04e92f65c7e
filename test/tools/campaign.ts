// npm run test:campaign -- [--calls 10000000] [--depth 500] [--workers 2] [--minutes N]: the invariants of DESIGN's list over random
// calls, in slices of a seed each. See docs/developer.md.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SingleBar } from "cli-progress";
import { Command } from "commander";
import { HARDHAT_CLI } from "../../devnet/hardhat.js";
import { number, optionsOf } from "../chaos/options.js";
import { endsWithUs } from "../ts/support/endsWithUs.js";
import { Tally, callsOf, linesOf, tallyTable } from "./campaignLog.js";

const FILES = ["Whole.t.sol", "Campaign.sol"].map((name) => `test/solidity/core/invariants/${name}`);
/** Decimals of the collateral in each of the contracts that are invariant tests there, which write a file each. */
const VARIANTS = [8, 18];
/** Tries of one kind of action after which one should have succeeded. */
const PATIENCE = 1_000;
/** Runs in one slice: it says how far it came when it ends. */
const RUNS_A_SLICE = 50;

interface Options {
  calls: number;
  depth: number;
  workers: number;
  minutes?: number;
  seed?: string;
  out: string;
  json?: boolean;
}

const options = optionsOf<Options>(
  new Command("test:campaign")
    .description("Checks every invariant after each of millions of random calls, from new seeds, which it prints.")
    .option("--calls <n>", "so many calls in all", number, 10_000_000)
    .option("--depth <n>", "calls of one run, one after another", number, 500)
    .option("--workers <n>", "processes side by side", number, 2)
    .option("--minutes <n>", "begins no new slice after so many", number)
    .option("--seed <hex>", "one slice from this seed, as an earlier campaign printed it")
    .option("--out <folder>", "where logs and what failed go", "out/campaign")
    .option("--json", "the result as JSON on stdout"),
);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Slice {
  readonly seed: string;
  readonly failed: boolean;
  readonly output: string;
}

const folder = options.out;
mkdirSync(folder, { recursive: true });
const tally = new Tally();
const seeds: string[] = [];
const failures: string[] = [];
const began = Date.now();
const hasTime = (): boolean => options.minutes === undefined || Date.now() - began < options.minutes * 60_000;
const bar = new SingleBar({ format: "{bar} {value} of {total} calls, {eta_formatted} left", stopOnComplete: true });
let begun = 0;

/** One process with a seed of its own. It writes what became of each action into files. */
async function slice(seed: string): Promise<Slice> {
  const log = join(folder, `${seed}.jsonl`);
  const files = VARIANTS.map((decimals) => `${log}.${decimals}`);
  for (const file of files) writeFileSync(file, "");
  const environment = {
    ...{ FUZZ_SEED: seed, INVARIANT_RUNS: String(RUNS_A_SLICE), INVARIANT_DEPTH: String(options.depth) },
    ...{ CAMPAIGN_LOG: log, CAMPAIGN_FILES: files.join() },
  };
  const args = [HARDHAT_CLI, "test", "solidity", "--no-compile", "--chain-type", "op", "--grep", "invariant", ...FILES];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endsWithUs(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const told = files.map((file) => linesOf(readFileSync(file, "utf8")));
  for (const line of told.flat()) tally.add(line);
  for (const file of files) rmSync(file);
  // A contract of which nothing is told has tried nothing.
  return { seed, failed: code !== 0 || told.some((lines) => lines.length === 0), output };
}

async function work(): Promise<void> {
  while (failures.length === 0 && begun < options.calls && hasTime()) {
    begun += RUNS_A_SLICE * VARIANTS.length * options.depth;
    const seed = options.seed ?? `0x${randomBytes(32).toString("hex")}`;
    if (options.seed !== undefined) begun = Infinity;
    seeds.push(seed);
    say(`seed ${seed}`);
    const { failed, output } = await slice(seed);
    bar.update(Math.min(callsOf(tally), options.calls));
    write(); // as it is now: hours may be cut short
    if (!failed) continue;
    const file = join(folder, `failed-${seed.slice(2, 12)}.txt`);
    writeFileSync(file, output);
    failures.push(file);
    say(`an invariant broke, or the slice did not run; its calls, shrunk, are in ${file}:\n${output.slice(-2_000)}`);
  }
}

/** What there is so far. */
function result() {
  const { actions } = tally;
  const seconds = (Date.now() - began) / 1_000;
  return {
    calls: callsOf(tally),
    depth: options.depth,
    seconds,
    seeds,
    failures,
    never: tally.neverDone(PATIENCE),
    actions,
  };
}

function write(): void {
  writeFileSync(join(folder, "result.json"), `${JSON.stringify(result(), undefined, 1)}\n`);
}

bar.start(options.calls, 0);
await Promise.all(Array.from({ length: options.workers }, work));
bar.stop();

write();
const { calls, never } = result();
if (options.json === true) process.stdout.write(`${JSON.stringify(result())}\n`);
else process.stdout.write(`${tallyTable(tally)}\n`);
say(`${calls} calls in runs of ${options.depth}, ${seeds.length} seeds, ${failures.length} failures`);
if (never.length > 0) say(`never succeeded, so nothing is proved about: ${never.join(", ")}`);
if (failures.length > 0 || never.length > 0 || calls === 0) process.exitCode = 1;
