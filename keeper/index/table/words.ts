/**
 * Unsigned integers as little-endian limbs of 32 bits in a Uint32Array: a million loans are kept, and changed by events, without
 * a bigint each.
 */

/** Value of a hexadecimal digit by its character code; of anything else 0. */
const DIGITS = new Uint8Array(128);
for (let value = 0; value < 16; value++) {
  DIGITS[value.toString(16).charCodeAt(0)] = value;
  DIGITS[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/** Limbs of an ABI word. */
export const WORD = 8;

function limbAt(hex: string, at: number): number {
  return (
    ((DIGITS[hex.charCodeAt(at)]! << 28) |
      (DIGITS[hex.charCodeAt(at + 1)]! << 24) |
      (DIGITS[hex.charCodeAt(at + 2)]! << 20) |
      (DIGITS[hex.charCodeAt(at + 3)]! << 16) |
      (DIGITS[hex.charCodeAt(at + 4)]! << 12) |
      (DIGITS[hex.charCodeAt(at + 5)]! << 8) |
      (DIGITS[hex.charCodeAt(at + 6)]! << 4) |
      DIGITS[hex.charCodeAt(at + 7)]!) >>>
    0
  );
}

/** Writes the 32-byte word whose digits begin at `start` of a hex string to `out`. */
export function readHexWord(hex: string, start: number, out: Uint32Array, at: number): void {
  for (let limb = 0; limb < WORD; limb++) out[at + limb] = limbAt(hex, start + 56 - 8 * limb);
}

/** Whether the ABI word at `at` is below 2^bits. */
export function fits(words: Uint32Array, at: number, bits: number): boolean {
  const whole = bits >> 5;
  if ((bits & 31) !== 0 && words[at + whole]! >>> (bits & 31) !== 0) return false;
  for (let limb = whole + ((bits & 31) === 0 ? 0 : 1); limb < WORD; limb++) if (words[at + limb] !== 0) return false;
  return true;
}

/** `size` limbs as a bigint. */
export function toBigint(words: Uint32Array, at: number, size: number): bigint {
  let top = size - 1;
  while (top > 0 && words[at + top] === 0) top--;
  let value = BigInt(words[at + top]!);
  if (top === 0) return value;
  // Two limbs at a time: fewer bigints on the way.
  if (top === 1) return BigInt(words[at + 1]! * 4_294_967_296) + BigInt(words[at]!);
  for (let limb = top - 1; limb >= 0; limb--) value = (value << 32n) | BigInt(words[at + limb]!);
  return value;
}

/** Writes a value below 2^(32 size), zeroes above it. */
export function fromBigint(value: bigint, words: Uint32Array, at: number, size: number): void {
  let rest = value;
  let limb = 0;
  for (; rest !== 0n && limb < size; limb += 2) {
    const low = BigInt.asUintN(64, rest);
    words[at + limb] = Number(low & 0xffff_ffffn);
    if (limb + 1 < size) words[at + limb + 1] = Number(low >> 32n);
    rest >>= 64n;
  }
  for (; limb < size; limb++) words[at + limb] = 0;
}

/** words[at …] += other[from …]. @returns whether the sum fits */
export function addInto(words: Uint32Array, at: number, other: Uint32Array, from: number, size: number): boolean {
  let carry = 0;
  for (let limb = 0; limb < size; limb++) {
    const sum = words[at + limb]! + other[from + limb]! + carry;
    words[at + limb] = sum;
    carry = sum > 0xffff_ffff ? 1 : 0;
  }
  return carry === 0;
}

/** words[at …] −= other[from …]. @returns whether the difference is not negative */
export function subtractFrom(words: Uint32Array, at: number, other: Uint32Array, from: number, size: number): boolean {
  let borrow = 0;
  for (let limb = 0; limb < size; limb++) {
    const difference = words[at + limb]! - other[from + limb]! - borrow;
    words[at + limb] = difference;
    borrow = difference < 0 ? 1 : 0;
  }
  return borrow === 0;
}

/** The nearest double, within a few units in its last place. */
export function toNumber(words: Uint32Array, at: number, size: number): number {
  let value = 0;
  for (let limb = size - 1; limb >= 0; limb--) value = value * 4_294_967_296 + words[at + limb]!;
  return value;
}

export function isZero(words: Uint32Array, at: number, size: number): boolean {
  for (let limb = 0; limb < size; limb++) if (words[at + limb] !== 0) return false;
  return true;
}
