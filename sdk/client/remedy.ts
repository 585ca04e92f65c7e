import { PRICE_SCALE, WAD, mulDivDown, mulDivUp, subtractOrZero, wadMulDown } from "../model/index.js";
import { bpsToWad } from "./amounts.js";
import type { FacilityState } from "./facilityState.js";
import type { LoanState } from "./loanState.js";

/** Two ways to bring a loan's health factor back up; either one will do. */
export interface Remedy {
  /** Loan units to repay. */
  readonly repay: bigint;
  /** Collateral units to add. */
  readonly topUp: bigint;
}

/**
 * What brings a loan to a health factor at the present price, rounded up; zero where it is there already.
 *
 * @returns undefined while the oracle refuses a price
 */
export function remedyFor(
  facility: Pick<FacilityState, "lltvBps">,
  loan: Pick<LoanState, "collateral" | "debt" | "value" | "price">,
  healthWad: bigint,
): Remedy | undefined {
  const { priceE36 } = loan.price;
  if (loan.value === undefined || priceE36 === undefined || priceE36 === 0n) return undefined;
  const lltvWad = bpsToWad(facility.lltvBps);
  const carried = mulDivDown(wadMulDown(loan.value, lltvWad), WAD, healthWad);
  const valueNeeded = mulDivUp(loan.debt, healthWad, lltvWad);
  const collateralNeeded = mulDivUp(valueNeeded, PRICE_SCALE, priceE36);
  return { repay: subtractOrZero(loan.debt, carried), topUp: subtractOrZero(collateralNeeded, loan.collateral) };
}
