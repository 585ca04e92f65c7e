import { WAD } from "./constants.js";
import { ModelInputError } from "./errors.js";

function requireUnsigned(what: string, value: bigint): void {
  if (value < 0n) throw new ModelInputError(what, value, "zero or more");
}

/** ⌊x × y / denominator⌋ of unsigned integers, with an untruncated product. */
export function mulDivDown(x: bigint, y: bigint, denominator: bigint): bigint {
  requireUnsigned("x", x);
  requireUnsigned("y", y);
  if (denominator <= 0n) throw new ModelInputError("denominator", denominator, "above zero");
  return (x * y) / denominator;
}

/** ⌈x × y / denominator⌉ of unsigned integers, with an untruncated product. */
export function mulDivUp(x: bigint, y: bigint, denominator: bigint): bigint {
  requireUnsigned("x", x);
  requireUnsigned("y", y);
  return divUp(x * y, denominator);
}

/** ⌈x / denominator⌉ of unsigned integers. */
export function divUp(x: bigint, denominator: bigint): bigint {
  requireUnsigned("x", x);
  if (denominator <= 0n) throw new ModelInputError("denominator", denominator, "above zero");
  return x === 0n ? 0n : (x - 1n) / denominator + 1n;
}

/** ⌊x × y / 1e18⌋: an amount times a WAD fraction. */
export const wadMulDown = (x: bigint, y: bigint): bigint => mulDivDown(x, y, WAD);

/** ⌈x × y / 1e18⌉. */
export const wadMulUp = (x: bigint, y: bigint): bigint => mulDivUp(x, y, WAD);

/** ⌊x × 1e18 / y⌋: a ratio as a WAD fraction. */
export const wadDivDown = (x: bigint, y: bigint): bigint => mulDivDown(x, WAD, y);

/** ⌈x × 1e18 / y⌉. */
export const wadDivUp = (x: bigint, y: bigint): bigint => mulDivUp(x, WAD, y);

/** x × y / 1e18 of signed integers, truncated towards zero as Solidity's and bigint's signed division do. */
export const wadMulToZero = (x: bigint, y: bigint): bigint => (x * y) / WAD;

/** x × 1e18 / y of signed integers, truncated towards zero. */
export const wadDivToZero = (x: bigint, y: bigint): bigint => (x * WAD) / y;

/** ⌊√value⌋ of an unsigned integer, by Newton's method from above. */
export function squareRootDown(value: bigint): bigint {
  requireUnsigned("value", value);
  if (value === 0n) return 0n;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

export const minOf = (x: bigint, y: bigint): bigint => (x < y ? x : y);

export const maxOf = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** x − y, or zero where that would be negative. */
export const subtractOrZero = (x: bigint, y: bigint): bigint => (x > y ? x - y : 0n);
