import { minOf } from "../math.js";
import {
  type TermOutcome,
  beginTermLoan,
  markTermLoanDefault,
  payOffTermLoan,
  repaidTermLoan,
  rollOverTermLoan,
  sellTermLoan,
  termLoanDebt,
} from "../termLoanBook.js";
import { useAuthorisation } from "./authority.js";
import type { ModelEvent } from "./events.js";
import { storeLoan } from "./loanRows.js";
import type { Register, TermLoanRow } from "./register.js";
import { countedDebt } from "./pool.js";
import { LoanFlags } from "./types.js";
import type { World } from "./world.js";

// Events of the manager of term loans. They say what was paid; what that makes of a loan is computed again, as the book does.

function rowOf(register: Register, id: bigint): TermLoanRow {
  const row = register.termLoans.get(id);
  if (row === undefined) throw new Error(`the log has an action on term loan ${id}, which owes nothing`);
  return row;
}

function bookOutcome(
  world: World,
  register: Register,
  id: bigint,
  { before, after, loan }: Pick<TermOutcome, "before" | "after" | "loan">,
  sheet: bigint,
  cashIn: bigint,
): void {
  if (loan === undefined) register.termLoans.delete(id);
  else register.termLoans.set(id, { loan, sheet });
  const { pool: address } = register.facilityOfLoan(id);
  const pool = world.pool(address);
  const changed = {
    ...pool,
    receivable: pool.receivable - before.counted + after.counted,
    slope: pool.slope - before.slope + after.slope,
    cash: pool.cash + cashIn,
  };
  // Interest taken back is the underwriters' to give up when nobody else has anything left. No event says so; their claims do.
  const { cash, senior, junior, reserve } = changed;
  const premium = minOf(changed.premium, cash + countedDebt(changed) - senior - junior - reserve);
  world.pools.set(address, { ...changed, premium });
  register.loans.set(id, { ...register.openLoan(id), debtShares: loan?.balance.principal ?? 0n });
}

export function bookTermRepayment(
  world: World,
  register: Register,
  id: bigint,
  said: { readonly paid: bigint; readonly principal: bigint },
  now: bigint,
): void {
  const row = rowOf(register, id);
  const outcome = repaidTermLoan(row.loan, now, said);
  bookOutcome(world, register, id, outcome, row.sheet, said.paid);
}

export function bookTermEnd(world: World, register: Register, id: bigint, now: bigint): void {
  const { loan, sheet } = rowOf(register, id);
  const outcome = payOffTermLoan(loan, now);
  bookOutcome(world, register, id, outcome, sheet, outcome.paid);
}

export function bookTermSale(
  world: World,
  register: Register,
  id: bigint,
  { repaid, seized, debtClosed }: { readonly repaid: bigint; readonly seized: bigint; readonly debtClosed: bigint },
  now: bigint,
): void {
  const { loan, sheet } = rowOf(register, id);
  const outcome = sellTermLoan(loan, now, debtClosed);
  bookOutcome(world, register, id, outcome, sheet, repaid);
  const after = register.openLoan(id);
  storeLoan(register, id, { ...after, collateral: after.collateral - seized });
}

/** What only the manager of term loans emits. */
export function applyTermEvent(world: World, register: Register, event: ModelEvent): void {
  switch (event.name) {
    case "TermLoanOpened": {
      const { id, collateral, principal, sheet, annualRate } = event.args;
      register.loans.set(id, { debtShares: principal, collateral, flags: LoanFlags.OPEN });
      const { after, ...loan } = begin(world, register, id, principal, sheet, annualRate, event.timestamp);
      bookOutcome(world, register, id, { loan, before: NOTHING, after }, sheet, -principal);
      return;
    }
    case "RolledOver": {
      const { id, caller, principal, sheet, annualRate } = event.args;
      const { before } = rolledOver(register, id, event.timestamp);
      const debt = termLoanDebt(rowOf(register, id).loan, event.timestamp);
      useAuthorisation(register, id, caller, principal - debt, 0n);
      const { after, ...loan } = begin(world, register, id, principal, sheet, annualRate, event.timestamp);
      bookOutcome(world, register, id, { loan, before, after }, sheet, 0n);
      return;
    }
    case "DefaultMarked": {
      const { loan, sheet } = rowOf(register, event.args.id);
      bookOutcome(world, register, event.args.id, markTermLoanDefault(loan, event.timestamp), sheet, 0n);
    }
  }
}

const NOTHING = { counted: 0n, slope: 0n };

const rolledOver = (register: Register, id: bigint, now: bigint): TermOutcome =>
  rollOverTermLoan(rowOf(register, id).loan, now);

function begin(
  world: World,
  register: Register,
  id: bigint,
  principal: bigint,
  sheet: bigint,
  annualRate: bigint,
  now: bigint,
) {
  const { pool } = register.facilityOfLoan(id);
  const terms = world.sheets(pool)[Number(sheet)];
  if (terms === undefined)
    throw new Error(`the log has a loan on sheet ${sheet} of pool ${pool}, which it never added`);
  return beginTermLoan(principal, annualRate, terms, now);
}
