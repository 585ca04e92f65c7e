import type { HealthQuantiles } from "../result.js";

/** Quantiles of the health factors of loans that owe something, between neighbours in proportion. */
export function quantilesOf(factors: readonly number[]): HealthQuantiles | undefined {
  if (factors.length === 0) return undefined;
  const sorted = [...factors].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    const above = sorted[Math.ceil(place)] ?? 0;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { least: at(0), p10: at(0.1), p25: at(0.25), median: at(0.5), p75: at(0.75), p90: at(0.9) };
}
