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

/** Two limbs are one bigint of 64 bits here, without others on the way. */
const pair = new Uint32Array(2);
const quad = new BigUint64Array(pair.buffer);

/** `size` limbs, an even number of them or three, as a bigint. */
export function toBigint(words: Uint32Array, at: number, size: number): bigint {
  let limb = size - 1;
  while (limb > 1 && words[at + limb] === 0) limb--;
  let value = 0n;
  for (limb -= limb & 1; limb >= 0; limb -= 2) {
    pair[0] = words[at + limb]!;
    pair[1] = limb + 1 < size ? words[at + limb + 1]! : 0;
    value = value === 0n ? quad[0]! : (value << 64n) | quad[0]!;
  }
  return value;
}

/** Writes a value below 2^(32 size), zeroes above it. */
export function fromBigint(value: bigint, words: Uint32Array, at: number, size: number): void {
  let rest = value;
  for (let limb = 0; limb < size; limb += 2) {
    quad[0] = rest;
    words[at + limb] = pair[0]!;
    if (limb + 1 < size) words[at + limb + 1] = pair[1]!;
    rest = rest < 2n ** 64n ? 0n : rest >> 64n;
  }
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
