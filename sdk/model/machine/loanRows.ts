import type { Register } from "./register.js";
import type { Loan } from "./types.js";

export function removeLoan(register: Register, id: bigint): void {
  register.loans.delete(id);
  if (register.newOwners.get(id) !== undefined) register.spent.set(id, true);
  register.newOwners.delete(id);
  register.offers.delete(id);
}

/** A loan with neither debt nor collateral is gone. */
export function storeLoan(register: Register, id: bigint, loan: Loan): void {
  if (loan.debtShares === 0n && loan.collateral === 0n) removeLoan(register, id);
  else register.loans.set(id, loan);
}
