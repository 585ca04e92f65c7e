import Table from "cli-table3";
import { quantile } from "../../chaos/campaign/report.js";
import { IN_TIME_BLOCKS, type RaceResult } from "./race.js";
import { stageTimes } from "./stages.js";

const plain = { style: { head: [], border: [] } };
const dollars = (units: bigint): string => (Number(units) / 1e6).toLocaleString("en", { maximumFractionDigits: 2 });
const of = (values: readonly number[], share: number, digits = 0): string =>
  quantile(values, share)?.toFixed(digits) ?? "–";

/** Side by side. */
export function raceTable(results: readonly RaceResult[]): string {
  const table = new Table({ head: ["", ...results.map(({ name }) => name)], ...plain });
  const row = (what: string, say: (result: RaceResult) => string | number): void => {
    table.push([what, ...results.map((result) => String(say(result)))]);
  };
  row("times a loan became liquidatable", ({ due }) => due);
  row(`sold within ${IN_TIME_BLOCKS} blocks`, ({ inTime }) => inTime);
  row("sold later", ({ late }) => late);
  row("never sold", ({ missed }) => missed);
  row(
    "blocks to the sale, p50 / p99 / most",
    ({ reactionBlocks: all }) => `${of(all, 0.5)} / ${of(all, 0.99)} / ${of(all, 1)}`,
  );
  row("ms from block to sale, p50 / p99", ({ reactionMs: all }) => `${of(all, 0.5)} / ${of(all, 0.99)}`);
  row("ms from block to send, p50 / p99", ({ sentMs: all }) => `${of(all, 0.5)} / ${of(all, 0.99)}`);
  row("repaid, dollars", ({ repaid }) => dollars(repaid));
  row("bad debt, dollars", ({ badDebt }) => dollars(badDebt));
  row("gross profit, dollars", ({ grossProfit }) => dollars(grossProfit));
  row("all fees, dollars", ({ fees }) => dollars(fees));
  row("profit after all fees, dollars", ({ grossProfit, fees }) => dollars(grossProfit - fees));
  row("transactions mined / reverted", ({ mined, reverted }) => `${mined} / ${reverted}`);
  row("requests to the node", ({ requests }) => requests.toLocaleString("en"));
  row("requests a block", ({ requests, blocks }) => (requests / blocks).toFixed(1));
  return table.toString();
}

/** From the block that carries the price to the transaction accepted, and where the time goes. */
export function latencyTable({ sentMs, acceptedMs, metrics }: RaceResult): string {
  const table = new Table({ head: ["from the price's block, ms", "n", "p50", "p99", "most"], ...plain });
  for (const [what, all] of [
    ["to the liquidation handed over", sentMs],
    ["to the node having it", acceptedMs],
  ] as const)
    table.push([what, all.length, of(all, 0.5, 1), of(all, 0.99, 1), of(all, 1, 1)]);
  const stages = new Table({ head: ["the keeper's own stages, ms", "n", "mean", "p50 ≤", "p99 ≤"], ...plain });
  const ms = (seconds: number): string => (seconds * 1_000).toFixed(1);
  // When a block was seen is told from its own second, which here is the scenario's and not this clock's.
  const measured = stageTimes(metrics).filter(({ stage }) => stage !== "seen");
  for (const { stage, count, mean, p50, p99 } of measured) stages.push([stage, count, ms(mean), ms(p50), ms(p99)]);
  return `${table.toString()}\n${stages.toString()}`;
}

/** For --json: figures instead of every single wait. */
export function summaryOf(result: RaceResult): object {
  const { reactionBlocks, reactionMs, sentMs, acceptedMs, metrics, ...rest } = result;
  const spread = (all: readonly number[]): object => ({
    ...{ n: all.length, p50: quantile(all, 0.5), p99: quantile(all, 0.99), most: all.at(-1) },
  });
  return {
    ...rest,
    netProfit: result.grossProfit - result.fees,
    ...{ reactionBlocks: spread(reactionBlocks), reactionMs: spread(reactionMs) },
    ...{ sentMs: spread(sentMs), acceptedMs: spread(acceptedMs), stages: stageTimes(metrics) },
  };
}
