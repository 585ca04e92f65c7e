import { WAD } from "./constants.js";

/** ln 2 in WAD, truncated. */
const LN_2 = 693147180559945309n;

/** ln 1e-18 in WAD, truncated towards zero: below it the result would round to nothing. */
const LOWEST_INPUT = -41446531673892822312n;

/** From here on the result is constant, so that no caller's product can overflow 256 bits. */
const HIGHEST_INPUT = 93859467695000404319n;
const HIGHEST_RESULT = 57716089161558943949701069502944508345128422502756744429568n;

/**
 * e^x for a signed WAD. x is split as q·ln 2 + r with |r| <= ln 2 / 2; e^r is 1 + r + r²/2 (at most 0.7 % low), and the
 * power of two is a shift. Monotone within a branch, cheap on chain, and accurate enough for a rate that adapts over days.
 *
 * @param xWad signed, WAD
 * @returns unsigned, WAD
 */
export function exponentialToZero(xWad: bigint): bigint {
  if (xWad < LOWEST_INPUT) return 0n;
  if (xWad >= HIGHEST_INPUT) return HIGHEST_RESULT;
  const half = xWad < 0n ? -(LN_2 / 2n) : LN_2 / 2n;
  const doublings = (xWad + half) / LN_2;
  const remainder = xWad - doublings * LN_2;
  const small = WAD + remainder + (remainder * remainder) / WAD / 2n;
  return doublings >= 0n ? small << doublings : small >> -doublings;
}
