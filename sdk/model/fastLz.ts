/** Positions kept of three-byte sequences seen before. */
const TABLE_SIZE = 8192;

/** How far back a repetition can be referred to. */
const WINDOW = 8191;

/**
 * Sequences are looked for up to this many bytes before the end. The compressor's bound is 13, but as it checks that after
 * stepping, a repetition at the very last position is not used.
 */
const TAIL = 14;

/** A repetition may run up to this many bytes before the end. */
const MATCH_TAIL = 4;

/** Knuth's multiplicative hash of three bytes onto the table. */
const hashOf = (sequence: number): number => (Math.imul(sequence, 0x9e3779b9) >>> 19) & (TABLE_SIZE - 1);

/** Literals are written in runs of up to 32, each with one byte in front. */
const literalCost = (count: number): number => count + Math.ceil(count / 32);

/** A repetition of `extra + 2` bytes takes two bytes when short, three when long; the longest is 264. */
function matchCost(extra: number): number {
  const rest = (extra - 1) % 262;
  return 3 * Math.floor((extra - 1) / 262) + (rest >= 6 ? 3 : 2);
}

/**
 * Number of bytes `data` would take after FastLZ level 1, without producing them: the measure by which OP-Stack chains
 * since Fjord charge a transaction for its place on L1. Greedy, one candidate a hash, no lazy matching.
 *
 * The L1 fee of a sent transaction is computed on its signed serialisation. `GasPriceOracle.getL1Fee(bytes)` takes the
 * unsigned one and adds 68 for the signature.
 *
 * @param data the serialised transaction
 */
export function fastLzSize(data: Uint8Array): number {
  const at = (index: number): number => data[index] ?? 0;
  const sequenceAt = (index: number): number => at(index) | (at(index + 1) << 8) | (at(index + 2) << 16);
  const lastSeen = new Uint32Array(TABLE_SIZE);
  const searchEnd = data.length - TAIL;
  const matchEnd = data.length - MATCH_TAIL;

  let size = 0;
  let literalsFrom = 0;
  let position = 2;
  while (position < searchEnd) {
    const sequence = sequenceAt(position);
    const slot = hashOf(sequence);
    const candidate = lastSeen[slot] ?? 0;
    lastSeen[slot] = position;
    const found = position - candidate <= WINDOW && sequence === sequenceAt(candidate);
    if (!found) {
      position++;
      continue;
    }

    size += literalCost(position - literalsFrom);
    const room = matchEnd - (position + 3);
    let extra = 0;
    while (extra < room && at(candidate + 3 + extra) === at(position + 3 + extra)) extra++;
    // Counted one past the last equal byte, as the compressor's comparison does, unless it ran into the end.
    extra = Math.min(extra + 1, room);
    size += matchCost(extra);

    position += extra;
    lastSeen[hashOf(sequenceAt(position))] = position;
    lastSeen[hashOf(sequenceAt(position + 1))] = position + 1;
    position += 2;
    literalsFrom = position;
  }
  return size + literalCost(data.length - literalsFrom);
}
