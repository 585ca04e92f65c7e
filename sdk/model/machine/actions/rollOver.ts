import { beginTermLoan, rollOverTermLoan, termLoanDebt } from "../../termLoanBook.js";
import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { accruedPool, countedDebt, requireCapital } from "../pool.js";
import { require } from "../../refusal.js";
import { requireNewRisk, requireWithinLtv } from "../risk.js";
import { acceptedRate, bookTermChange } from "../termPool.js";
import type { Transaction } from "../transaction.js";
import { Actions, NewRisk } from "../types.js";
import { castTo } from "../uint.js";

export interface RollOverArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly sheet: bigint;
  /** WAD; most the borrower accepts. */
  readonly maxAnnualRate: bigint;
  readonly deadline: bigint;
  /** 32 bytes in hexadecimal. */
  readonly agreement: string;
}

/** Makes all that a loan in good standing owes the principal of new terms; no cash moves. Returns the new principal. */
export function rollOver(tx: Transaction, caller: Address, args: RollOverArguments): bigint {
  const { manager, id, sheet, deadline, agreement } = args;
  require(tx.now <= deadline, "DeadlinePassed", deadline, tx.now);
  const register = tx.world.register(manager);
  const { collateral } = register.openLoan(id);
  const facility = register.facilityOfLoan(id);
  tx.lock(facility.pool);
  requireAuthority(tx, register, caller, id, Actions.ROLL_OVER, 0n, 0n);
  requireNewRisk(tx, facility, id, register.ownerOf(id), NewRisk.Open);

  const row = register.termLoans.get(id);
  require(row !== undefined, "NoDebt");
  const { before, paid: principal } = rollOverTermLoan(row.loan, tx.now);
  const { pool } = accruedPool(tx.world, facility.pool, tx.now);
  const { annualRate, terms } = acceptedRate(tx, facility.pool, args, countedDebt(pool), pool.cash);
  const { balance, after } = beginTermLoan(principal, annualRate, terms, tx.now);
  castTo(96n, balance.instalment);
  castTo(32n, tx.now);
  castTo(112n, principal);
  bookTermChange(tx, facility.pool, { before, after }, 0n, false);
  const booked = tx.world.pool(facility.pool);
  const grown = { ...booked, receivable: booked.receivable - before.counted + after.counted };
  const fee = principal - termLoanDebt(row.loan, tx.now);
  if (fee !== 0n) requireCapital(tx, facility.pool, grown);
  // An operator's limit on cash also bounds the fees it may have its owner owe.
  requireAuthority(tx, register, caller, id, Actions.ROLL_OVER, fee, 0n);
  // What raises no debt is not asked for caps, or a downturn would force defaults.
  if (fee !== 0n) {
    require(principal <= facility.loanCap, "LoanCapExceeded", principal, facility.loanCap);
    require(countedDebt(grown) <= facility.cap, "CapExceeded", countedDebt(grown), facility.cap);
  }
  requireWithinLtv(tx, facility, collateral, principal);
  const { instalment } = balance;
  tx.emit(manager, "RolledOver", { id, caller, principal, sheet, annualRate, instalment, agreement });
  tx.unlock(facility.pool);
  return principal;
}
