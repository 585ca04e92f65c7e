/** The keeper at one moment of a soak. */
export interface Sample {
  /** since the first decision */
  readonly seconds: number;
  readonly residentMb: number;
  readonly heapMb: number;
  /** Node's: sockets, timers, streams */
  readonly handles: number;
  /** open file descriptors */
  readonly files: number;
  /** blocks between the newest and the newest decided */
  readonly behind: number;
  readonly settled: number;
}

/** A gauge of /metrics, its labels summed up. */
export function gaugeOf(metrics: string, name: string): number {
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** How far a figure climbed over the second half of the samples, by the straight line of least squares through it. */
export function climb(samples: readonly Sample[], what: Level): { by: number; level: number } {
  const half = samples.slice(Math.floor(samples.length / 2));
  const mean = (of: (sample: Sample) => number): number => half.reduce((sum, one) => sum + of(one), 0) / half.length;
  const [time, level] = [mean(({ seconds }) => seconds), mean((one) => one[what])];
  const covariance = mean((one) => (one.seconds - time) * (one[what] - level));
  const variance = mean((one) => (one.seconds - time) ** 2);
  const length = (half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0);
  return { by: variance === 0 ? 0 : (covariance / variance) * length, level };
}

/** What must be level. */
export type Level = "residentMb" | "heapMb" | "handles" | "files";
