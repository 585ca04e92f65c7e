import Table from "cli-table3";
import type { Campaign } from "./run.js";
import type { Finding } from "./verdict.js";

/** Blocks from the first state in which a loan could be liquidated to its sale. */
export function reactions({ blocks }: Pick<Campaign, "blocks">): number[] {
  const since = new Map<bigint, number>();
  const waits: number[] = [];
  for (const { number, liquidatable, sales } of blocks) {
    for (const { id } of sales) {
      const first = since.get(id);
      waits.push(first === undefined ? 0 : number - first);
      since.delete(id);
    }
    for (const id of since.keys()) if (!liquidatable.has(id)) since.delete(id);
    for (const id of liquidatable.keys()) if (!since.has(id)) since.set(id, number);
  }
  return waits.sort((a, b) => a - b);
}

export const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** For a person. */
export function describe(run: Campaign, findings: readonly Finding[]): string {
  const table = new Table({
    head: ["must hold", "", "seen"],
    colWidths: [44, 5, 90],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { what, ok, seen } of findings) table.push([what, ok ? "yes" : "NO", seen]);
  const waits = reactions(run);
  const said = (share: number): string => String(quantile(waits, share) ?? "–");
  const struck = [...run.struck].map(([kind, count]) => `${kind} ${count}`).join(", ");
  return [
    table.toString(),
    `${run.blocks.length} blocks, ${run.script.length} mishaps, ${run.starts} starts, ${run.requests} requests, ` +
      `${run.wallSeconds.toFixed(0)} s`,
    `blocks from unhealthy to sold: median ${said(0.5)}, p90 ${said(0.9)}, p99 ${said(0.99)}, most ${said(1)}`,
    `requests spoilt: ${struck || "none"}`,
  ].join("\n");
}
