import { PRICE_SCALE, WAD } from "../constants.js";
import type { Address } from "./address.js";
import { requireAllowed } from "./gate.js";
import { facilityNumberOf } from "./loanId.js";
import { quoteDraw } from "./pool.js";
import { require } from "../refusal.js";
import type { Transaction } from "./transaction.js";
import type { Facility } from "./types.js";
import { checked } from "./uint.js";

/** 1e18 / 10,000. */
export const BPS_TO_WAD = 10n ** 14n;

function maxDebtDown(collateral: bigint, priceE36: bigint, ltvBps: bigint): bigint {
  const value = checked((collateral * priceE36) / PRICE_SCALE);
  return checked((value * ltvBps * BPS_TO_WAD) / WAD);
}

/** Refuses a debt that the collateral does not support at the oracle's price for new risk. */
export function requireWithinLtv(tx: Transaction, facility: Facility, collateral: bigint, debt: bigint): void {
  const price = tx.surroundings.borrowPrice(facility.oracle);
  const maxDebt = maxDebtDown(collateral, price, facility.maxLtvBps);
  require(debt <= maxDebt, "LtvTooHigh", debt, maxDebt, collateral, price);
}

/** Stop and gate: what new debt of `owner` must pass whatever its terms. */
export function requireNewRisk(tx: Transaction, facility: Facility, id: bigint, owner: Address, action: bigint): void {
  require(!facility.newLoansStopped, "NewLoansAreStopped", facilityNumberOf(id));
  requireAllowed(tx, facility.gate, owner, action);
}

/** All checks of new revolving debt, in the manager's order. Returns the shares it adds; its event books it. */
export function requireMayBorrow(
  tx: Transaction,
  facility: Facility,
  id: bigint,
  owner: Address,
  action: bigint,
  before: { readonly shares: bigint; readonly collateral: bigint },
  assets: bigint,
): bigint {
  requireNewRisk(tx, facility, id, owner, action);
  const price = tx.surroundings.borrowPrice(facility.oracle);
  const maxDebt = maxDebtDown(before.collateral, price, facility.maxLtvBps);
  const { shares, debt, totalDebt } = quoteDraw(tx, facility.pool, before.shares, assets);
  require(debt >= facility.minDebt, "BelowMinDebt", debt, facility.minDebt);
  require(debt <= maxDebt, "LtvTooHigh", debt, maxDebt, before.collateral, price);
  require(debt <= facility.loanCap, "LoanCapExceeded", debt, facility.loanCap);
  require(totalDebt <= facility.cap, "CapExceeded", totalDebt, facility.cap);
  return shares;
}
