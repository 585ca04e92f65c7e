import type { RevertContext } from "../explain.js";
import type { Facility } from "../facility.js";
import type { Need, UnsignedTransaction } from "../needs.js";
import type { Outlook } from "../outlook.js";

/** What lenders do. */
export type LendingAction = "lend" | "redeem" | "request an exit" | "cancel an exit" | "queue" | "claim" | "serve";

export type OrderAction = "place an order" | "cancel an order";

export type PlanAction =
  | "open"
  | "draw"
  | "repay"
  | "pay"
  | "roll over"
  | "mark"
  | "mark default"
  | "top up"
  | "withdraw"
  | "close"
  | "offer"
  | "accept"
  | "authorise"
  | LendingAction
  | OrderAction;

/** An action that can be sent: its unsigned transaction, and what is still in its way. */
export interface Plan {
  readonly action: PlanAction;
  /** One sentence: what will happen. */
  readonly summary: string;
  readonly facility: Facility;
  /** The loan it is about, the one it opens included. */
  readonly loanId?: bigint;
  readonly transaction: UnsignedTransaction;
  /** Calldata for the LoanManager to be run before the action, in one transaction with it; permits are added here. */
  readonly before: readonly string[];
  readonly needs: readonly Need[];
  /** How the loan stands, and would stand afterwards. */
  readonly now?: Outlook;
  readonly then?: Outlook;
  /** What a refusal is explained with. */
  readonly context: RevertContext;
}
