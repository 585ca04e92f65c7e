import { WAD } from "./constants.js";
import { wadDivToZero, wadMulToZero } from "./math.js";

/**
 * e^x for a signed WAD: the 32nd power of e^(x / 32), which is Padé's quotient of two quartics that differ in the sign of x,
 * P(r) / P(−r) with P(r) = 1680 + 840 r + 180 r² + 20 r³ + r⁴. One piece for all x, so without jumps; right to 5e-12 of
 * itself, and to some units.
 *
 * @param xWad signed, WAD, at most 8e18 from zero
 * @returns unsigned, WAD
 */
export function exponentialToZero(xWad: bigint): bigint {
  const r = xWad / 32n;
  const square = wadMulToZero(r, r);
  const even = 1680n * WAD + 180n * square + wadMulToZero(square, square);
  const odd = wadMulToZero(r, 840n * WAD + 20n * square);
  let power = wadDivToZero(even + odd, even - odd);
  for (let doubling = 0; doubling < 5; ++doubling) power = wadMulToZero(power, power);
  return power;
}
