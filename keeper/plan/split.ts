import { minOf } from "../../sdk/model/index.js";
import { type SaleCurve, isBetter } from "./curve.js";

/** A part of a sale, and the path it goes over. */
export interface Share {
  readonly path: string;
  readonly amountIn: bigint;
}

export interface Split {
  /** Every amount above zero; together all that is sold. */
  readonly shares: readonly Share[];
  /** Units of the loan asset, by the curves. */
  readonly proceeds: bigint;
}

export type Curves = ReadonlyMap<string, SaleCurve>;
export type SoldBefore = ReadonlyMap<string, bigint>;

/**
 * Divides a sale between paths that share no pool: always a little more where the next unit brings most, so that in the end no
 * path in use pays less at the margin than another would. Each leg more must bring what its gas costs; so it is tried with one
 * path, with two, and so on, and what leaves most is taken.
 *
 * @param soldBefore what was planned on each path already
 * @param legCost of every leg beyond the first, loan units
 * @returns undefined where the paths together are not deep enough
 */
export function bestSplit(curves: Curves, soldBefore: SoldBefore, amount: bigint, legCost: bigint): Split | undefined {
  const whole = fill(curves, soldBefore, amount);
  const byShare = [...(whole?.shares ?? [])].sort((a, b) => (a.amountIn > b.amountIn ? -1 : 1));
  const candidates: (Split | undefined)[] = [...curves].map((one) => fill(new Map([one]), soldBefore, amount));
  for (let legs = 2; legs < byShare.length; legs++) {
    const chosen = new Set(byShare.slice(0, legs).map(({ path }) => path));
    candidates.push(fill(new Map([...curves].filter(([path]) => chosen.has(path))), soldBefore, amount));
  }
  candidates.push(whole);
  const worth = ({ proceeds, shares }: Split): bigint => proceeds - legCost * BigInt(shares.length - 1);
  return candidates
    .filter((split) => split !== undefined)
    .reduce<Split | undefined>(
      (best, split) => (best === undefined || worth(split) > worth(best) ? split : best),
      undefined,
    );
}

function fill(curves: Curves, soldBefore: SoldBefore, amount: bigint): Split | undefined {
  const at = new Map([...curves.keys()].map((path) => [path, soldBefore.get(path) ?? 0n]));
  let left = amount;
  while (left > 0n) {
    let best: { path: string; stretch: { amountIn: bigint; amountOut: bigint } } | undefined;
    for (const [path, curve] of curves) {
      const stretch = curve.stretchFrom(at.get(path) ?? 0n);
      if (stretch !== undefined && (best === undefined || isBetter(stretch, best.stretch))) best = { path, stretch };
    }
    if (best === undefined) return undefined;
    const part = minOf(left, best.stretch.amountIn);
    at.set(best.path, (at.get(best.path) ?? 0n) + part);
    left -= part;
  }
  const shares: Share[] = [];
  let proceeds = 0n;
  for (const [path, curve] of curves) {
    const [from, to] = [soldBefore.get(path) ?? 0n, at.get(path) ?? 0n];
    if (to === from) continue;
    shares.push({ path, amountIn: to - from });
    proceeds += curve.outAt(to) - curve.outAt(from);
  }
  return { shares, proceeds };
}
