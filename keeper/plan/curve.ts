/** What a sale on one path brings: so many units in, so many out. */
export interface Point {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/** A stretch of a curve on which the price is taken to be the same. */
export interface Stretch {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/**
 * The proceeds of one path by the amount sold, as straight lines between quotes. A pool's price only falls while one sells, so
 * the lines lie below the pool's own curve: what is planned on them is never more than what it pays. Beyond the last quote
 * nothing more is expected.
 */
export class SaleCurve {
  private readonly points: readonly Point[];

  /** @param quotes in any order; the origin is understood */
  constructor(quotes: readonly Point[]) {
    const sorted = [...quotes]
      .filter(({ amountIn }) => amountIn > 0n)
      .sort((a, b) => (a.amountIn < b.amountIn ? -1 : Number(a.amountIn > b.amountIn)));
    this.points = [{ amountIn: 0n, amountOut: 0n }, ...sorted];
  }

  /** Most that was quoted. */
  get depth(): bigint {
    return this.points.at(-1)?.amountIn ?? 0n;
  }

  /** Units out for `amountIn`, rounded down. */
  outAt(amountIn: bigint): bigint {
    let last: Point = { amountIn: 0n, amountOut: 0n };
    for (const point of this.points) {
      if (point.amountIn >= amountIn) {
        const width = point.amountIn - last.amountIn;
        if (width === 0n) return point.amountOut;
        return last.amountOut + ((point.amountOut - last.amountOut) * (amountIn - last.amountIn)) / width;
      }
      last = point;
    }
    return last.amountOut;
  }

  /** The stretch that begins at `from`: how far its price holds, and what all of it brings; undefined beyond the depth. */
  stretchFrom(from: bigint): Stretch | undefined {
    const end = this.points.find(({ amountIn }) => amountIn > from);
    if (end === undefined) return undefined;
    return { amountIn: end.amountIn - from, amountOut: end.amountOut - this.outAt(from) };
  }

  /** Best price there is: that of the smallest amount quoted. */
  get best(): Stretch {
    return this.stretchFrom(0n) ?? { amountIn: 1n, amountOut: 0n };
  }
}

/** Whether `a` pays more a unit than `b`. */
export function isBetter(a: Stretch, b: Stretch): boolean {
  return a.amountOut * b.amountIn > b.amountOut * a.amountIn;
}
