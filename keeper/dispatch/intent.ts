/** One transaction the keeper wants on chain. */
export interface Intent {
  readonly kind: "liquidate" | "mark" | "order" | "note" | "cancel";
  /** What it is about, so that nothing is done twice at a time: loans' ids, or an oracle. */
  readonly subjects: readonly string[];
  readonly facility: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
  /** Events its receipt must have if it did what it was sent for: one a subject, whether done or failed for itself. */
  readonly expectedEvents: number;
  /** Last second at which the chain takes it; undefined where nothing enforces one. */
  readonly deadline?: bigint;
  /** Most it may cost, all fees at the gas limit, wei: beyond it does not pay, or is over the budget. */
  readonly maxCostWei: bigint;
}
