import { PRICE_SCALE, WAD } from "../../constants.js";
import { mulDivDown, subtractOrZero } from "../../math.js";
import type { Address } from "../address.js";
import { recognisedDebt } from "../debt.js";
import { setMark } from "../marks.js";
import { BPS_TO_WAD } from "../risk.js";
import type { Transaction } from "../transaction.js";

/**
 * Says what loss the live price makes the lenders expect of a loan: what its debt is beyond its collateral's value less the least
 * incentive. Anyone may, upwards and downwards. Returns the expected loss.
 */
export function mark(
  tx: Transaction,
  caller: Address,
  { manager, id }: { readonly manager: Address; readonly id: bigint },
): bigint {
  const register = tx.world.register(manager);
  const { collateral } = register.openLoan(id);
  const { pool, oracle, incentiveMinBps } = register.facilityOfLoan(id);
  tx.requireUnlocked(pool);
  const value = mulDivDown(collateral, tx.surroundings.price(oracle), PRICE_SCALE);
  const covered = mulDivDown(value, WAD, WAD + incentiveMinBps * BPS_TO_WAD);
  const expectedLoss = subtractOrZero(recognisedDebt(tx, register, id), covered);
  setMark(tx, register, caller, id, expectedLoss);
  return expectedLoss;
}
