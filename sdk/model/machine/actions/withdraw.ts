import { MAX_UINT256 } from "../../constants.js";
import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { debtToWithdrawAgainst } from "../debt.js";
import { require } from "../../refusal.js";
import { requireWithinLtv } from "../risk.js";
import type { Transaction } from "../transaction.js";
import { Actions } from "../types.js";
import { sendCollateral } from "../vault.js";

export interface WithdrawArguments {
  readonly manager: Address;
  readonly id: bigint;
  readonly collateral: bigint;
  readonly receiver: Address;
}

/** Takes collateral out; 2^256 − 1 takes all. The oracle is asked only where something is owed. Returns what was sent. */
export function withdraw(
  tx: Transaction,
  caller: Address,
  { manager, id, collateral, receiver }: WithdrawArguments,
): bigint {
  const register = tx.world.register(manager);
  const loan = register.openLoan(id);
  const withdrawn = collateral === MAX_UINT256 ? loan.collateral : collateral;
  require(withdrawn !== 0n, "ZeroAmount");
  require(withdrawn <= loan.collateral, "InsufficientCollateral", withdrawn, loan.collateral);
  const facility = register.facilityOfLoan(id);
  tx.lock(facility.pool);
  requireAuthority(tx, register, caller, id, Actions.WITHDRAW, 0n, withdrawn);

  if (loan.debtShares !== 0n) {
    requireWithinLtv(tx, facility, loan.collateral - withdrawn, debtToWithdrawAgainst(tx, register, id));
  }
  tx.emit(manager, "Withdrawn", { id, caller, receiver, collateral: withdrawn });

  sendCollateral(tx, facility.vault, receiver, withdrawn);
  tx.unlock(facility.pool);
  return withdrawn;
}
