import type { JumpDiffusion } from "../../../scenarios/prices/jumpDiffusion.js";
import type { Hour } from "../../../scenarios/prices/series.js";

const HOURS_A_YEAR = 365 * 24;
/** A return further from the median than so many robust standard deviations is a jump. */
const JUMP_BEYOND = 3;
/** Of a normal distribution: its standard deviation is so many times the median distance from the median. */
const DEVIATIONS_A_MEDIAN = 1.4826;

/**
 * The jump-diffusion whose hours are like those of a series. Jumps are told from the rest by the median distance from the median,
 * which the jumps themselves do not move.
 * @param hours of a crash, more than two
 */
export function calibrate(hours: readonly Hour[]): JumpDiffusion {
  const returns = hours.slice(1).map(({ close }, index) => Math.log(Number(close) / Number(hours[index]?.close)));
  const middle = median(returns);
  const robust = DEVIATIONS_A_MEDIAN * median(returns.map((one) => Math.abs(one - middle)));
  const isJump = (one: number): boolean => Math.abs(one - middle) > JUMP_BEYOND * robust;
  const jumps = returns.filter(isJump);
  const rest = returns.filter((one) => !isJump(one));
  const volatility = deviation(rest) * Math.sqrt(HOURS_A_YEAR);
  return {
    volatility,
    drift: mean(rest) * HOURS_A_YEAR + volatility ** 2 / 2,
    jumpsAYear: (jumps.length / returns.length) * HOURS_A_YEAR,
    jump: { mean: mean(jumps), deviation: deviation(jumps) },
  };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length;
}

export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, one) => sum + (one - middle) ** 2, 0);
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
