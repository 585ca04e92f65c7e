import { VIRTUAL_ASSETS, VIRTUAL_SHARES } from "./constants.js";
import { mulDivDown, mulDivUp } from "./math.js";

/** Both sides of a ledger kept in shares: a facility's debt, or what a tranche is worth. */
export interface ShareTotals {
  /** Smallest units of the loan asset. */
  readonly totalAssets: bigint;
  readonly totalShares: bigint;
}

/** Shares for `assets`, rounded down: what a supplier receives, what a repayment burns. */
export function toSharesDown(assets: bigint, { totalAssets, totalShares }: ShareTotals): bigint {
  return mulDivDown(assets, totalShares + VIRTUAL_SHARES, totalAssets + VIRTUAL_ASSETS);
}

/** Shares for `assets`, rounded up: what a withdrawal burns, what a draw adds to a debt. */
export function toSharesUp(assets: bigint, { totalAssets, totalShares }: ShareTotals): bigint {
  return mulDivUp(assets, totalShares + VIRTUAL_SHARES, totalAssets + VIRTUAL_ASSETS);
}

/** Assets for `shares`, rounded down: what a supplier's shares pay out. */
export function toAssetsDown(shares: bigint, { totalAssets, totalShares }: ShareTotals): bigint {
  return mulDivDown(shares, totalAssets + VIRTUAL_ASSETS, totalShares + VIRTUAL_SHARES);
}

/** Assets for `shares`, rounded up: what a borrower owes, what minting shares costs. */
export function toAssetsUp(shares: bigint, { totalAssets, totalShares }: ShareTotals): bigint {
  return mulDivUp(shares, totalAssets + VIRTUAL_ASSETS, totalShares + VIRTUAL_SHARES);
}
