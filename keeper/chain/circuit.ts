export interface CircuitOptions {
  /** Failures in a row after which the endpoint rests. */
  readonly failures: number;
  /** First rest; doubled with each further failure, up to the longest. */
  readonly restMs: number;
  readonly longestRestMs: number;
}

/** An endpoint that keeps failing rests, longer each time, by a random part of it so that not all keepers return at once. */
export class Circuit {
  private failed = 0;
  private opened = 0;
  private restsUntil = 0;

  constructor(
    private readonly options: CircuitOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** "trial": the rest is over, and one success ends the matter. */
  state(now: number): "closed" | "resting" | "trial" {
    if (this.opened === 0) return "closed";
    return now < this.restsUntil ? "resting" : "trial";
  }

  /** @returns whether this ended a rest */
  succeed(): boolean {
    const ended = this.opened > 0;
    this.failed = 0;
    this.opened = 0;
    return ended;
  }

  /** @returns whether this began a rest after good times */
  fail(now: number): boolean {
    this.failed += 1;
    if (this.failed < this.options.failures) return false;
    const rest = Math.min(this.options.longestRestMs, this.options.restMs * 2 ** this.opened);
    this.opened += 1;
    this.restsUntil = now + rest * (0.5 + this.random() / 2);
    return this.opened === 1;
  }
}
