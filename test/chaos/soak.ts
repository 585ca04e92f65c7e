// npm run test:soak -- [--minutes 60] [--loans 100000] [--block-ms 200]: an hour of fast blocks with a large book; the keeper's
// memory and handles must be level. The figures are the process's own, from /metrics and from /proc.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Table from "cli-table3";
import { Command } from "commander";
import { ChaosError } from "./errors.js";
import { jsonOf } from "./json.js";
import { number, optionsOf, seed } from "./options.js";
import { type Level, type Sample, climb, gaugeOf } from "./soak/samples.js";
import { Clockwork } from "./stage/clockwork.js";
import { KeeperRuns } from "./stage/keeperRuns.js";
import { fallingPrices } from "./stage/prices.js";
import { onStage, type Stage } from "./stage/stage.js";

/**
 * Most that the second half of the run may climb: in hundredths of its mean, or by so much, whichever is more. A heap goes up
 * and down by itself between two collections, and a request under way is a handle.
 */
const MOST_CLIMB: Readonly<Record<Level, { readonly percent: number; readonly absolute: number }>> = {
  residentMb: { percent: 10, absolute: 20 },
  heapMb: { percent: 15, absolute: 20 },
  handles: { percent: 5, absolute: 3 },
  files: { percent: 5, absolute: 3 },
};
const FALL_PERCENT = 12;
const WAVER_PERCENT = 4;
/** The keeper reads the whole log first. */
const START_MS = 600_000;

const command = new Command("test:soak")
  .description(
    "Runs the keeper for long on a chain of fast blocks with a large book, and looks whether it stays as it is.",
  )
  .option("--minutes <n>", "how long", number, 60)
  .option("--loans <n>", "loans in the book", number, 100_000)
  .option("--term <percent>", "how many of a hundred are term loans", number, 1)
  .option("--block-ms <n>", "between blocks", number, 200)
  .option("--every-seconds <n>", "between two looks", number, 10)
  .option("--seed <n>", "of book and prices", seed, 1)
  .option("--out <folder>", "where result and keeper's log go", "out/soak")
  .option("--json", "the result as JSON on stdout");
interface Options {
  minutes: number;
  loans: number;
  term: number;
  blockMs: number;
  everySeconds: number;
  seed: number;
  out: string;
  json?: boolean;
}
const options = optionsOf<Options>(command);
const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
mkdirSync(options.out, { recursive: true });
const log = join(options.out, "keeper.log");
writeFileSync(log, "");

const prices = fallingPrices(options.seed, FALL_PERCENT, WAVER_PERCENT);
const { loans, term: termPercent } = options;
const setting = { loans, termPercent, seed: options.seed, prices, say, hasSecondSource: false };
const samples = await onStage(setting, soak);
const climbs = (Object.keys(MOST_CLIMB) as Level[]).map((what) => {
  const { by, level } = climb(samples, what);
  const { percent, absolute } = MOST_CLIMB[what];
  const most = Math.max((level * percent) / 100, absolute);
  return { what, by, level, most, ok: by <= most };
});
const result = { options, climbs, samples };
writeFileSync(join(options.out, "result.json"), jsonOf(result));
if (options.json === true) process.stdout.write(`${jsonOf(result)}\n`);
else print();
if (climbs.some(({ ok }) => !ok)) process.exitCode = 1;

/** Makes blocks by the clock on the wall, whether or not the keeper follows, and looks at the keeper now and then. */
async function soak(stage: Stage): Promise<Sample[]> {
  const { world, deploymentFile, folder } = stage;
  const keeper = new KeeperRuns({
    ...{ deployment: deploymentFile, privateKey: world.keeper.wallet.privateKey, stateDir: join(folder, "state"), log },
    settings: { requestTimeoutMs: 30_000 },
    flags: ["--ether-price", "2000", "--log-level", "warn"],
  });
  const clockwork = new Clockwork(stage);
  const started = performance.now();
  keeper.start();
  try {
    await clockwork.block(prices.opening, 1);
    if (!(await keeper.hasDecided(0, START_MS)))
      throw new ChaosError(
        `the keeper has decided nothing within ${START_MS / 1_000} s:\n${keeper.stderr.slice(-1_000)}`,
      );
    say(`first decision after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    const found: Sample[] = [];
    const begin = performance.now();
    const end = begin + options.minutes * 60_000;
    let due = begin;
    let lookAt = begin;
    let fraction = 0;
    while (performance.now() < end) {
      fraction += options.blockMs / 1_000;
      const seconds = Math.floor(fraction);
      fraction -= seconds;
      const block = await clockwork.block(prices.at((performance.now() - begin) / (end - begin)), seconds);
      keeper.poll();
      if (performance.now() >= lookAt) {
        lookAt += options.everySeconds * 1_000;
        const sample = await look(keeper, block, (performance.now() - begin) / 1_000);
        found.push(sample);
        if (found.length % 6 === 1) say(inWords(sample));
      }
      if (!keeper.isRunning) throw new ChaosError(`the keeper ended: ${keeper.deaths.join("; ")}`);
      due = Math.max(due + options.blockMs, performance.now());
      await sleep(Math.max(0, due - performance.now()));
    }
    return found;
  } finally {
    await keeper.end("SIGTERM");
  }
}

async function look(keeper: KeeperRuns, block: number, seconds: number): Promise<Sample> {
  const metrics = await keeper.metrics();
  const gauge = (name: string): number => gaugeOf(metrics, name);
  const statm = readFileSync(`/proc/${keeper.pid}/statm`, "utf8").split(" ");
  const mb = 1024 * 1024;
  return {
    seconds,
    residentMb: (Number(statm[1]) * 4096) / mb,
    heapMb: gauge("nodejs_heap_size_used_bytes") / mb,
    handles: gauge("nodejs_active_handles_total"),
    files: readdirSync(`/proc/${keeper.pid}/fd`).length,
    behind: block - (keeper.newest?.block ?? 0),
    settled: keeper.settled.length,
  };
}

function inWords({ seconds, residentMb, heapMb, handles, files, behind, settled }: Sample): string {
  return (
    `${seconds.toFixed(0)} s: resident ${residentMb.toFixed(0)} MB, heap ${heapMb.toFixed(0)} MB, ${handles} handles, ` +
    `${files} files, ${behind} blocks behind, ${settled} settled`
  );
}

function print(): void {
  const plain = { style: { head: [], border: [] } };
  const head = ["s", "resident MB", "heap MB", "handles", "files", "blocks behind", "settled"];
  const table = new Table({ head, ...plain });
  const step = Math.max(1, Math.ceil(samples.length / 20));
  for (const one of samples.filter((_, index) => index % step === 0))
    table.push([
      ...[one.seconds, one.residentMb, one.heapMb].map((value) => value.toFixed(0)),
      ...[one.handles, one.files, one.behind, one.settled].map(String),
    ]);
  const verdict = new Table({ head: ["second half", "mean", "climbs by", "at most", ""], ...plain });
  for (const { what, level, by, most, ok } of climbs)
    verdict.push([what, ...[level, by, most].map((value) => value.toFixed(1)), ok ? "yes" : "NO"]);
  process.stdout.write(`${table.toString()}\n${verdict.toString()}\n`);
}
