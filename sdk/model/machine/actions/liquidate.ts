import { PRICE_SCALE } from "../../constants.js";
import { type LiquidationQuote, quoteLiquidation } from "../../liquidation.js";
import { maxDebtDown } from "../../health.js";
import { toAssetsUp } from "../../shares.js";
import type { Address } from "../address.js";
import { facilityNumberOf } from "../loanId.js";
import { accruedDebt, accruedPool, collect, debtTotals, settleSale } from "../pool.js";
import { require } from "../refusal.js";
import { BPS_TO_WAD } from "../risk.js";
import type { Transaction } from "../transaction.js";
import type { Facility, Loan } from "../types.js";
import { sendCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface LiquidateArguments {
  readonly id: bigint;
  readonly maxRepaid: bigint;
  /** Least collateral units a loan unit repaid, scaled 1e36. */
  readonly minCollateralPerUnitE36: bigint;
  readonly callback?: Callback;
}

/** A facility's liquidation terms in WAD. */
export function riskTermsOf(facility: Facility) {
  return {
    lltvWad: facility.lltvBps * BPS_TO_WAD,
    targetLtvWad: facility.targetLtvBps * BPS_TO_WAD,
    incentiveMinWad: facility.incentiveMinBps * BPS_TO_WAD,
    incentiveMaxWad: facility.incentiveMaxBps * BPS_TO_WAD,
    healthForMaxIncentiveWad: facility.healthForMaxBps * BPS_TO_WAD,
    minDebt: facility.minDebt,
  };
}

function judge(tx: Transaction, id: bigint, loan: Loan, debt: bigint, maxRepaid: bigint): LiquidationQuote {
  const facility = tx.world.facilityOfLoan(id);
  const { oracle, minDebt } = facility;
  const { collateral } = loan;
  const terms = riskTermsOf(facility);
  const priceE36 = tx.surroundings.liquidationPrice(oracle);
  const quote = quoteLiquidation({ collateral, debt, priceE36, terms, request: maxRepaid });
  require(quote.liquidatable, "NotLiquidatable", debt, maxDebtDown(quote.value, terms.lltvWad));
  require(quote.repaid !== 0n, "BelowMinimum", maxRepaid, quote.allowance, minDebt);
  return quote;
}

/** What {@link liquidate} would do now. */
export function quoteLiquidationOf(tx: Transaction, id: bigint, maxRepaid: bigint): LiquidationQuote {
  const loan = tx.world.openLoan(id);
  tx.requireUnlocked(facilityNumberOf(id));
  const { pool } = accruedPool(tx.world, tx.world.facilityOfLoan(id).pool, tx.now);
  const debt = loan.debtShares === 0n ? 0n : toAssetsUp(loan.debtShares, debtTotals(pool));
  return judge(tx, id, loan, debt, maxRepaid);
}

/** Repays part of an unhealthy loan and takes collateral for it, as the engine judges. Anyone may. */
export function liquidate(tx: Transaction, caller: Address, args: LiquidateArguments): LiquidationQuote {
  const { id, maxRepaid, minCollateralPerUnitE36 } = args;
  const loan = tx.world.openLoan(id);
  const { pool, vault } = tx.world.facilityOfLoan(id);
  tx.lock(facilityNumberOf(id));
  const debt = loan.debtShares === 0n ? 0n : accruedDebt(tx, pool, loan.debtShares);
  const quote = judge(tx, id, loan, debt, maxRepaid);
  const { repaid, seized, debtClosed } = quote;
  const perUnit = (seized * PRICE_SCALE) / repaid;
  require(perUnit >= minCollateralPerUnitE36, "PriceTooLow", perUnit, minCollateralPerUnitE36);

  const shares = settleSale(tx, pool, loan.debtShares, debt, debtClosed, repaid);
  tx.emit(tx.manager, "Liquidated", { id, liquidator: caller, repaid, seized, debtClosed, shares });

  if (seized !== 0n) sendCollateral(tx, vault, caller, seized);
  args.callback?.(tx);
  collect(tx, pool, caller, repaid);
  tx.unlock(facilityNumberOf(id));
  return quote;
}
