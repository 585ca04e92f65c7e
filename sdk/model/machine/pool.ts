import { adaptiveCurveRate } from "../adaptiveCurve.js";
import { interestDown } from "../growth.js";
import { minOf, subtractOrZero, wadDivDown } from "../math.js";
import { toAssetsUp, toSharesDown, toSharesUp } from "../shares.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { requireAllowed } from "./gate.js";
import { require } from "./refusal.js";
import { transfer, transferFrom } from "./token.js";
import type { Transaction } from "./transaction.js";
import { NewRisk, type Pool, TrancheClass } from "./types.js";
import { castTo, checked } from "./uint.js";
import type { World } from "./world.js";

const BPS = 10_000n;

/** Totals of a pool's debt, for share conversions. */
export const debtTotals = ({ debtAssets, debtShares }: Pool): { totalAssets: bigint; totalShares: bigint } => ({
  totalAssets: debtAssets,
  totalShares: debtShares,
});

/** Share of the pool that is lent, WAD, rounded down. */
export function utilisationDown(debtAssets: bigint, cash: bigint): bigint {
  return debtAssets === 0n ? 0n : wadDivDown(debtAssets, debtAssets + cash);
}

/** A pool as it would be after accruing at `now`, and the interest that adds. Nothing is stored. */
export function accruedPool(world: World, address: Address, now: bigint): { pool: Pool; interest: bigint } {
  const pool = world.pool(address);
  const elapsed = checked(now - pool.accruedAt);
  if (elapsed === 0n) return { pool, interest: 0n };
  const { fixedRatePerSecond } = world.poolCode(address);
  let rate = fixedRatePerSecond;
  let { rateAtTarget } = pool;
  if (rate === 0n) {
    const adapted = adaptiveCurveRate(rateAtTarget, utilisationDown(pool.debtAssets, pool.cash), elapsed);
    rate = adapted.averageRate;
    rateAtTarget = adapted.endRateAtTarget;
  }
  const interest = castTo(128n, interestDown(pool.debtAssets, rate, elapsed));
  const debtAssets = checked(pool.debtAssets + interest, 128n);
  return { pool: { ...pool, debtAssets, rateAtTarget, accruedAt: now }, interest };
}

/** Brings the pool to this second. Zero elapsed seconds is a no-op without an event (TIME-1). */
export function accrue(tx: Transaction, address: Address): Pool {
  const before = tx.world.pool(address);
  const { pool, interest } = accruedPool(tx.world, address, tx.now);
  if (pool.accruedAt !== before.accruedAt) {
    tx.emit(address, "Accrued", { interest, rateAtTarget: pool.rateAtTarget });
  }
  return tx.world.pool(address);
}

/** Interest since the last split: all there is, less what is owed to someone already. */
export function unsplitInterest({ cash, debtAssets, senior, reserve, reserveFeeBps }: Pool): {
  toSenior: bigint;
  toReserve: bigint;
} {
  const interest = checked(cash + debtAssets - senior - reserve);
  const toReserve = (interest * reserveFeeBps) / BPS;
  return { toSenior: interest - toReserve, toReserve };
}

/** Accrues, and divides interest between lenders and reserve. */
export function checkpoint(tx: Transaction, address: Address): Pool {
  return split(tx, address, accrue(tx, address));
}

function split(tx: Transaction, address: Address, pool: Pool): Pool {
  const { toSenior, toReserve } = unsplitInterest(pool);
  if (toSenior + toReserve === 0n) return pool;
  checked(pool.senior + castTo(112n, toSenior), 112n);
  checked(pool.reserve + castTo(112n, toReserve), 112n);
  tx.emit(address, "InterestSplit", { toSenior, toReserve });
  return tx.world.pool(address);
}

/** What a draw will do; it is booked by the event that reports it. */
export function quoteDraw(
  tx: Transaction,
  address: Address,
  loanShares: bigint,
  assets: bigint,
): { shares: bigint; debt: bigint; totalDebt: bigint } {
  const pool = accrue(tx, address);
  require(assets <= pool.cash, "InsufficientCash", assets, pool.cash);
  const shares = toSharesUp(assets, debtTotals(pool));
  const totalAssets = checked(pool.debtAssets + castTo(128n, assets), 128n);
  const totalShares = checked(pool.debtShares + castTo(128n, shares), 128n);
  const debt = toAssetsUp(loanShares + shares, { totalAssets, totalShares });
  return { shares, debt, totalDebt: totalAssets };
}

