import { type Address, ZERO_ADDRESS } from "../address.js";
import { requireAuthority, requireLive } from "../authority.js";
import { debtNow } from "../debt.js";
import { require } from "../../refusal.js";
import { requireNewRisk } from "../risk.js";
import type { Transaction } from "../transaction.js";
import { Actions, NewRisk } from "../types.js";

/** Offers the loan to a new owner; the zero address takes the offer back. Owner, or operator with TRANSFER. */
export function transferLoan(
  tx: Transaction,
  caller: Address,
  { manager, id, newOwner }: { readonly manager: Address; readonly id: bigint; readonly newOwner: Address },
): void {
  const register = tx.world.register(manager);
  register.openLoan(id);
  tx.requireUnlocked(register.facilityOfLoan(id).pool);
  requireAuthority(tx, register, caller, id, Actions.TRANSFER, 0n, 0n);
  tx.emit(manager, "TransferOffered", { id, owner: register.ownerOf(id), newOwner, caller });
}

export interface AcceptArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly maxDebt: bigint;
  readonly minCollateral: bigint;
}

/** Takes over a loan offered to the caller, if it is not worse than the caller says. */
export function acceptLoan(
  tx: Transaction,
  caller: Address,
  { manager, id, maxDebt, minCollateral }: AcceptArguments,
): void {
  const register = tx.world.register(manager);
  const loan = register.openLoan(id);
  const facility = register.facilityOfLoan(id);
  tx.requireUnlocked(facility.pool);
  const offer = register.offers.get(id) ?? { to: ZERO_ADDRESS, by: ZERO_ADDRESS };
  require(offer.to === caller, "NotOffered", id, caller, offer.to);
  if (offer.to !== ZERO_ADDRESS) requireLive(tx, register, offer.by, id, Actions.TRANSFER);
  requireNewRisk(tx, facility, id, caller, NewRisk.AcceptLoan);
  const debt = debtNow(tx.world, register, id, tx.now);
  const acceptable = debt <= maxDebt && loan.collateral >= minCollateral;
  require(acceptable, "LoanChanged", debt, maxDebt, loan.collateral, minCollateral);
  tx.emit(manager, "Transferred", { id, from: register.ownerOf(id), to: caller });
}
