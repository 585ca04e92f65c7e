/** One stage of the keeper's, from its own histogram; seconds. */
export interface StageTime {
  readonly stage: string;
  readonly count: number;
  readonly mean: number;
  /** Upper bounds: the histogram says no more than the bucket. */
  readonly p50: number;
  readonly p99: number;
}

interface Buckets {
  /** upper bound → observations at or below */
  readonly below: Map<number, number>;
  count: number;
  sum: number;
}

const LINE = /^([a-z_]+)_(bucket|sum|count)(?:\{([^}]*)\})? (\S+)$/;
/** Histograms by stage, and the whole decision where there is none by stage. */
const BY_STAGE = "ballast_keeper_stage_seconds";
const WHOLE = "ballast_keeper_decision_seconds";

/** Reads where the time goes out of /metrics. */
export function stageTimes(metrics: string): StageTime[] {
  const stages = new Map<string, Buckets>();
  for (const line of metrics.split("\n")) {
    const [, name, part, labels = "", value = ""] = LINE.exec(line) ?? [];
    if (name !== BY_STAGE && name !== WHOLE) continue;
    const stage = name === WHOLE ? "decision, as a whole" : (/stage="([^"]*)"/.exec(labels)?.[1] ?? "");
    const known = stages.get(stage) ?? { below: new Map<number, number>(), count: 0, sum: 0 };
    stages.set(stage, known);
    if (part === "sum") known.sum += Number(value);
    if (part === "count") known.count += Number(value);
    const bound = /le="([^"]*)"/.exec(labels)?.[1];
    if (part !== "bucket" || bound === undefined) continue;
    const upper = bound === "+Inf" ? Infinity : Number(bound);
    known.below.set(upper, (known.below.get(upper) ?? 0) + Number(value));
  }
  return [...stages]
    .filter(([, { count }]) => count > 0)
    .map(([stage, { below, count, sum }]) => ({
      ...{ stage, count, mean: sum / count },
      ...{ p50: boundOf(below, count * 0.5), p99: boundOf(below, count * 0.99) },
    }));
}

function boundOf(below: ReadonlyMap<number, number>, observations: number): number {
  const bounds = [...below].sort(([a], [b]) => a - b);
  return bounds.find(([, count]) => count >= observations)?.[0] ?? Infinity;
}