/** What a payment of at most `maxAssets` will do; it is booked by the event that reports it. */
export function quoteRepayment(
  tx: Transaction,
  address: Address,
  loanShares: bigint,
  maxAssets: bigint,
  minDebt: bigint,
): { paid: bigint; shares: bigint } {
  require(loanShares !== 0n, "NoDebt");
  const pool = accrue(tx, address);
  const owed = toAssetsUp(loanShares, debtTotals(pool));
  let paid = minOf(maxAssets, owed);
  if (paid < owed && owed - paid < minDebt) {
    paid = subtractOrZero(owed, minDebt);
    require(paid !== 0n, "PaymentLeavesDust", maxAssets, owed, minDebt);
  }
  const shares = paid === owed ? loanShares : toSharesDown(paid, debtTotals(pool));
  checked(pool.cash + castTo(112n, paid), 112n);
  return { paid, shares };
}

/** Debt of a loan at this second, stored as accrued. */
export function accruedDebt(tx: Transaction, address: Address, loanShares: bigint): bigint {
  return toAssetsUp(loanShares, debtTotals(accrue(tx, address)));
}

/** Books the loss of a sale, if any, and says which shares it burns; the rest is booked by the event that reports the sale. */
export function settleSale(
  tx: Transaction,
  address: Address,
  loanShares: bigint,
  owed: bigint,
  debtClosed: bigint,
  repaid: bigint,
): bigint {
  const pool = accrue(tx, address);
  const shares = debtClosed === owed ? loanShares : toSharesDown(debtClosed, debtTotals(pool));
  if (debtClosed !== repaid) realiseLoss(tx, address, pool, debtClosed - repaid);
  checked(pool.cash + castTo(112n, repaid), 112n);
  return shares;
}

/** LOSS-1. Interest up to now is split first, so that it bears the loss with the rest. */
function realiseLoss(tx: Transaction, address: Address, accrued: Pool, found: bigint): void {
  const pool = split(tx, address, accrued);
  // A debt rounded up may exceed the total by a unit that nobody ever owned.
  const loss = minOf(found, pool.debtAssets);
  const bySenior = minOf(loss, pool.senior);
  const byReserve = loss - bySenior;
  checked(pool.reserve - byReserve, 112n);
  tx.emit(address, "LossRealised", { byCover: 0n, byJunior: 0n, bySenior, byReserve });
}

/** Sends the pool's asset. */
export function send(tx: Transaction, address: Address, to: Address, assets: bigint): void {
  require(to !== address && to !== ZERO_ADDRESS, "InvalidReceiver", to);
  transfer(tx, tx.world.poolCode(address).asset, address, to, assets);
}

/** Pulls the pool's asset from one who has approved the pool. */
export function collect(tx: Transaction, address: Address, from: Address, assets: bigint): void {
  transferFrom(tx, tx.world.poolCode(address).asset, address, from, address, assets);
}

/**
 * Books a lender's assets as come in, if lock and gate let `receiver` lend; the tranche pulls them. A facility's seed has no
 * receiver for the gate to judge. Returns the class's net asset value before.
 */
export function enter(tx: Transaction, address: Address, receiver: Address | undefined, assets: bigint): bigint {
  const accrued = accrue(tx, address);
  require(accrued.facility !== 0n, "NotInitialised");
  tx.requireUnlocked(accrued.facility);
  if (receiver !== undefined) {
    requireAllowed(tx, tx.world.facility(accrued.facility).gate, receiver, NewRisk.Lend);
  }
  const pool = split(tx, address, accrued);
  checked(pool.senior + castTo(112n, assets), 112n);
  checked(pool.cash + assets, 112n);
  tx.emit(address, "Entered", { trancheClass: TrancheClass.Senior, assets });
  return pool.senior;
}

/** Books assets as gone and sends them, at most the cash held. */
export function payOut(tx: Transaction, address: Address, receiver: Address, assets: bigint): void {
  const pool = tx.world.pool(address);
  require(assets <= pool.cash, "InsufficientCash", assets, pool.cash);
  checked(pool.senior - castTo(112n, assets), 112n);
  tx.emit(address, "Left", { trancheClass: TrancheClass.Senior, assets });
  send(tx, address, receiver, assets);
}
