import { RATE_SECONDS } from "../../amortisation.js";
import { beginTermLoan } from "../../termLoanBook.js";
import type { Address } from "../address.js";
import { encodeLoanId } from "../loanId.js";
import { accrue, countedDebt, requireMayGrow, send } from "../pool.js";
import { require } from "../../refusal.js";
import { requireNewRisk, requireWithinLtv } from "../risk.js";
import { acceptedRate } from "../termPool.js";
import type { Transaction } from "../transaction.js";
import { NewRisk } from "../types.js";
import { castTo } from "../uint.js";
import { takeCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface OpenTermArguments {
  readonly manager: Address;
  readonly facility: bigint;
  readonly salt: bigint;
  /** Number of the facility's term sheet. */
  readonly sheet: bigint;
  readonly collateral: bigint;
  readonly principal: bigint;
  /** WAD; most the borrower accepts. */
  readonly maxAnnualRate: bigint;
  /** Last second at which to open. */
  readonly deadline: bigint;
  readonly receiver: Address;
  /** Hash of the signed paper, 32 bytes in hexadecimal; only in the event. */
  readonly agreement: string;
  readonly callback?: Callback;
}

/** Puts collateral in and borrows at the rate offered now, fixed for the loan's life. Returns the loan's id. */
export function openTerm(tx: Transaction, caller: Address, args: OpenTermArguments): bigint {
  const { manager, collateral, principal, receiver, sheet, agreement } = args;
  require(tx.now <= args.deadline, "DeadlinePassed", args.deadline, tx.now);
  const register = tx.world.register(manager);
  const id = encodeLoanId(caller, args.facility, args.salt);
  require(register.loans.get(id) === undefined && register.spent.get(id) === undefined, "LoanExists", id);
  const facility = register.facility(args.facility);
  tx.lock(facility.pool);

  requireNewRisk(tx, facility, id, caller, NewRisk.Open);
  require(principal >= facility.minDebt, "BelowMinDebt", principal, facility.minDebt);
  require(principal <= facility.loanCap, "LoanCapExceeded", principal, facility.loanCap);
  requireWithinLtv(tx, facility, collateral, principal);
  const pool = accrue(tx, facility.pool);
  require(principal <= pool.cash, "InsufficientCash", principal, pool.cash);
  const cash = pool.cash - principal;
  const after = { ...pool, cash, receivable: pool.receivable + principal * RATE_SECONDS };
  const debt = countedDebt(after);
  const { annualRate, terms } = acceptedRate(tx, facility.pool, args, debt, cash);
  const { instalment } = beginTermLoan(principal, annualRate, terms, tx.now).balance;
  castTo(96n, instalment);
  castTo(32n, tx.now);
  requireMayGrow(tx, facility.pool, after);
  require(debt <= facility.cap, "CapExceeded", debt, facility.cap);
  castTo(96n, collateral);
  tx.emit(manager, "TermLoanOpened", {
    ...{ id, owner: caller, facility: args.facility, receiver, collateral, principal },
    ...{ sheet, annualRate, instalment, agreement },
  });

  send(tx, facility.pool, receiver, principal);
  args.callback?.(tx);
  takeCollateral(tx, facility.vault, caller, collateral);
  tx.unlock(facility.pool);
  return id;
}
