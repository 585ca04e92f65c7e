/** What a block and the transactions sent for it go through, in order. */
export const STAGES = ["seen", "indexed", "judged", "planned", "signed", "sent", "mined"] as const;
export type Stage = (typeof STAGES)[number];

/** Hears how long a stage took, and how long it was since the block was seen; seconds. */
export type StageSink = (stage: Stage, took: number, sinceSeen: number) => void;

/**
 * Where the time of one block goes. The block's trace is marked when it is seen, indexed and judged; each transaction gets a
 * fork of it, marked when it is planned, signed, sent and mined.
 *
 * @example
 * const trace = Trace.seen(sink, Number(head.timestamp));
 * trace.mark("indexed");
 * const one = trace.fork();
 * one.mark("planned");
 */
export class Trace {
  private constructor(
    private readonly sink: StageSink,
    private readonly clock: () => number,
    private readonly seenAt: number,
    private last: number,
  ) {}

  /**
   * @param timestamp second of the block: how old it is when seen is measured by this machine's clock, and is never below zero
   * @param clock milliseconds that never go back
   */
  static seen(
    sink: StageSink,
    timestamp: number,
    clock: () => number = () => performance.now(),
    wallClock: () => number = Date.now,
  ): Trace {
    const now = clock();
    sink("seen", Math.max(0, wallClock() / 1_000 - timestamp), 0);
    return new Trace(sink, clock, now, now);
  }

  /** A stage is over: what it took is the time since the one before it. */
  mark(stage: Stage): void {
    const now = this.clock();
    this.sink(stage, (now - this.last) / 1_000, (now - this.seenAt) / 1_000);
    this.last = now;
  }

  /** The same for one transaction; from here on each goes its own way. */
  fork(): Trace {
    return new Trace(this.sink, this.clock, this.seenAt, this.last);
  }
}
