/** The loan asset the Liquidator holds, as far as it may be spent in a facility. */
export interface InventoryTerms {
  /** What the owner still allows in the facility. */
  readonly allowance: bigint;
  /** What is held, for all facilities of that loan asset together. */
  readonly balance: bigint;
  readonly minPremiumBps: bigint;
}

/** How a facility's collateral can be turned into money, and what a liquidation must leave. Loan units. */
export interface SaleTerms {
  readonly loanAsset: string;
  /** Uniswap v3 paths from the collateral to the loan asset; no two share a pool. */
  readonly paths: readonly string[];
  readonly loanUnitsPerEther: bigint;
  /** What must be left beyond fees and risk margin. */
  readonly minProfit: bigint;
  /** Undefined where the owner allows none. */
  readonly inventory: InventoryTerms | undefined;
}
