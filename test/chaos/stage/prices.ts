import { SeededRandom } from "../../../scenarios/book/random.js";
import type { PriceE8 } from "../../../scenarios/prices/decimal.js";

/** What the market does, as a function of the share of the time that went by. */
export interface PricePath {
  readonly opening: PriceE8;
  readonly lowest: PriceE8;
  /** @param share of the time, 0 to 1 */
  at(share: number): PriceE8;
}

const OPENING = 60_000;
/** Points between which the price goes straight. */
const POINTS = 120;

/**
 * A fall with rallies in between, the same for the same seed: by the end it has lost `fallPercent`, and on the way it wavers
 * around the straight line by up to `waverPercent`.
 */
export function fallingPrices(seed: number, fallPercent: number, waverPercent: number): PricePath {
  const random = new SeededRandom(`prices/${seed}`);
  let wave = 0;
  const factors = Array.from({ length: POINTS + 1 }, (_, index) => {
    wave = Math.max(-1, Math.min(1, wave + (random.next() - 0.5)));
    const isEnd = index === 0 || index === POINTS;
    const straight = 1 - (fallPercent / 100) * (index / POINTS);
    return straight * (1 + (isEnd ? 0 : (wave * waverPercent) / 100));
  });
  const factorAt = (share: number): number => {
    const place = Math.max(0, Math.min(1, share)) * POINTS;
    const index = Math.min(POINTS - 1, Math.floor(place));
    const [from = 1, to = 1] = [factors[index], factors[index + 1]];
    return from + (to - from) * (place - index);
  };
  const priced = (factor: number): PriceE8 => BigInt(Math.round(OPENING * factor * 100)) * 10n ** 6n;
  return {
    opening: priced(1),
    lowest: priced(Math.min(...factors)),
    at: (share) => priced(factorAt(share)),
  };
}
