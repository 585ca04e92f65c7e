import { adaptiveCurveRate } from "../adaptiveCurve.js";
import { RATE_SECONDS } from "../amortisation.js";
import { WAD } from "../constants.js";
import { interestDown } from "../growth.js";
import { minOf, subtractOrZero, wadDivDown } from "../math.js";
import { toAssetsUp, toSharesDown, toSharesUp } from "../shares.js";
import {
  type Ledger,
  TrancheClass,
  bearLoss,
  bearLossWithoutCover,
  divideInterest,
  exitNav,
  grossNav,
} from "../waterfall.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { requireAllowed } from "./gate.js";
import { require } from "../refusal.js";
import { transfer, transferFrom } from "./token.js";
import type { Transaction } from "./transaction.js";
import { FacilityKind, NewRisk, type Pool } from "./types.js";
import { castTo, checked } from "./uint.js";
import type { World } from "./world.js";

/** Totals of a revolving pool's debt, for share conversions. */
export const debtTotals = ({ debtAssets, debtShares }: Pool): { totalAssets: bigint; totalShares: bigint } => ({
  totalAssets: debtAssets,
  totalShares: debtShares,
});

/** What all loans of a pool are counted with; a pool has loans of one kind. */
export const countedDebt = ({ debtAssets, receivable }: Pool): bigint => debtAssets + receivable / RATE_SECONDS;

/** Share of the pool that is lent, WAD, rounded down. */
export function utilisationDown(debt: bigint, cash: bigint): bigint {
  return debt === 0n ? 0n : wadDivDown(debt, debt + cash);
}

/** A pool as it would be after accruing at `now`, and the interest that adds. Nothing is stored. */
export function accruedPool(world: World, address: Address, now: bigint): { pool: Pool; interest: bigint } {
  const pool = world.pool(address);
  const elapsed = checked(now - pool.accruedAt);
  if (elapsed === 0n) return { pool, interest: 0n };
  const { fixedRatePerSecond, kind } = world.poolCode(address);
  let rateE36 = fixedRatePerSecond * WAD;
  let { rateAtTarget } = pool;
  if (rateE36 === 0n) {
    const adapted = adaptiveCurveRate(rateAtTarget, utilisationDown(countedDebt(pool), pool.cash), elapsed);
    rateE36 = adapted.averageRateE36;
    rateAtTarget = adapted.endRateAtTarget;
  }
  const moved = { ...pool, rateAtTarget, accruedAt: now };
  if (kind === FacilityKind.Term) {
    const accrued = { ...moved, receivable: checked(pool.receivable + pool.slope * elapsed) };
    return { pool: accrued, interest: countedDebt(accrued) - countedDebt(pool) };
  }
  const interest = castTo(128n, interestDown(pool.debtAssets, rateE36, elapsed));
  return { pool: { ...moved, debtAssets: checked(pool.debtAssets + interest, 128n) }, interest };
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

// ---- whose it is ----

/** All of an accrued pool, as the waterfall divides it. */
function ledgerOf(world: World, address: Address, pool: Pool): Ledger {
  const { firstLoss } = world.poolCode(address);
  const { cash, senior, junior, stake, premium, reserve, reserveFeeBps } = pool;
  const debt = countedDebt(pool);
  checked(cash + debt - senior - junior - reserve - premium);
  return {
    ...{ debt, cash, senior, junior, stake, premium, reserve, reserveFeeBps },
    juniorSpreadBps: firstLoss?.juniorSpreadBps ?? 0n,
    coverPremiumBps: firstLoss?.coverPremiumBps ?? 0n,
  };
}

/** The ledger as a lender would find it at `now`: accrued and divided. Nothing is stored. */
export function ledgerAt(world: World, address: Address, now: bigint): Ledger {
  return divided(ledgerOf(world, address, accruedPool(world, address, now).pool))[0];
}

/** In the contract's order: after years at the highest rates a sum may leave its field. */
function divided(before: Ledger): ReturnType<typeof divideInterest> {
  const [ledger, division] = divideInterest(before);
  const fits = (field: bigint, added: bigint): bigint => checked(field + castTo(112n, added), 112n);
  fits(before.junior, division.toJunior);
  fits(before.senior, division.toSenior);
  fits(before.reserve, division.toReserve);
  fits(before.stake, division.premiumPaid);
  castTo(112n, ledger.premium);
  return [ledger, division];
}

/** Divides interest among lenders and reserve. The pool is accrued. */
export function divide(tx: Transaction, address: Address): Ledger {
  const [ledger, division] = divided(ledgerOf(tx.world, address, tx.world.pool(address)));
  const { toSenior, toJunior, toReserve, toCover, premiumPaid } = division;
  if (toSenior + toReserve !== 0n) tx.emit(address, "InterestSplit", { toSenior, toReserve });
  if (toJunior + toCover + premiumPaid !== 0n) tx.emit(address, "FirstLossIncome", { toJunior, toCover, premiumPaid });
  return ledger;
}

/** Accrues and divides. */
export function checkpoint(tx: Transaction, address: Address): Ledger {
  accrue(tx, address);
  return divide(tx, address);
}

/** The same before cash goes out that lenders may be waiting for. */
export function checkpointToPay(tx: Transaction, address: Address): Ledger {
  requireNobodyWaits(accrue(tx, address));
  return divide(tx, address);
}

function requireNobodyWaits({ redemptionsQueued }: Pool): void {
  require(!redemptionsQueued, "RedemptionsAreQueued");
}

/** What new debt must pass on the lenders' side. @param after the pool as the debt leaves it */
export function requireMayGrow(tx: Transaction, address: Address, after: Pool): void {
  requireNobodyWaits(after);
  requireCapital(tx, address, after);
}

/** Junior's net asset value must be what the capital ratio requires against all debt. */
export function requireCapital(tx: Transaction, address: Address, after: Pool): void {
  const { capital } = tx.world.poolCode(address);
  if (capital === undefined) return;
  const [ledger] = divided(ledgerOf(tx.world, address, after));
  const junior = exitNav(ledger, TrancheClass.Junior, after.expectedLoss);
  const required = tx.surroundings.requiredJuniorUp(capital, address, ledger.debt);
  require(junior >= required, "JuniorCapitalTooLow", junior, required);
}

/** LOSS-1. Interest up to now is divided first, so that it bears the loss with the rest. */
export function realiseLoss(tx: Transaction, address: Address, found: bigint): void {
  const [, borne] = bearLoss(divide(tx, address), found);
  tx.emit(address, "LossRealised", borne);
}

/** Takes back interest that was counted and does not count any more. */
export function reverseInterest(tx: Transaction, address: Address, interest: bigint): void {
  const [, { byJunior, bySenior, byReserve }] = bearLossWithoutCover(divide(tx, address), interest);
  tx.emit(address, "InterestReversed", { byJunior, bySenior, byReserve });
}

/** Income at once goes to those who cannot leave in this block, or to the reserve where there are none. */
export function addLump(tx: Transaction, address: Address, income: bigint): void {
  const { junior, reserve } = divide(tx, address);
  const toJunior = junior === 0n ? 0n : income;
  const toReserve = income - toJunior;
  checked(junior + toJunior, 112n);
  checked(reserve + toReserve, 112n);
  tx.emit(address, "LumpIncome", { toJunior, toReserve });
}

/** A loan's part of the loss to expect is `next` instead of `before`. */
export function changeExpectedLoss(tx: Transaction, address: Address, before: bigint, next: bigint): void {
  const expectedLoss = castTo(112n, checked(checked(tx.world.pool(address).expectedLoss - before) + next));
  tx.emit(address, "ExpectedLossChanged", { expectedLoss });
}

// ---- revolving debt ----

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
  const totalAssets = checked(pool.debtAssets + assets, 128n);
  const totalShares = checked(pool.debtShares + castTo(128n, shares), 128n);
  const cash = pool.cash - assets;
  requireMayGrow(tx, address, { ...pool, cash, debtAssets: totalAssets, debtShares: totalShares });
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
  if (debtClosed !== repaid) realiseLoss(tx, address, debtClosed - repaid);
  checked(tx.world.pool(address).cash + castTo(112n, repaid), 112n);
  return shares;
}

