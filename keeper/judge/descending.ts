const DIGIT = 11;
const BUCKETS = 1 << DIGIT;
const MASK = BUCKETS - 1;

/**
 * The places of the first `count` of non-negative doubles, the largest first; equal ones stay in their order. A radix sort over
 * their bits, which are in the order of the numbers: linear, and without a comparison function.
 */
export function descending(numbers: Float64Array, count: number): Uint32Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  let places = new Uint32Array(count);
  for (let at = 0; at < count; at++) places[at] = at;
  let other = new Uint32Array(count);
  const starts = new Uint32Array(BUCKETS);
  for (let shift = 0; shift < 64; shift += DIGIT) {
    starts.fill(0);
    for (let at = 0; at < count; at++) starts[MASK - digitOf(bits, at, shift)]! += 1;
    if (starts.includes(count)) continue;
    let sum = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = starts[bucket]!;
      starts[bucket] = sum;
      sum += size;
    }
    for (let at = 0; at < count; at++) {
      const place = places[at]!;
      other[starts[MASK - digitOf(bits, place, shift)]!++] = place;
    }
    [places, other] = [other, places];
  }
  return places;
}

/** Eleven bits of a double, from `shift` on; its low half stands first. */
function digitOf(bits: Uint32Array, at: number, shift: number): number {
  const low = bits[2 * at]!;
  const high = bits[2 * at + 1]!;
  if (shift + DIGIT <= 32) return (low >>> shift) & MASK;
  if (shift >= 32) return (high >>> (shift - 32)) & MASK;
  return ((low >>> shift) | (high << (32 - shift))) & MASK;
}
