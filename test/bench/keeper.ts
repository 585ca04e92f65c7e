import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { Command, Option } from "commander";
import { number } from "../chaos/options.js";
import { type Cold, type Measured, type Spread, coldStart, measure, removeFile } from "./keeper/measure.js";
import { type Naive, measureNaive } from "./keeper/naive.js";

/** Each size in a process of its own, so that memory is its own. */
interface Options {
  sizes: number[];
  runs: number;
  blocks: number;
  json?: boolean;
  child?: "measure" | "cold" | "naive";
  size?: number;
  file?: string;
}

const numbers = (text: string): number[] => text.split(",").map(number);
const options = new Command("bench:keeper")
  .description(
    "Index and judge of the keeper at up to a million loans: events, ticks, cold start, memory; beside a plain scan.",
  )
  .option("--sizes <list>", "numbers of loans", numbers, [10_000, 100_000, 1_000_000])
  .option("--runs <n>", "runs of each size; best and worst are of the same work", number, 3)
  .option("--blocks <n>", "blocks of a run, of 2,000 events each", number, 200)
  .option("--json", "figures as JSON on stdout")
  .addOption(new Option("--child <part>").hideHelp())
  .addOption(new Option("--size <n>").argParser(number).hideHelp())
  .addOption(new Option("--file <path>").hideHelp())
  .parse()
  .opts<Options>();

/** What is asked of it at a million loans. */
const TARGETS = { tickOneP99: 10, tickNoneP99: 0.5, eventsPerSecond: 300_000, coldMs: 2_000, rssMegabytes: 500 };

const { child, runs: RUNS, blocks: BLOCKS } = options;
if (child !== undefined) await beChild(child);
else run();

async function beChild(what: string): Promise<void> {
  const { size = 0, file = "" } = options;
  const answer =
    what === "measure" ? await measure(size, RUNS, BLOCKS) : what === "cold" ? coldStart(file) : measureNaive(size);
  process.stdout.write(JSON.stringify(answer));
}

function ask<T>(...flags: string[]): T {
  const runs = ["--runs", String(RUNS), "--blocks", String(BLOCKS)];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), ...flags, ...runs],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`a part of the bench failed:\n${stderr}`);
  return JSON.parse(stdout) as T;
}

function run(): void {
  const { sizes } = options;
  const results = sizes.map((size) => {
    const measured = ask<Measured>("--child", "measure", "--size", String(size));
    const colds = [1, 2, 3].map(() => ask<Cold>("--child", "cold", "--file", measured.file));
    removeFile(measured.file);
    const cold = colds.reduce((best, one) => (one.firstListMs < best.firstListMs ? one : best));
    return { size, measured, cold };
  });
  const naive = [10_000, 100_000]
    .filter((size) => size <= Math.max(...sizes))
    .map((size) => ask<Naive>("--child", "naive", "--size", String(size)));
  const load = loadavg().map((value) => Number(value.toFixed(1)));
  const largest = results.at(-1);
  const isFull = largest?.size === 1_000_000;
  const met = largest && {
    tickOneP99: largest.measured.tickOne.p99 <= TARGETS.tickOneP99,
    tickNoneP99: largest.measured.tickNone.p99 <= TARGETS.tickNoneP99,
    eventsPerSecond: largest.measured.events.perSecond >= TARGETS.eventsPerSecond,
    coldMs: largest.cold.firstListMs <= TARGETS.coldMs,
    rssMegabytes: Math.max(largest.measured.memory.rssMegabytes, largest.cold.rssMegabytes) <= TARGETS.rssMegabytes,
  };
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ load, targets: TARGETS, ...(isFull && { met }), results, naive }, null, 2)}\n`,
    );
    return;
  }
  const table = new Table({
    style: { head: [], border: [] },
    head: [
      "",
      "loans",
      "events/s",
      "tick, none (best/p50/p99)",
      "tick, 1 % (best/p50/p99)",
      "found",
      "cold start",
      "snapshot",
      "memory",
      "undo",
    ],
  });
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const spread = ({ best, p50, p99 }: Spread): string => `${best.toFixed(2)} / ${p50.toFixed(2)} / ${ms(p99)}`;
  const mega = (value: number): string => `${value.toFixed(0)} MB`;
  for (const { measured: m, cold } of results) {
    table.push([
      ...["keeper", m.loans, m.events.perSecond.toFixed(0), spread(m.tickNone)],
      ...[spread(m.tickOne), m.tickOne.liquidatable, ms(cold.firstListMs)],
      ...[`${mega(m.snapshot.megabytes)}, pause ${ms(m.snapshot.longestPauseMs)}`],
      ...[`${mega(m.memory.rssMegabytes)} (cold ${mega(cold.rssMegabytes)})`, mega(m.memory.undoMegabytes)],
    ]);
  }
  for (const one of naive) {
    table.push([
      "map, bigints, ethers",
      one.loans,
      one.eventsPerSecond.toFixed(0),
      "",
      ms(one.tickMs),
      "",
      "",
      "",
      mega(one.rssMegabytes),
      "",
    ]);
  }
  process.stdout.write(
    `${table.toString()}\nload average ${load.join(", ")}; best of ${RUNS} runs of ${BLOCKS} blocks of 2,000 events\n`,
  );
}