/** What a loan owes after some of its debt was closed; its event books that. */
export function debtAfterClosing(pool: Pool, loanShares: bigint, closed: bigint, shares: bigint): bigint {
  const left = { ...pool, debtAssets: subtractOrZero(pool.debtAssets, closed), debtShares: pool.debtShares - shares };
  return toAssetsUp(loanShares - shares, debtTotals(left));
}

// ---- cash ----

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
 * receiver for the gate to judge. Returns the class's net asset value before, expected losses not counted.
 */
export function enter(tx: Transaction, tranche: Address, receiver: Address | undefined, assets: bigint): bigint {
  const { pool: address, trancheClass } = tx.world.tranche(tranche);
  const { facility } = accrue(tx, address);
  require(facility !== 0n, "NotInitialised");
  tx.requireUnlocked(address);
  if (receiver !== undefined) {
    const { gate } = tx.world.registerOfPool(address).facility(facility);
    requireAllowed(tx, gate, receiver, NewRisk.Lend);
  }
  const ledger = divide(tx, address);
  const nav = grossNav(ledger, trancheClass);
  castTo(112n, assets);
  if (trancheClass !== TrancheClass.Cover) checked(ledger.cash + assets, 112n);
  checked((trancheClass === TrancheClass.Cover ? ledger.stake : nav) + assets, 112n);
  tx.emit(address, "Entered", { trancheClass, assets });
  return nav;
}

/** Books assets as gone and sends them: at most the cash held, or the stake. */
export function payOut(tx: Transaction, tranche: Address, receiver: Address, assets: bigint): void {
  const { pool: address, trancheClass } = tx.world.tranche(tranche);
  const pool = tx.world.pool(address);
  const { cash, stake, junior } = pool;
  const available = trancheClass === TrancheClass.Cover ? stake : cash;
  require(assets <= available, "InsufficientCash", assets, available);
  if (trancheClass === TrancheClass.Junior) {
    requireCapital(tx, address, { ...pool, cash: cash - assets, junior: junior - assets });
  }
  tx.emit(address, "Left", { trancheClass, assets });
  send(tx, address, receiver, assets);
}
