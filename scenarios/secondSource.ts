/**
 * The facility's second source in a replay: Uniswap's price averaged over half an hour may be 5 % away from the feeds, and
 * may hold liquidations back for a quarter of an hour. In the crash of March 2020 the feeds fell by 4.5 % every five
 * minutes: no honest average keeps up with that, so the hold begins in the worst minutes and has to end by its cap.
 */
export const SECOND_SOURCE = { windowSeconds: 1_800, limitBps: 500, capSeconds: 900 } as const;
