import { DevnetError } from "./errors.js";

/** The pool's two tokens in its own order, and which of them is the wrapped BTC. */
export interface Order {
  btcIsToken0: boolean;
}

/** Which share of the price counts as near: depth is the value of what lies within 2 % on either side. */
const NEAR = 0.02;
const Q96 = 2n ** 96n;
export const MIN_TICK = -887_272;
export const MAX_TICK = 887_272;

/** Dollar units (6 decimals) for one satoshi, at a price with 8 decimals for a whole BTC: price × 10^(6 − 8 − 8). */
const PRICE_SCALE = 10n ** 10n;

/** Square root of a pool price (token1 units per token0 unit) as Uniswap v3 stores it. @param priceE8 dollars per BTC */
export function sqrtPriceX96(priceE8: bigint, { btcIsToken0 }: Order): bigint {
  if (priceE8 <= 0n) throw new DevnetError(`A price must be positive, got ${priceE8}.`);
  const squared = Q96 * Q96;
  return squareRoot(btcIsToken0 ? (priceE8 * squared) / PRICE_SCALE : (PRICE_SCALE * squared) / priceE8);
}

/** Dollars per BTC, 8 decimals, at a pool's square root price. */
export function priceE8Of(sqrtX96: bigint, { btcIsToken0 }: Order): bigint {
  const ratio = sqrtX96 * sqrtX96;
  return btcIsToken0 ? (ratio * PRICE_SCALE) / (Q96 * Q96) : (PRICE_SCALE * Q96 * Q96) / ratio;
}

/** The initialisable tick nearest to a price. */
export function tickAt(priceE8: bigint, order: Order, spacing: number): number {
  const ratio = Number(priceE8) / Number(PRICE_SCALE);
  const tick = Math.log(order.btcIsToken0 ? ratio : 1 / ratio) / Math.log(1.0001);
  return Math.round(tick / spacing) * spacing;
}

export const widestTicks = (spacing: number): [number, number] => [
  Math.ceil(MIN_TICK / spacing) * spacing,
  Math.floor(MAX_TICK / spacing) * spacing,
];

/**
 * The constant liquidity L whose tokens within 2 % of the price are worth the depth asked for. With s = √price, the
 * dollars between 0.98 × price and price are L·(s − √0.98·s), the BTC up to 1.02 × price is worth L·s·(1 − 1/√1.02).
 * @param depth dollar units
 */
export function liquidityForDepth(priceE8: bigint, depth: bigint): bigint {
  const root = Math.sqrt(Number(priceE8) / Number(PRICE_SCALE));
  const share = 1 - Math.sqrt(1 - NEAR) + (1 - 1 / Math.sqrt(1 + NEAR));
  return BigInt(Math.round(Number(depth) / (root * share)));
}

/** The inverse of `liquidityForDepth`. @returns dollar units */
export function depthOfLiquidity(priceE8: bigint, liquidity: bigint): bigint {
  const root = Math.sqrt(Number(priceE8) / Number(PRICE_SCALE));
  const share = 1 - Math.sqrt(1 - NEAR) + (1 - 1 / Math.sqrt(1 + NEAR));
  return BigInt(Math.round(Number(liquidity) * root * share));
}

/** What a position of a liquidity between two ticks holds at a price, in token units, rounded up. */
export function amountsFor(
  liquidity: bigint,
  sqrtX96: bigint,
  [lower, upper]: [number, number],
): { amount0: bigint; amount1: bigint } {
  const at = (tick: number) => BigInt(Math.round(Math.pow(1.0001, tick / 2) * 2 ** 48)) * 2n ** 48n || 1n;
  const clamp = (value: bigint) => (value < at(lower) ? at(lower) : value > at(upper) ? at(upper) : value);
  const current = clamp(sqrtX96);
  return {
    amount0: (liquidity * Q96 * (at(upper) - current)) / (at(upper) * current) + 1n,
    amount1: (liquidity * (current - at(lower))) / Q96 + 1n,
  };
}

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length / 2 + 1) | 0);
  for (;;) {
    const better = (guess + value / guess) / 2n;
    if (better >= guess) return guess;
    guess = better;
  }
}
