import { exitNav, grossNav } from "../waterfall.js";
import type { Address } from "./address.js";
import { debtNow } from "./debt.js";
import { ledgerAt } from "./pool.js";
import type { World } from "./world.js";

/** What a loan of that manager owes at `now`, rounded up; 0 for a loan that does not exist. */
export function debtOf(world: World, manager: Address, id: bigint, now: bigint): bigint {
  const register = world.register(manager);
  // Without debt a loan is not judged by its pool, whose interest may have left its field.
  return register.loans.get(id)?.debtShares === 0n ? 0n : debtNow(world, register, id, now);
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
