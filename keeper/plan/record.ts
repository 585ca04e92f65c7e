import type { LoanAction } from "../serve/status.js";

/** Why something was done about a loan, or was not; for machines. */
export type DecisionCode =
  // Sent.
  | "sent"
  /** Sent for something else than a liquidation: a mark, an owner's order. */
  | "errand"
  // Not for us to decide now.
  | "pending"
  | "halted"
  | "resting"
  | "disagreement"
  | "no-price"
  /** No repayment would leave at least minDebt. */
  | "below-minimum"
  // Not planned.
  | "no-route"
  | "no-ether-price"
  | "queue-full"
  | "unprofitable"
  | "no-depth"
  // Planned, and given up.
  | "simulation-failed"
  | "too-much-gas"
  | "over-budget"
  | "no-funds"
  | "not-accepted";

/** Part of a sale: loan units and paths as they were planned. */
export interface LegFigures {
  readonly path: string;
  readonly amountIn: string;
}

/**
 * The figures a decision rests on, each where it was known by then. Decimal strings: loan units, collateral units for
 * `collateral`, `seized` and legs, wei where the name says so.
 */
export interface DecisionFigures {
  readonly debt?: string;
  readonly collateral?: string;
  readonly priceE36?: string;
  readonly healthWad?: string;
  /** Of all the collateral, at the oracle's price. */
  readonly value?: string;
  /** Most that may be repaid. */
  readonly allowance?: string;
  /** What lenders lose by it, at the oracle's price: debt that no collateral covers. */
  readonly badDebt?: string;
  readonly repaid?: string;
  readonly seized?: string;
  /** Of the quotes; of a purchase out of inventory what the collateral is worth. */
  readonly proceeds?: string;
  readonly legs?: readonly LegFigures[];
  readonly fromInventory?: boolean;
  readonly markFirst?: boolean;
  /** Proceeds less repayment; by the simulation, once there was one. */
  readonly grossProfit?: string;
  readonly simulated?: boolean;
  /** This loan's part of the transaction's fees. */
  readonly l2GasWei?: string;
  readonly l1FeeWei?: string;
  readonly operatorFeeWei?: string;
  readonly loanUnitsPerEther?: string;
  readonly fees?: string;
  readonly riskMargin?: string;
  readonly minProfit?: string;
  /** What had to be left: fees, risk margin and least profit. */
  readonly need?: string;
  /** Bound given to the contract. */
  readonly minGrossProfit?: string;
  readonly gasUsed?: string;
  /** Of the transaction, with how many loans it is about and the most it may cost. */
  readonly gasLimit?: string;
  readonly loansInTransaction?: number;
  readonly worstCostWei?: string;
  readonly maxCostWei?: string;
  readonly budgetWei?: string;
  readonly fundsWei?: string;
  readonly deadline?: string;
}

/** One loan's decision at one block: plain JSON, complete by itself, so that it can be explained without computing again. */
export interface DecisionRecord {
  readonly block: number;
  readonly blockHash: string;
  readonly timestamp: number;
  /** Id as everywhere in reports: 0x and 64 digits. */
  readonly loan: string;
  readonly facility: number;
  readonly action: LoanAction;
  readonly code: DecisionCode;
  /** For people. */
  readonly text: string;
  readonly figures: DecisionFigures;
}

/** A loan whose collateral covers less than its debt. */
export interface BadDebt {
  readonly loan: string;
  readonly facility: number;
  /** Loan units that lenders lose when it is closed at the oracle's price. */
  readonly amount: string;
}
