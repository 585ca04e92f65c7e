/**
 * The right to send. Whoever leads has one; it comes from the lease. Every journal write is made under it, so that the
 * database refuses one who was replaced, and no transaction is valid on chain after `deadline`, so that what a replaced
 * leader had ready lands before its lease ends or not at all.
 */
export interface Fence {
  /** Of the lease; 0 where nobody else could lead. */
  readonly fence: bigint;
  /**
   * @param chainNow second of the block decided on
   * @returns last second for which transactions may be made valid; undefined where there is no such limit
   */
  deadline(chainNow: bigint): bigint | undefined;
}

/** Where a keeper is alone with its accounts and its store. */
export const ALONE: Fence = { fence: 0n, deadline: () => undefined };
