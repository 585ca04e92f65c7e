import { SeededRandom } from "../book/random.js";
import { type JumpDiffusion, moveOf } from "../prices/jumpDiffusion.js";
import type { PriceStep } from "../prices/path.js";

export const DAY_SECONDS = 86_400;
export const YEAR_DAYS = 365;
const HOURS_A_DAY = 24;
const HOUR_SECONDS = 3_600;

/** One day of the market. */
export interface DayOfPrices {
  /** from 0 */
  day: number;
  /** second at which it begins */
  startsAt: number;
  kind: "quiet" | "wild" | "crash";
  /** A quiet day has one, at its beginning; the others one an hour. */
  steps: PriceStep[];
}

/** By the hour, with figures about what bitcoin showed from 2018 to 2024. */
const PROCESS: JumpDiffusion = {
  volatility: 0.55,
  drift: 0.1,
  jumpsAYear: 8,
  jump: { mean: -0.015, deviation: 0.045 },
};
/** The crash: one hour in which there is no price between, a day of falling on, and some of it comes back in two months. */
const CRASH = { hour: 9, gap: -0.34, restOfDay: -0.1, recovery: 0.2, recoveryDays: 60 };
/** The crash comes in the middle third of the time. */
const CRASH_WITHIN = { from: 1 / 3, until: 2 / 3 };
/** A day on which the price moves further than this from where it began is gone through by the hour. */
const QUIET_WITHIN = 0.04;

/**
 * A year of bitcoin prices with one crash; the same seed gives the same year.
 * @param opening dollars, 8 decimals @param startsAt second of the first midnight
 */
export function yearOfPrices(seed: number, opening: bigint, startsAt: number, days = YEAR_DAYS): DayOfPrices[] {
  const random = new SeededRandom(`prices ${seed}`);
  const crashDay = Math.floor(days * (CRASH_WITHIN.from + random.next() * (CRASH_WITHIN.until - CRASH_WITHIN.from)));
  const year = YEAR_DAYS * HOURS_A_DAY;
  let logarithm = Math.log(Number(opening));
  return Array.from({ length: days }, (_, day): DayOfPrices => {
    const begins = startsAt + day * DAY_SECONDS;
    const logarithms: number[] = [];
    for (let hour = 0; hour < HOURS_A_DAY; hour++) {
      logarithms.push(logarithm);
      // The draws are the same on every day, so that a crash on another day leaves the rest of the year as it is.
      const { diffusion, jump } = moveOf(random, PROCESS, year);
      logarithm += diffusion + jump + crashIn(day - crashDay, hour);
    }
    const isCrash = day === crashDay;
    const moves = logarithms.some((one) => Math.abs(one - (logarithms[0] ?? one)) > QUIET_WITHIN);
    const kind = isCrash ? "crash" : moves ? "wild" : "quiet";
    const all = logarithms.map((one, hour): PriceStep => ({
      at: begins + hour * HOUR_SECONDS,
      price: BigInt(Math.round(Math.exp(one))),
    }));
    return { day, startsAt: begins, kind, steps: kind === "quiet" ? all.slice(0, 1) : all };
  });
}

/** What the crash adds to the logarithm of the price in that hour. */
function crashIn(daysAfter: number, hour: number): number {
  if (daysAfter === 0 && hour === CRASH.hour) return Math.log1p(CRASH.gap);
  if (daysAfter === 0 && hour > CRASH.hour) return Math.log1p(CRASH.restOfDay) / (HOURS_A_DAY - CRASH.hour - 1);
  if (daysAfter > 0 && daysAfter <= CRASH.recoveryDays)
    return Math.log1p(CRASH.recovery) / (CRASH.recoveryDays * HOURS_A_DAY);
  return 0;
}
