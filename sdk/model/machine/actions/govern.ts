import type { Address } from "../address.js";
import { checkpoint, checkpointToPay, send } from "../pool.js";
import { require } from "../../refusal.js";
import type { Transaction } from "../transaction.js";
import type { FacilityParams } from "../types.js";
import { tranchesOf } from "../world.js";
import { seed } from "./lend.js";

const BPS = 10_000n;
const MAX_RESERVE_FEE_BPS = 2_500n;
const ORACLE_SWITCH_INTERVAL = 7n * 86_400n;

function bounds(field: string, value: bigint, least: bigint, most: bigint): void {
  require(value >= least && value <= most, "InvalidFacility", field, value, least, most);
}

export interface CreateArguments {
  readonly manager: Address;
  readonly params: FacilityParams;
  /** For each of the pool's tranches. */
  readonly seedAssets: bigint;
}

/**
 * Creates a facility and seeds its tranches. The numbers are checked as the contracts do; that pool, vault, engine and
 * oracle belong together is the deployment's to say and not modelled.
 */
export function createFacility(
  tx: Transaction,
  caller: Address,
  { manager, params, seedAssets }: CreateArguments,
): bigint {
  tx.requireGovernor(caller);
  const register = tx.world.register(manager);
  bounds("kind", params.kind, register.kind, register.kind);
  bounds("targetLtvBps", params.targetLtvBps, 1n, BPS);
  bounds("maxLtvBps", params.maxLtvBps, params.targetLtvBps + 1n, BPS);
  bounds("lltvBps", params.lltvBps, params.maxLtvBps + 1n, BPS);
  bounds("incentiveMaxBps", params.incentiveMaxBps, params.incentiveMinBps, (BPS * BPS) / params.lltvBps - BPS);
  bounds("healthForMaxBps", params.healthForMaxBps, 0n, BPS - 1n);
  bounds("rampSeconds", params.rampSeconds, 1n, 2n ** 32n - 1n);
  bounds("minDebt", params.minDebt, 1n, 2n ** 80n - 1n);
  bounds("loanCap", params.loanCap, params.minDebt, 2n ** 96n - 1n);
  require(seedAssets !== 0n, "ZeroAmount");
  const facility = register.firstNumber + BigInt(register.facilities.size);
  tx.emit(manager, "FacilityCreated", { facility, params });
  const bound = tx.world.pool(params.pool).facility;
  require(bound === 0n, "AlreadyInitialised", bound);
  tx.emit(params.pool, "Initialised", { facility });
  for (const { tranche } of tranchesOf(tx.world.poolCode(params.pool))) seed(tx, caller, tranche, seedAssets);
  return facility;
}

/** A manager's facility by its number. The event of an action on one that there is not is refused as UnknownFacility. */
export interface FacilityKey {
  readonly manager: Address;
  readonly facility: bigint;
}

/** Guardian: no new loans, draws or transfers until resumed. */
export function stopNewLoans(tx: Transaction, caller: Address, { manager, facility }: FacilityKey): void {
  tx.requireGovernor(caller);
  tx.emit(manager, "NewLoansStopped", { facility, stopped: true });
}

export function resumeNewLoans(tx: Transaction, caller: Address, { manager, facility }: FacilityKey): void {
  tx.requireGovernor(caller);
  tx.emit(manager, "NewLoansStopped", { facility, stopped: false });
}

interface Caps extends FacilityKey {
  readonly cap: bigint;
  readonly loanCap: bigint;
}

/** Guardian: neither cap may be higher than now. */
export function lowerCaps(tx: Transaction, caller: Address, { manager, facility, cap, loanCap }: Caps): void {
  tx.requireGovernor(caller);
  const now = tx.world.register(manager).facility(facility);
  require(cap <= now.cap, "GuardianCannotRaise", now.cap, cap);
  require(loanCap <= now.loanCap, "GuardianCannotRaise", now.loanCap, loanCap);
  tx.emit(manager, "CapsSet", { facility, cap, loanCap });
}

export function setCaps(tx: Transaction, caller: Address, { manager, facility, cap, loanCap }: Caps): void {
  tx.requireGovernor(caller);
  tx.emit(manager, "CapsSet", { facility, cap, loanCap });
}

interface MaxLtv extends FacilityKey {
  readonly maxLtvBps: bigint;
}

/** Guardian: maxLtv for new risk, downwards. */
export function lowerMaxLtv(tx: Transaction, caller: Address, { manager, facility, maxLtvBps }: MaxLtv): void {
  tx.requireGovernor(caller);
  const now = tx.world.register(manager).facility(facility).maxLtvBps;
  require(maxLtvBps <= now, "GuardianCannotRaise", now, maxLtvBps);
  tx.emit(manager, "MaxLtvSet", { facility, maxLtvBps });
}

export function setMaxLtv(tx: Transaction, caller: Address, { manager, facility, maxLtvBps }: MaxLtv): void {
  tx.requireGovernor(caller);
  const { lltvBps } = tx.world.register(manager).facility(facility);
  require(maxLtvBps < lltvBps, "InvalidFacility", "maxLtvBps", maxLtvBps, 0n, lltvBps - 1n);
  tx.emit(manager, "MaxLtvSet", { facility, maxLtvBps });
}

export function setGate(
  tx: Transaction,
  caller: Address,
  { manager, facility, gate }: FacilityKey & { readonly gate: Address },
): void {
  tx.requireGovernor(caller);
  tx.emit(manager, "GateSet", { facility, gate });
}

/** Whether the new oracle agrees with the old one is between the two of them, and not modelled. */
export function setOracle(
  tx: Transaction,
  caller: Address,
  { manager, facility, oracle }: FacilityKey & { readonly oracle: Address },
): void {
  tx.requireGovernor(caller);
  const { oracleSetAt } = tx.world.register(manager).facility(facility);
  require(tx.now >= oracleSetAt + ORACLE_SWITCH_INTERVAL, "OracleSetTooSoon", oracleSetAt, ORACLE_SWITCH_INTERVAL);
  tx.emit(manager, "OracleSet", { facility, oracle });
}

export function setReserveFee(
  tx: Transaction,
  caller: Address,
  { pool, reserveFeeBps }: { readonly pool: Address; readonly reserveFeeBps: bigint },
): void {
  tx.requireGovernor(caller);
  tx.requireUnlocked(pool);
  checkpoint(tx, pool);
  require(reserveFeeBps <= MAX_RESERVE_FEE_BPS, "FeeTooHigh", reserveFeeBps, MAX_RESERVE_FEE_BPS);
  tx.emit(pool, "ReserveFeeSet", { reserveFeeBps });
}

export function collectReserve(
  tx: Transaction,
  caller: Address,
  { pool, receiver, assets }: { readonly pool: Address; readonly receiver: Address; readonly assets: bigint },
): void {
  tx.requireGovernor(caller);
  tx.requireUnlocked(pool);
  const { reserve, cash } = checkpointToPay(tx, pool);
  require(assets <= reserve, "ReserveTooSmall", assets, reserve);
  require(assets <= cash, "InsufficientCash", assets, cash);
  tx.emit(pool, "ReserveCollected", { receiver, assets });
  send(tx, pool, receiver, assets);
}
