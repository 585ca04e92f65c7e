import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { LoanBook } from "../../../keeper/index/loanBook.js";
import { decode } from "../../../keeper/index/snapshot/decode.js";
import { LOGS_AHEAD } from "../../../keeper/index/table/loanTable.js";
import { Snapshots } from "../../../keeper/index/snapshots.js";
import { scan } from "../../../keeper/judge/scan.js";
import { BenchMarket, MANAGERS } from "./market.js";

export interface Spread {
  readonly best: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export interface Measured {
  readonly loans: number;
  readonly events: { readonly perSecond: number; readonly perSecondBest: number };
  readonly tickNone: Spread & { readonly cpu: Spread };
  readonly tickOne: Spread & { readonly cpu: Spread; readonly liquidatable: number };
  readonly snapshot: { readonly megabytes: number; readonly writeMs: number; readonly longestPauseMs: number };
  readonly memory: { readonly rssMegabytes: number; readonly undoMegabytes: number; readonly tablesMegabytes: number };
  readonly file: string;
}

export interface Cold {
  readonly loadMs: number;
  readonly firstListMs: number;
  readonly rssMegabytes: number;
}

const EVENTS_A_BLOCK = 2_000;
const OWNER = { ...MANAGERS, chainId: 10 };
const MEGA = 2 ** 20;

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const at = (values: readonly number[], part: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

/** The best of several runs' spreads: on a machine shared with others, the others' time is not the program's. */
function bestOf(runs: readonly (readonly number[])[]): Spread {
  const spreads = runs.map((run) => {
    const values = sorted(run);
    return { best: at(values, 0), p50: at(values, 0.5), p99: at(values, 0.99), worst: at(values, 1) };
  });
  return spreads.reduce((best, one) => (one.p99 < best.p99 ? one : best));
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
};

/** The price at which about one loan in a hundred may be liquidated, and one at which none may. */
function prices(market: BenchMarket): { none: number; one: number } {
  let [low, high] = [10_000, 1e6];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (scan(market.book, market.facts(middle)).length > market.book.size / 100) low = middle;
    else high = middle;
  }
  const marked = [...market.book.tables.keys()].reduce((sum, id) => sum + (market.book.termTable(id)?.marked ?? 0), 0);
  let none = high;
  while (scan(market.book, market.facts(none)).length > marked) none *= 1.05;
  return { none, one: high };
}

export async function measure(size: number, runs: number, blocks: number): Promise<Measured> {
  const market = new BenchMarket(size);
  market.populate();
  market.serve();
  const { book } = market;
  const tick = { none: [] as number[][], one: [] as number[][], noneCpu: [] as number[][], oneCpu: [] as number[][] };
  const rates: number[] = [];
  let [applied, spent, liquidatable] = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    // Anew for each: what loans do between ticks moves the book.
    const { none, one } = prices(market);
    for (const series of Object.values(tick)) series.push([]);
    for (let block = 0; block < blocks; block++) {
      const logs = market.nextBlock(EVENTS_A_BLOCK);
      const before = performance.now();
      for (const [at, log] of logs.entries()) {
        if (at % LOGS_AHEAD === 0) book.expect(logs, at);
        market.apply(log);
      }
      book.settle(market.block - 512);
      const took = performance.now() - before;
      [applied, spent] = [applied + logs.length, spent + took];
      rates.push((logs.length / took) * 1e3);

      const steady = market.facts(none * (1 + block / 1e6));
      let [began, cpuBegan] = [performance.now(), cpu()];
      scan(book, steady);
      tick.none.at(-1)?.push(performance.now() - began);
      tick.noneCpu.at(-1)?.push(cpu() - cpuBegan);

      const fallen = market.facts(one * (1 + (block % 7) / 1e6));
      [began, cpuBegan] = [performance.now(), cpu()];
      const decisions = scan(book, fallen);
      tick.one.at(-1)?.push(performance.now() - began);
      tick.oneCpu.at(-1)?.push(cpu() - cpuBegan);
      liquidatable = decisions.length;
    }
  }

  const file = join(tmpdir(), `ballast-bench-${process.pid}.snapshot`);
  const snapshots = new Snapshots(file, OWNER, pino({ level: "warn" }, pino.destination(2)));
  const began = performance.now();
  const pauses = watchPauses();
  snapshots.keep(book, { number: market.block, hash: "0x00", parentHash: "", timestamp: 0n, baseFeePerGas: 0n });
  await snapshots.settled();
  const writeMs = performance.now() - began;
  const longestPauseMs = pauses();
  const tables = [...book.tables.values()];
  const undo = tables.reduce((sum, table) => sum + table.undo.bytes, 0);
  return {
    loans: book.size,
    events: { perSecond: (applied / spent) * 1e3, perSecondBest: at(sorted(rates), 0.9) },
    tickNone: { ...bestOf(tick.none), cpu: bestOf(tick.noneCpu) },
    tickOne: { ...bestOf(tick.one), cpu: bestOf(tick.oneCpu), liquidatable },
    snapshot: { megabytes: statSync(file).size / MEGA, writeMs, longestPauseMs },
    memory: {
      rssMegabytes: process.memoryUsage().rss / MEGA,
      undoMegabytes: undo / MEGA,
      tablesMegabytes: tables.reduce((sum, table) => sum + table.bytes, 0) / MEGA,
    },
    file,
  };
}

/** Longest time for which nothing else could run. */
function watchPauses(): () => number {
  let [last, longest, on] = [performance.now(), 0, true];
  const step = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (on) setImmediate(step);
  };
  setImmediate(step);
  return () => {
    on = false;
    return longest;
  };
}

/** In a process that has done nothing else: from the file to the first complete list. */
export function coldStart(file: string): Cold {
  const began = performance.now();
  const book = new LoanBook(MANAGERS);
  decode(readFileSync(file), OWNER, book);
  const loadMs = performance.now() - began;
  const market = new BenchMarket(0);
  Object.assign(market, { book, now: Math.max(...[...book.tables.keys()].map((id) => book.termTable(id)?.now ?? 0)) });
  scan(book, market.facts(40_000));
  return { loadMs, firstListMs: performance.now() - began, rssMegabytes: process.memoryUsage().rss / MEGA };
}

export function removeFile(file: string): void {
  if (existsSync(file)) rmSync(file);
}
