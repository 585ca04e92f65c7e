/**
 * Exact floors and ceilings of products without bigints.
 *
 * A factor is an unevaluated sum of two doubles, high and low, |low| <= ulp(high)/2: 106 bits. With u = 2^-53:
 *
 * - a factor taken from a fraction ({@link ratio}) is wrong by less than 2^-104 of itself; one read from an integer below 2^85
 *   not at all;
 * - Dekker's product of the high parts is exact (high = p, rest = e); the two mixed products are rounded by u each, relative to
 *   themselves at most u of p, and so are the two sums: together less than 2^-103 of p; the product of the low parts, which is
 *   left out, is less than 2^-106 of it. A sum of such a product and a factor adds as little again.
 *
 * So a result below 2^53 is wrong by less than 2^53 × 2^-101 = 2^-48. Its integer part is certain unless it is that near to an
 * integer; {@link NEAR} is far wider. Whoever asks gets NaN then, and computes with bigints.
 */

/** Nearer than this to an integer nothing is said. */
const NEAR = 2 ** -40;
const SPLIT = 2 ** 27 + 1;
const MOST = 2 ** 53;

export interface Factor {
  readonly high: number;
  readonly low: number;
  /** Whether it is the fraction itself, without any rounding, and a single double. */
  readonly isExact: boolean;
}

/** A fraction of two positive bigints as a factor. */
export function ratio(numerator: bigint, denominator: bigint): Factor {
  if (numerator === 0n) return { high: 0, low: 0, isExact: true };
  // At least 118 significant bits of the quotient.
  const shift = BigInt(Math.max(0, 120 - (bitsOf(numerator) - bitsOf(denominator))));
  const quotient = (numerator << shift) / denominator;
  const high = Number(quotient);
  const low = Number(quotient - BigInt(high));
  const scale = 2 ** -Number(shift);
  const isExact = low === 0 && quotient * denominator === numerator << shift;
  return { high: high * scale, low: low * scale, isExact };
}

/** The same of an integer. */
export function factorOf(value: bigint): Factor {
  const high = Number(value);
  const low = Number(value - BigInt(high));
  return { high, low, isExact: low === 0 };
}

const LIMB_WEIGHTS = Array.from({ length: 8 }, (_, limb) => 2 ** (32 * limb));

/** The same of `size` limbs; of more than 106 bits, wrong by less than 2^-104 of itself. */
export function factorAt(words: Uint32Array, at: number, size: number): Factor {
  let high = 0;
  let low = 0;
  for (let limb = size - 1; limb >= 0; limb--) {
    // The larger ones are added already: the sum's rounding is exact (Dekker).
    const term = words[at + limb]! * LIMB_WEIGHTS[limb]!;
    const sum = high + term;
    low += term - (sum - high);
    high = sum;
  }
  const sum = high + low;
  return { high: sum, low: low - (sum - high), isExact: false };
}

/** x × m, wrong by less than 2^-103 of itself. */
export function product(x: Factor, m: Factor): Factor {
  const top = x.high * m.high;
  const error = lostBy(top, x.high, m.high);
  const rest = error + (x.high * m.low + x.low * m.high);
  const high = top + rest;
  return { high, low: rest - (high - top), isExact: false };
}

/** x × m − product exactly, of the rounded product of two doubles (Dekker). */
function lostBy(product: number, x: number, m: number): number {
  let split = SPLIT * x;
  const xTop = split - (split - x);
  const xRest = x - xTop;
  split = SPLIT * m;
  const mTop = split - (split - m);
  const mRest = m - mTop;
  return xTop * mTop - product + xTop * mRest + xRest * mTop + xRest * mRest;
}

const bitsOf = (value: bigint): number => value.toString(16).length * 4;

/** ⌊x × m⌋ of x = xHigh + xLow, exactly, or NaN where that cannot be told. @param isExact whether xLow and mLow are 0 for good */
export function floorOfProduct(xHigh: number, xLow: number, mHigh: number, mLow: number, isExact: boolean): number {
  const product = xHigh * mHigh;
  const rest = lostBy(product, xHigh, mHigh) + (xHigh * mLow + xLow * mHigh);
  return floorOfSum(product, rest, isExact);
}

/** ⌈i + s × t⌉ of factors i and s and an integer t, exactly, or NaN where that cannot be told. */
export function ceilOfLine(iHigh: number, iLow: number, sHigh: number, sLow: number, time: number): number {
  if (time === 0 || sHigh === 0) return iHigh === 0 ? 0 : floorOfSum(iHigh, iLow, false) + 1;
  const product = time * sHigh;
  const error = lostBy(product, time, sHigh);
  // The exact sum of the high parts (Knuth), then what is small.
  const sum = product + iHigh;
  const turned = sum - product;
  const lost = product - (sum - turned) + (iHigh - turned);
  return floorOfSum(sum, lost + (error + time * sLow + iLow), false) + 1;
}

function floorOfSum(high: number, low: number, isExact: boolean): number {
  const sum = high + low;
  const rest = low - (sum - high);
  if (!(sum < MOST)) return NaN;
  let down = Math.floor(sum);
  let part = sum - down + rest;
  if (part < 0) {
    down -= 1;
    part += 1;
  } else if (part >= 1) {
    down += 1;
    part -= 1;
  }
  return isExact || (part > NEAR && part < 1 - NEAR) ? down : NaN;
}

/** ⌈x × m⌉, as {@link floorOfProduct}. */
export function ceilOfProduct(xHigh: number, xLow: number, mHigh: number, mLow: number): number {
  return floorOfProduct(xHigh, xLow, mHigh, mLow, false) + 1;
}
