import { createHash } from "node:crypto";

/** Numbers that look random and are the same for the same seed on every machine. */
export class SeededRandom {
  private drawn = 0;

  constructor(private readonly seed: string | number) {}

  /** @returns a number in [0, 1) */
  next(): number {
    const digest = createHash("sha256").update(`${this.seed}/${this.drawn++}`).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }

  /** @returns a new array, every order as likely */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, key: this.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }

  /**
   * Draws from [0, 1), one number from each of `count` equal slices, shuffled: however few are drawn, they spread over
   * the whole range.
   */
  spread(count: number): number[] {
    return this.shuffled(Array.from({ length: count }, (_, slice) => (slice + this.next()) / count));
  }
}
