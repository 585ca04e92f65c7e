import type { Address } from "../address.js";
import { requireAuthority } from "../authority.js";
import { send } from "../pool.js";
import { require } from "../../refusal.js";
import { requireMayBorrow } from "../risk.js";
import type { Transaction } from "../transaction.js";
import { Actions, NewRisk } from "../types.js";
import { castTo } from "../uint.js";

/** Borrows more on a revolving loan. Owner, or operator with DRAW and cash limit. */
export function draw(
  tx: Transaction,
  caller: Address,
  { id, assets, receiver }: { readonly id: bigint; readonly assets: bigint; readonly receiver: Address },
): void {
  const register = tx.world.revolving;
  const loan = register.openLoan(id);
  require(assets !== 0n, "ZeroAmount");
  const facility = register.facilityOfLoan(id);
  tx.lock(facility.pool);
  requireAuthority(tx, register, caller, id, Actions.DRAW, assets, 0n);

  const before = { shares: loan.debtShares, collateral: loan.collateral };
  const shares = requireMayBorrow(tx, facility, id, register.ownerOf(id), NewRisk.Draw, before, assets);
  castTo(112n, loan.debtShares + shares);
  tx.emit(register.manager, "Drawn", { id, caller, receiver, assets, shares });

  send(tx, facility.pool, receiver, assets);
  tx.unlock(facility.pool);
}
