/** Something to be done on chain beside liquidations, because a date passed or an owner ordered it. */
export interface Errand {
  readonly kind: "mark" | "order";
  readonly loan: bigint;
  readonly facility: number;
  readonly to: string;
  readonly data: string;
  /** What doing it is worth to the operator, loan units; undefined where it is done for its own sake. */
  readonly worth: bigint | undefined;
  /** Whether the worth comes with a sale that has fees of its own. */
  readonly leadsToSale: boolean;
  /** For people, as an action: "marks the default". */
  readonly what: string;
}
