/** A generator whose whole run follows from one seed, so that a failing history can be run again. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    const index = this.below(from.length);
    if (index >= from.length) throw new Error("nothing to pick from");
    return from[index] as T;
  }

  /** An integer in [least, most], good to 48 bits of randomness. */
  between(least: bigint, most: bigint): bigint {
    if (most <= least) return least;
    const fraction = BigInt(this.below(2 ** 24)) * 2n ** 24n + BigInt(this.below(2 ** 24));
    return least + ((most - least) * fraction) / 2n ** 48n;
  }

  /** One of the keys, as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let rest = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      rest -= weight;
      if (rest < 0) return choice;
    }
    throw new Error("nothing to choose from");
  }
}
