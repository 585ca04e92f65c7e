import { nothing, type ByHolder, type Month, type MonthOfEvents, type Sale, type YearResult } from "./result.js";

export const total = (by: Partial<ByHolder>): bigint => Object.values(by).reduce((sum, amount) => sum + amount, 0n);

export function add(to: ByHolder, more: Partial<ByHolder>): void {
  for (const [holder, amount] of Object.entries(more) as [keyof ByHolder, bigint][]) to[holder] += amount;
}

export const emptyMonth = (): MonthOfEvents => ({
  ...{ lent: nothing(), redeemed: nothing(), principal: 0n, repaid: 0n, proceeds: 0n },
  ...{ income: nothing(), reversed: nothing(), losses: nothing() },
  ...{ opened: 0, liquidated: 0, defaults: 0, cured: 0, rolledOver: 0 },
});

/** By how much a pool's cash changed. */
export const cashOf = ({ lent, redeemed, principal, repaid, proceeds }: MonthOfEvents): bigint =>
  total(lent) - total(redeemed) + repaid + proceeds - principal;

/** All that happened in a month, or of the whole year, in one facility or in both. */
export function flowsOf(months: readonly Month[], facility?: number): MonthOfEvents {
  const sum = emptyMonth();
  for (const { events } of months)
    for (const [number, one] of Object.entries(events)) {
      if (facility !== undefined && Number(number) !== facility) continue;
      for (const key of ["lent", "redeemed", "income", "reversed", "losses"] as const) add(sum[key], one[key]);
      for (const key of ["principal", "repaid", "proceeds"] as const) sum[key] += one[key];
      for (const key of ["opened", "liquidated", "defaults", "cured", "rolledOver"] as const) sum[key] += one[key];
    }
  return sum;
}

export const lossOf = ({ losses }: Pick<Sale, "losses">): bigint => total(losses);

/** `Jan`, and what came after the last. */
export function monthName({ at, isSettlement }: Pick<Month, "at" | "isSettlement">): string {
  if (isSettlement) return "settled";
  return new Date(at * 1000).toLocaleString("en", { month: "short", timeZone: "UTC" });
}

/** Lowest capital ratio of the year, with its second; undefined where none of the facilities has one. */
export function lowestRatio({ days }: YearResult): { at: number; ratio: number } | undefined {
  const seen = days.flatMap(({ at, facilities }) =>
    Object.values(facilities).flatMap(({ capitalRatio }) =>
      capitalRatio === undefined ? [] : [{ at, ratio: capitalRatio }],
    ),
  );
  return seen.reduce<{ at: number; ratio: number } | undefined>(
    (low, one) => (low && low.ratio <= one.ratio ? low : one),
    undefined,
  );
}
