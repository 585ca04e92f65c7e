import type { Address } from "./address.js";

/** One loan, as its manager's slot holds it; a term loan's dates and balance stand beside it. */
export interface Loan {
  /** Shares of the pool's debt, or the unpaid principal of a term loan. */
  readonly debtShares: bigint;
  /** Units of the wrapped BTC. */
  readonly collateral: bigint;
  readonly flags: bigint;
}

/** Bits of {@link Loan.flags}, without those that only say what else the contracts store of a term loan that was late. */
export const LoanFlags = { OPEN: 1n, TRANSFERRED: 2n, OFFERED: 4n, SPENT: 8n, MARKED: 16n } as const;

/** Kinds of facilities; a manager has one. */
export const FacilityKind = { Revolving: 0n, Term: 1n } as const;

/** What creates a facility. Everything but cap, loanCap, gate, maxLtvBps and oracle is fixed for ever. */
export interface FacilityParams {
  readonly pool: Address;
  readonly vault: Address;
  readonly oracle: Address;
  /** The zero address lets everybody in. */
  readonly gate: Address;
  /** {@link FacilityKind}. */
  readonly kind: bigint;
  readonly maxLtvBps: bigint;
  readonly lltvBps: bigint;
  readonly targetLtvBps: bigint;
  readonly incentiveMinBps: bigint;
  readonly incentiveMaxBps: bigint;
  readonly healthForMaxBps: bigint;
  readonly rampSeconds: bigint;
  readonly minDebt: bigint;
  readonly cap: bigint;
  readonly loanCap: bigint;
}

export interface Facility extends FacilityParams {
  readonly newLoansStopped: boolean;
  /** Second of the last change of the oracle, 0 where there was none. */
  readonly oracleSetAt: bigint;
}

/** Ledger and cash of a facility, as its pool stores them. Amounts are units of the loan asset. */
export interface Pool {
  /** 0 before the pool belongs to a facility. */
  readonly facility: bigint;
  /** What revolving loans owe together; 0 in a term pool. */
  readonly debtAssets: bigint;
  readonly debtShares: bigint;
  /** What term loans are counted with together, units × WAD × seconds of a year, and its growth a second; 0 in a revolving pool. */
  readonly receivable: bigint;
  readonly slope: bigint;
  readonly cash: bigint;
  readonly accruedAt: bigint;
  /** WAD a second. */
  readonly rateAtTarget: bigint;
  readonly senior: bigint;
  readonly junior: bigint;
  /** The underwriters', beside the cash. */
  readonly stake: bigint;
  /** Marked and not realised. */
  readonly expectedLoss: bigint;
  /** Earned by underwriters, to be paid when there is cash. */
  readonly premium: bigint;
  readonly reserve: bigint;
  readonly reserveFeeBps: bigint;
  /** Lenders wait in the queue for cash: nothing is lent and nobody else leaves meanwhile. */
  readonly redemptionsQueued: boolean;
}

/** An owner's announcement of taking first-loss shares out. */
export interface ExitRequest {
  /** Most that may still leave under it. */
  readonly shares: bigint;
  /** First and last second of the window. */
  readonly opensAt: bigint;
  readonly closesAt: bigint;
}

export const NO_EXIT_REQUEST: ExitRequest = { shares: 0n, opensAt: 0n, closesAt: 0n };

/** Of a loan to somebody, by its owner or an operator. */
export interface Offer {
  readonly to: Address;
  readonly by: Address;
}

/** What an owner lets an operator do in one facility. A limit at 2^104 − 1 is not used up. */
export interface Authorisation {
  /** {@link Actions}, or-ed. */
  readonly actions: bigint;
  /** Last second of validity. */
  readonly expiresAt: bigint;
  readonly cashLimit: bigint;
  readonly collateralLimit: bigint;
}

export const NO_AUTHORISATION: Authorisation = { actions: 0n, expiresAt: 0n, cashLimit: 0n, collateralLimit: 0n };

/** What an operator may be authorised to do. */
export const Actions = { DRAW: 1n, WITHDRAW: 2n, CLOSE: 4n, TRANSFER: 8n, ROLL_OVER: 16n, ALL: 31n } as const;

/** The actions that take on new risk, by which a gate is asked. */
export const NewRisk = { Open: 0n, Draw: 1n, AcceptLoan: 2n, Lend: 3n } as const;

export { TrancheClass } from "../waterfall.js";
