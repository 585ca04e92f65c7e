/** One thing the keeper wants done on chain. */
export interface Intent {
  readonly kind: "liquidate" | "mark" | "order" | "note" | "cancel";
  /** What it is about, so that nothing is done twice at a time: the loan's id, or the oracle. */
  readonly subject: string;
  readonly facility: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}
