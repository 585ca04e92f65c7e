import type { SeededRandom } from "../book/random.js";

/**
 * A jump-diffusion after Merton (1976): returns of the logarithm are normal, and now and then there is a jump on top. By the
 * year of 365 days.
 */
export interface JumpDiffusion {
  /** standard deviation of the logarithm's returns without jumps */
  readonly volatility: number;
  /** expected return without jumps */
  readonly drift: number;
  readonly jumpsAYear: number;
  /** of the logarithm, normal */
  readonly jump: { readonly mean: number; readonly deviation: number };
}

/** What one step adds to the logarithm of the price. */
export interface Move {
  readonly diffusion: number;
  /** 0 for most steps */
  readonly jump: number;
}

/** The next step of the process. It draws as often whether there is a jump or not. */
export function moveOf(random: SeededRandom, process: JumpDiffusion, stepsAYear: number): Move {
  const { volatility, drift, jumpsAYear, jump } = process;
  const diffusion =
    (drift - volatility ** 2 / 2) / stepsAYear + volatility * Math.sqrt(1 / stepsAYear) * normal(random);
  const jumps = random.next() < jumpsAYear / stepsAYear ? 1 : 0;
  return { diffusion, jump: jumps * (jump.mean + jump.deviation * normal(random)) };
}

/** A standard normal number (Box and Muller). */
export function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
