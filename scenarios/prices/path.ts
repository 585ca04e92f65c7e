import { HOUR_SECONDS, type Hour } from "./series.js";
import type { PriceE8 } from "./decimal.js";

/** One move of the market. */
export interface PriceStep {
  /** second at which the market is at `price` */
  at: number;
  price: PriceE8;
  /** set where the step ends a leg: the hour's low, or its close */
  endsLeg?: "low" | "close";
}

export const STEPS_A_LEG = 6;
/** Within an hour: when its low is reached, and when its close. */
const LOW_AT = 20 * 60;
const CLOSE_AT = 50 * 60;

/** The price at which the market stands before the first step. A series says nothing earlier than its first close. */
export function openingPrice(hours: readonly Hour[]): PriceE8 {
  const [first] = hours;
  if (!first) throw new RangeError("A series without hours has no opening price.");
  return first.close;
}

/**
 * Lays the path the market takes: from where it stands to each hour's low at :20, then to its close at :50, every leg in
 * steps of equal ratio and equal length. The first leg begins on the first hour.
 * @param stepsALeg 1 jumps
 */
export function pathOf(hours: readonly Hour[], stepsALeg: number = STEPS_A_LEG): PriceStep[] {
  const path: PriceStep[] = [];
  let from = { at: hours[0]?.startsAt ?? 0, price: openingPrice(hours) };
  for (const hour of hours)
    for (const [endsLeg, offset] of [["low", LOW_AT] as const, ["close", CLOSE_AT] as const]) {
      const to = { at: hour.startsAt + offset, price: hour[endsLeg] };
      for (let step = 1; step < stepsALeg; step++) path.push(between(from, to, step / stepsALeg));
      path.push({ ...to, endsLeg });
      from = to;
    }
  return path;
}

/** When a replay of this series is over: the end of its last hour. */
export function endOf(hours: readonly Hour[]): number {
  return (hours.at(-1)?.startsAt ?? 0) + HOUR_SECONDS;
}

type Point = Pick<PriceStep, "at" | "price">;

function between(from: Point, to: Point, share: number): PriceStep {
  const ratio = Number(to.price) / Number(from.price);
  return {
    at: Math.round(from.at + (to.at - from.at) * share),
    price: BigInt(Math.round(Number(from.price) * ratio ** share)),
  };
}
