import { SeededRandom } from "../../../scenarios/book/random.js";
import { type JumpDiffusion, moveOf } from "../../../scenarios/prices/jumpDiffusion.js";

export const MINUTES = 48 * 60;
const MINUTES_A_YEAR = 365 * 24 * 60;

export interface PathTerms {
  readonly process: JumpDiffusion;
  /** dollars for one bitcoin at the start */
  readonly opening: number;
  /** over so many minutes a jump is spread, in equal parts; 1 is a gap */
  readonly jumpMinutes: number;
  readonly seed: string;
}

/** Two days of prices, dollars for one bitcoin at the end of every minute; the same seed gives the same days. */
export function priceMinutes({ process, opening, jumpMinutes, seed }: PathTerms): number[] {
  const random = new SeededRandom(`stress ${seed}`);
  const moves = Array.from({ length: MINUTES }, () => moveOf(random, process, MINUTES_A_YEAR));
  let logarithm = Math.log(opening);
  let running = 0;
  return moves.map(({ diffusion, jump }, minute) => {
    running += jump / jumpMinutes - (moves[minute - jumpMinutes]?.jump ?? 0) / jumpMinutes;
    logarithm += diffusion + running;
    return Math.exp(logarithm);
  });
}
