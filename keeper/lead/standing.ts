/** Seconds for which a transaction must at least stay valid, or it is not worth sending. */
export const LEAST_VALID_SECONDS = 2;

/**
 * The right to send for a shard, as long as this keeper may believe in it: the dispatcher's fence.
 *
 * `until` is by this process's monotonic clock, which no one sets: the moment before the request for the lease left, and what
 * the store then said is left of it. The way there and back is thereby deducted, and neither this machine's time of day nor
 * the store's needs to be right.
 */
export class Standing {
  constructor(
    /** Of the lease; every write to the journal is made under it. */
    readonly fence: bigint,
    /** Monotonic milliseconds at which the lease is over. */
    readonly until: number,
    /** By how many seconds the chain's clock may fall behind while the lease runs. */
    private readonly skewSeconds: number,
    private readonly clock: () => number,
  ) {}

  /**
   * The last second for which a transaction may be made valid, so that none is mined once the lease is over: the chain's time
   * when the lease ends is at least now's, plus what is left of the lease, less the skew.
   *
   * @param chainNow second of a block that exists
   */
  deadline(chainNow: bigint): bigint {
    return chainNow + BigInt(Math.floor((this.until - this.clock()) / 1_000) - this.skewSeconds);
  }

  /** Whether enough of the lease is left for a transaction to be mined within it. */
  get isLongEnough(): boolean {
    return this.deadline(0n) >= BigInt(LEAST_VALID_SECONDS);
  }
}
