import { PRICE_SCALE } from "../../constants.js";
import { maxDebtDown } from "../../health.js";
import { secondsOnRamp } from "../../incentive.js";
import { type LiquidationQuote, quoteLiquidation } from "../../liquidation.js";
import type { Address } from "../address.js";
import { debtNow, judgedDebt, recognisedDebt, sellDebt } from "../debt.js";
import { moveMark } from "../marks.js";
import { collect } from "../pool.js";
import { require } from "../../refusal.js";
import type { Register } from "../register.js";
import { BPS_TO_WAD } from "../risk.js";
import type { Transaction } from "../transaction.js";
import type { Facility } from "../types.js";
import { sendCollateral } from "../vault.js";
import type { Callback } from "./callback.js";

export interface LiquidateArguments {
  readonly manager: Address;
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

function judge(tx: Transaction, register: Register, id: bigint, debt: bigint, maxRepaid: bigint): LiquidationQuote {
  const facility = register.facilityOfLoan(id);
  const { oracle, minDebt, rampSeconds } = facility;
  const { collateral } = register.openLoan(id);
  const terms = riskTermsOf(facility);
  const priceE36 = tx.surroundings.liquidationPrice(oracle);
  const markedAt = register.termLoans.get(id)?.loan.inDefault?.markedAt;
  const ramp =
    markedAt === undefined
      ? undefined
      : { seconds: secondsOnRamp(tx.now, markedAt, tx.surroundings.graceEndsAt(oracle)), rampSeconds };
  const quote = quoteLiquidation({ collateral, debt, priceE36, terms, request: maxRepaid, ...(ramp && { ramp }) });
  require(quote.liquidatable, "NotLiquidatable", debt, maxDebtDown(quote.value, terms.lltvWad));
  require(quote.repaid !== 0n, "BelowMinimum", maxRepaid, quote.allowance, minDebt);
  return quote;
}

/** What {@link liquidate} would do now. */
export function quoteLiquidationOf(
  tx: Transaction,
  { manager, id, maxRepaid }: Pick<LiquidateArguments, "manager" | "id" | "maxRepaid">,
): LiquidationQuote {
  const register = tx.world.register(manager);
  const { debtShares } = register.openLoan(id);
  tx.requireUnlocked(register.facilityOfLoan(id).pool);
  return judge(tx, register, id, debtShares === 0n ? 0n : debtNow(tx.world, register, id, tx.now), maxRepaid);
}

/** Repays part of an unhealthy loan, or of one marked as in default, and takes collateral for it, as the engine judges. Anyone may. */
export function liquidate(tx: Transaction, caller: Address, args: LiquidateArguments): LiquidationQuote {
  const { manager, id, maxRepaid, minCollateralPerUnitE36 } = args;
  const register = tx.world.register(manager);
  const { collateral: collateralBefore } = register.openLoan(id);
  const { pool, vault } = register.facilityOfLoan(id);
  tx.lock(pool);
  const debt = judgedDebt(tx, register, id);
  const quote = judge(tx, register, id, debt, maxRepaid);
  const { repaid, seized, debtClosed } = quote;
  const perUnit = (seized * PRICE_SCALE) / repaid;
  require(perUnit >= minCollateralPerUnitE36, "PriceTooLow", perUnit, minCollateralPerUnitE36);

  const countedBefore = register.markOf(id) === 0n ? 0n : recognisedDebt(tx, register, id);
  const { shares, counted } = sellDebt(tx, register, id, debt, quote);
  const move = { countedBefore, countedAfter: counted, collateralBefore, collateralAfter: collateralBefore - seized };
  moveMark(tx, register, caller, id, move);
  tx.emit(manager, "Liquidated", { id, liquidator: caller, repaid, seized, debtClosed, shares });

  if (seized !== 0n) sendCollateral(tx, vault, caller, seized);
  args.callback?.(tx);
  collect(tx, pool, caller, repaid);
  tx.unlock(pool);
  return quote;
}
