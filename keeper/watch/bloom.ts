import { getBytes, keccak256 } from "ethers";

const BITS = 2048;

/**
 * A header's bloom: 2048 bits, three of them set for every address and topic of the block's logs. What it denies is not
 * there; what it affirms may be chance, the likelier the fuller it is.
 */
export class Bloom {
  private readonly bytes: Uint8Array;
  /** Share of bits set. */
  readonly fill: number;

  constructor(hex: string) {
    this.bytes = getBytes(hex);
    let ones = 0;
    for (let byte of this.bytes) for (; byte !== 0; byte &= byte - 1) ones += 1;
    this.fill = ones / BITS;
  }

  mayHave(item: BloomItem): boolean {
    return item.bits.every((bit) => (((this.bytes[255 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1) === 1);
  }
}

/** An address or topic, with its three bits. */
export class BloomItem {
  readonly bits: readonly number[];

  constructor(hex: string) {
    const hash = getBytes(keccak256(hex));
    this.bits = [0, 2, 4].map((at) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & (BITS - 1));
  }
}

/** What a bloom says about logs of certain contracts. */
export type Expectation =
  /** There are none. */
  | "none"
  /** There are some, or it is a rare chance. */
  | "some"
  /** It says nothing: too full, or affirming only in part. */
  | "unsure";

/** Above this probability of affirming by chance a bloom says nothing. */
const MOST_BY_CHANCE = 0.02;

/** Contracts of which every log begins with one of a known set of topics. */
export class LogWatch {
  private readonly addresses: readonly BloomItem[];
  private readonly topics: readonly BloomItem[];

  /** @param topics first topics of all events the contracts have; empty where they are not known */
  constructor(addresses: readonly string[], topics: readonly string[]) {
    this.addresses = addresses.map((address) => new BloomItem(address));
    this.topics = topics.map((topic) => new BloomItem(topic));
  }

  expects(bloom: Bloom): Expectation {
    if (!this.addresses.some((address) => bloom.mayHave(address))) return "none";
    // Logs there may be, though none that is known here: no reason to insist on any.
    if (this.topics.length > 0 && !this.topics.some((topic) => bloom.mayHave(topic))) return "unsure";
    const one = bloom.fill ** 3;
    const byChance =
      Math.min(1, one * this.addresses.length) * (this.topics.length === 0 ? 1 : Math.min(1, one * this.topics.length));
    return byChance > MOST_BY_CHANCE ? "unsure" : "some";
  }
}
