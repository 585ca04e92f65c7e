import type { Address } from "../address.js";
import { encodeLoanId } from "../loanId.js";
import { send } from "../pool.js";
import { require } from "../../refusal.js";
import { requireMayBorrow } from "../risk.js";
import type { Transaction } from "../transaction.js";
import { NewRisk } from "../types.js";
import { castTo } from "../uint.js";
import { takeCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface OpenArguments {
  readonly facility: bigint;
  readonly salt: bigint;
  readonly collateral: bigint;
  readonly principal: bigint;
  readonly receiver: Address;
  readonly callback?: Callback;
}

/** Puts collateral in and borrows, revolving. Returns the loan's id. */
export function open(tx: Transaction, caller: Address, args: OpenArguments): bigint {
  const { collateral, principal, receiver } = args;
  const id = encodeLoanId(caller, args.facility, args.salt);
  const register = tx.world.revolving;
  require(register.loans.get(id) === undefined && register.spent.get(id) === undefined, "LoanExists", id);
  const facility = register.facility(args.facility);
  tx.lock(facility.pool);

  const before = { shares: 0n, collateral };
  const shares = castTo(112n, requireMayBorrow(tx, facility, id, caller, NewRisk.Open, before, principal));
  castTo(96n, collateral);
  tx.emit(register.manager, "Opened", {
    id,
    owner: caller,
    facility: args.facility,
    receiver,
    collateral,
    principal,
    shares,
  });

  send(tx, facility.pool, receiver, principal);
  args.callback?.(tx);
  takeCollateral(tx, facility.vault, caller, collateral);
  tx.unlock(facility.pool);
  return id;
}
