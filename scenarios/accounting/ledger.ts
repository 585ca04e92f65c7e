/**
 * What the contracts' own books say about the time between the first and the last block: sums over the events, and the
 * state at the last block. Smallest units. Nothing in here was found by asking a token for a balance.
 */
export interface Ledger {
  /** into the senior tranche, and out of it */
  lent: bigint;
  redeemed: bigint;
  /** to borrowers, and back from them */
  principal: bigint;
  repaidByBorrowers: bigint;
  /** collateral units */
  collateralIn: bigint;
  collateralOut: bigint;
  /** of all liquidations */
  repaidByLiquidators: bigint;
  debtClosed: bigint;
  /** collateral units */
  seized: bigint;
  interest: bigint;
  /** borne by lenders of any class, and by the reserve when nothing else was left */
  losses: bigint;
  /** moved by swaps through the Uniswap pool, counted from the pool's side, positive into the pool */
  swapped: { btc: bigint; usd: bigint };
  /** state at the last block */
  cash: bigint;
  cashBefore: bigint;
  debtLeft: bigint;
  debtBefore: bigint;
  collateralLeft: bigint;
}

export const emptyLedger = (): Ledger => ({
  lent: 0n,
  redeemed: 0n,
  principal: 0n,
  repaidByBorrowers: 0n,
  collateralIn: 0n,
  collateralOut: 0n,
  repaidByLiquidators: 0n,
  debtClosed: 0n,
  seized: 0n,
  interest: 0n,
  losses: 0n,
  swapped: { btc: 0n, usd: 0n },
  cash: 0n,
  cashBefore: 0n,
  debtLeft: 0n,
  debtBefore: 0n,
  collateralLeft: 0n,
});
