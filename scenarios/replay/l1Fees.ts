/** wei */
export interface L1FeeLevel {
  baseFee: bigint;
  blobBaseFee: bigint;
}

const GWEI = 10n ** 9n;
/** On an ordinary day. */
export const ORDINARY: L1FeeLevel = { baseFee: 10n * GWEI, blobBaseFee: GWEI };

/** On that day everyone wanted into a block at once, and the price of being in one rose tenfold. */
const CONGESTION = { from: Date.parse("2020-03-12T10:00Z") / 1000, until: Date.parse("2020-03-14T00:00Z") / 1000 };
const TIMES = 10n;

/** When everyone wants into a block. */
export function congested({ baseFee, blobBaseFee }: L1FeeLevel): L1FeeLevel {
  return { baseFee: baseFee * TIMES, blobBaseFee: blobBaseFee * TIMES };
}

/** What L1 charges at a second of the replayed time. */
export function l1FeesAt(second: number): L1FeeLevel {
  return second >= CONGESTION.from && second < CONGESTION.until ? congested(ORDINARY) : ORDINARY;
}
