import { RATE_SECONDS } from "../amortisation.js";
import { MAX_UINT256 } from "../constants.js";
import type { LiquidationQuote } from "../liquidation.js";
import { toAssetsUp } from "../shares.js";
import {
  type TermLoan,
  type TermOutcome,
  countedTermDebt,
  payOffTermLoan,
  repayTermLoan,
  sellTermLoan,
  termDebtInGoodStanding,
  termLoanDebt,
} from "../termLoanBook.js";
import { accruedDebt, accruedPool, debtAfterClosing, debtTotals, quoteRepayment, settleSale } from "./pool.js";
import { require } from "../refusal.js";
import type { Register } from "./register.js";
import { bookTermChange } from "./termPool.js";
import type { Transaction } from "./transaction.js";
import { FacilityKind } from "./types.js";
import type { World } from "./world.js";

// How a debt of the one kind or the other grows and ends. What is paid or sold here is booked by the event of the action.

const isTerm = ({ kind }: Register): boolean => kind === FacilityKind.Term;

const termLoanOf = (register: Register, id: bigint): TermLoan | undefined => register.termLoans.get(id)?.loan;

/** What a loan owes at `now`, rounded up; 0 for a loan that does not exist. */
export function debtNow(world: World, register: Register, id: bigint, now: bigint): bigint {
  const loan = register.loans.get(id);
  if (loan === undefined) return 0n;
  if (!isTerm(register)) {
    return toAssetsUp(loan.debtShares, debtTotals(accruedPool(world, register.facilityOfLoan(id).pool, now).pool));
  }
  const term = termLoanOf(register, id);
  return term === undefined ? 0n : termLoanDebt(term, now);
}

/** The part of it that the pool counts among its assets; a revolving pool accrues. */
export function recognisedDebt(tx: Transaction, register: Register, id: bigint): bigint {
  if (isTerm(register)) {
    const term = termLoanOf(register, id);
    return term === undefined ? 0n : countedTermDebt(term, tx.now);
  }
  const { debtShares } = register.openLoan(id);
  return debtShares === 0n ? 0n : accruedDebt(tx, register.facilityOfLoan(id).pool, debtShares);
}

/** What a payment or a sale makes of a debt. */
export interface DebtChange {
  /** Shares or principal that ended with it. */
  readonly shares: bigint;
  /** What of the debt left the pool counts. */
  readonly counted: bigint;
}

const afterTerm = (debtShares: bigint, { loan, after }: TermOutcome): DebtChange => {
  const principal = loan?.balance.principal ?? 0n;
  return { shares: debtShares - principal, counted: after.counted / RATE_SECONDS };
};

/** The debt by which an action judges a loan; a revolving pool accrues. */
export function judgedDebt(tx: Transaction, register: Register, id: bigint): bigint {
  const { debtShares } = register.openLoan(id);
  if (debtShares === 0n) return 0n;
  if (isTerm(register)) return debtNow(tx.world, register, id, tx.now);
  return accruedDebt(tx, register.facilityOfLoan(id).pool, debtShares);
}

/** The debt that collateral to be taken out must leave covered; refuses where the loan is in default. */
export function debtToWithdrawAgainst(tx: Transaction, register: Register, id: bigint): bigint {
  const term = termLoanOf(register, id);
  return term === undefined ? judgedDebt(tx, register, id) : termDebtInGoodStanding(term, tx.now);
}

/** A payment of at most `assets`, and what was paid. */
export function payDebt(
  tx: Transaction,
  register: Register,
  id: bigint,
  assets: bigint,
): DebtChange & { readonly paid: bigint } {
  const { pool, minDebt } = register.facilityOfLoan(id);
  const { debtShares } = register.openLoan(id);
  if (!isTerm(register)) {
    const { paid, shares } = quoteRepayment(tx, pool, debtShares, assets, minDebt);
    return { paid, shares, counted: debtAfterClosing(tx.world.pool(pool), debtShares, paid, shares) };
  }
  const term = termLoanOf(register, id);
  require(term !== undefined, "NoDebt");
  const outcome = repayTermLoan(term, tx.now, assets);
  bookTermChange(tx, pool, outcome, outcome.paid, false);
  emitIfCured(tx, register, id, term, outcome);
  return { paid: outcome.paid, ...afterTerm(debtShares, outcome) };
}

/** The payment of all the debt of a loan. Returns what was paid. */
export function payOffDebt(tx: Transaction, register: Register, id: bigint): bigint {
  const { pool } = register.facilityOfLoan(id);
  const { debtShares } = register.openLoan(id);
  if (!isTerm(register)) return debtShares === 0n ? 0n : quoteRepayment(tx, pool, debtShares, MAX_UINT256, 0n).paid;
  const term = termLoanOf(register, id);
  if (term === undefined) return 0n;
  const outcome = payOffTermLoan(term, tx.now);
  bookTermChange(tx, pool, outcome, outcome.paid, false);
  return outcome.paid;
}

/** A sale of collateral. */
export function sellDebt(
  tx: Transaction,
  register: Register,
  id: bigint,
  debt: bigint,
  { debtClosed, repaid }: LiquidationQuote,
): DebtChange {
  const { pool } = register.facilityOfLoan(id);
  const { debtShares } = register.openLoan(id);
  const term = termLoanOf(register, id);
  if (term === undefined) {
    const shares = settleSale(tx, pool, debtShares, debt, debtClosed, repaid);
    return { shares, counted: debtAfterClosing(tx.world.pool(pool), debtShares, debtClosed, shares) };
  }
  const outcome = sellTermLoan(term, tx.now, debtClosed);
  bookTermChange(tx, pool, outcome, repaid, true);
  emitIfCured(tx, register, id, term, outcome);
  return afterTerm(debtShares, outcome);
}

function emitIfCured(tx: Transaction, register: Register, id: bigint, before: TermLoan, after: TermOutcome): void {
  if (before.inDefault === undefined || after.loan?.inDefault !== undefined) return;
  tx.emit(register.manager, "Cured", { id });
}
