/** What is done: by whom it is called and which event it leaves. `cancel` only frees a nonce. */
export type IntentKind = "liquidate" | "mark" | "order" | "note" | "cancel";

/** One thing the keeper wants done on chain. */
export interface Intent {
  readonly kind: IntentKind;
  /** What it is about, so that nothing is done twice at a time: loans' ids (several in a bundle), or the oracle. */
  readonly subjects: readonly string[];
  readonly facility: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
  /** Events its receipt must carry if all of it worked: one for each item. */
  readonly expectedEvents: number;
  /** Last second of the chain at which the contract takes it; none where it may come at any time. */
  readonly deadline?: bigint;
  /** Most it may cost in all, at its limits: L2 gas, L1 data and operator fee. What the plan leaves of its profit. */
  readonly maxCostWei: bigint;
}
