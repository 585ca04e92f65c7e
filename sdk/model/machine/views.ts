import { adaptiveCurveRate } from "../adaptiveCurve.js";
import { exitNav, grossNav } from "../waterfall.js";
import type { Address } from "./address.js";
import { debtNow } from "./debt.js";
import { accruedPool, countedDebt, ledgerAt, utilisationDown } from "./pool.js";
import { require } from "../refusal.js";
import type { World } from "./world.js";

/** What a loan of that manager owes at `now`, rounded up; 0 for a loan that does not exist. */
export function debtOf(world: World, manager: Address, id: bigint, now: bigint): bigint {
  const register = world.register(manager);
  const loan = register.loans.get(id);
  return loan === undefined || loan.debtShares === 0n ? 0n : debtNow(world, register, id, now);
}

/** Net asset value of a tranche's class at `now`, as a lender who leaves would find it: expected losses counted. */
export function navOf(world: World, tranche: Address, now: bigint): bigint {
  const { pool, trancheClass } = world.tranche(tranche);
  return exitNav(ledgerAt(world, pool, now), trancheClass, world.pool(pool).expectedLoss);
}

/** The same as a lender who enters would find it: expected losses not counted. */
export function entryNavOf(world: World, tranche: Address, now: bigint): bigint {
  const { pool, trancheClass } = world.tranche(tranche);
  return grossNav(ledgerAt(world, pool, now), trancheClass);
}

/** The rate borrowers would pay if `drawn` more were lent now, WAD a second. */
export function borrowRateAfter(world: World, address: Address, now: bigint, drawn: bigint): bigint {
  const { fixedRatePerSecond } = world.poolCode(address);
  if (fixedRatePerSecond !== 0n) return fixedRatePerSecond;
  const { pool } = accruedPool(world, address, now);
  require(drawn <= pool.cash, "InsufficientCash", drawn, pool.cash);
  return adaptiveCurveRate(pool.rateAtTarget, utilisationDown(countedDebt(pool) + drawn, pool.cash - drawn), 0n)
    .averageRate;
}
