import { assert } from "chai";

/** For fractions: chai's closeTo takes whole numbers only once Hardhat's matchers are loaded. */
export function expectNear(actual: number, expected: number, tolerance: number): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}
