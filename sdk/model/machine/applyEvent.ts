import { minOf, subtractOrZero } from "../math.js";
import { TrancheClass } from "../waterfall.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { applyQueueEvent } from "./applyQueueEvent.js";
import { applyTermEvent, bookTermRepayment, bookTermSale, bookTermEnd } from "./applyTermEvent.js";
import type { ModelEvent } from "./events.js";
import { useAuthorisation } from "./authority.js";
import { removeLoan, storeLoan } from "./loanRows.js";
import type { Register } from "./register.js";
import { type Facility, FacilityKind, LoanFlags, type Pool } from "./types.js";
import type { World } from "./world.js";

/** What its first event does not say. */
const NEW_POOL: Omit<Pool, "accruedAt" | "reserveFeeBps"> = {
  ...{ facility: 0n, debtAssets: 0n, debtShares: 0n, receivable: 0n, slope: 0n, cash: 0n, rateAtTarget: 0n },
  ...{ senior: 0n, junior: 0n, stake: 0n, expectedLoss: 0n, premium: 0n, reserve: 0n, redemptionsQueued: false },
};

function changePool(world: World, address: Address, change: (pool: Pool) => Partial<Pool>): void {
  const pool = world.pool(address);
  world.pools.set(address, { ...pool, ...change(pool) });
}

function changeFacility(register: Register, number: bigint, change: Partial<Facility>): void {
  register.facilities.set(number, { ...register.facility(number), ...change });
}

function bookDrawn(world: World, pool: Address, assets: bigint, shares: bigint): void {
  changePool(world, pool, ({ debtAssets, debtShares, cash }) => ({
    debtAssets: debtAssets + assets,
    debtShares: debtShares + shares,
    cash: cash - assets,
  }));
}

/** A debt rounded up may exceed the total by a unit: the total stops at zero. */
function bookClosed(world: World, pool: Address, closed: bigint, received: bigint, shares: bigint): void {
  changePool(world, pool, ({ debtAssets, debtShares, cash }) => ({
    debtAssets: subtractOrZero(debtAssets, closed),
    debtShares: debtShares - shares,
    cash: cash + received,
  }));
}

function applyManagerEvent(world: World, event: ModelEvent): void {
  const register = world.register(event.emitter);
  const isTerm = register.kind === FacilityKind.Term;
  switch (event.name) {
    case "FacilityCreated":
      register.facilities.set(event.args.facility, { ...event.args.params, newLoansStopped: false, oracleSetAt: 0n });
      return;
    case "Opened": {
      const { id, facility, collateral, principal, shares } = event.args;
      register.loans.set(id, { debtShares: shares, collateral, flags: LoanFlags.OPEN });
      bookDrawn(world, register.facility(facility).pool, principal, shares);
      return;
    }
    case "Drawn": {
      const { id, caller, assets, shares } = event.args;
      const loan = register.openLoan(id);
      useAuthorisation(register, id, caller, assets, 0n);
      register.loans.set(id, { ...loan, debtShares: loan.debtShares + shares });
      bookDrawn(world, register.facilityOfLoan(id).pool, assets, shares);
      return;
    }
    case "Repaid": {
      const { id, assets, shares } = event.args;
      if (isTerm) {
        bookTermRepayment(world, register, id, { paid: assets, principal: shares }, event.timestamp);
        return;
      }
      const loan = register.openLoan(id);
      storeLoan(register, id, { ...loan, debtShares: loan.debtShares - shares });
      bookClosed(world, register.facilityOfLoan(id).pool, assets, assets, shares);
      return;
    }
    case "ToppedUp": {
      const loan = register.openLoan(event.args.id);
      register.loans.set(event.args.id, { ...loan, collateral: loan.collateral + event.args.collateral });
      return;
    }
    case "Withdrawn": {
      const { id, caller, collateral } = event.args;
      const loan = register.openLoan(id);
      useAuthorisation(register, id, caller, 0n, collateral);
      storeLoan(register, id, { ...loan, collateral: loan.collateral - collateral });
      return;
    }
    case "Closed": {
      const { id, caller, assets, shares, collateral } = event.args;
      useAuthorisation(register, id, caller, 0n, collateral);
      if (isTerm && shares !== 0n) bookTermEnd(world, register, id, event.timestamp);
      removeLoan(register, id);
      if (isTerm) return;
      bookClosed(world, register.facilityOfLoan(id).pool, assets, assets, shares);
      return;
    }
    case "Liquidated": {
      const { id, repaid, seized, debtClosed, shares } = event.args;
      if (isTerm) {
        bookTermSale(world, register, id, { repaid, seized, debtClosed }, event.timestamp);
        return;
      }
      const loan = register.openLoan(id);
      storeLoan(register, id, {
        ...loan,
        debtShares: loan.debtShares - shares,
        collateral: loan.collateral - seized,
      });
      bookClosed(world, register.facilityOfLoan(id).pool, debtClosed, repaid, shares);
      return;
    }
    case "TransferOffered": {
      const { id, newOwner, caller } = event.args;
      const loan = register.openLoan(id);
      const offered = newOwner !== ZERO_ADDRESS;
      if (offered) register.offers.set(id, { to: newOwner, by: caller });
      else register.offers.delete(id);
      const flags = offered ? loan.flags | LoanFlags.OFFERED : loan.flags & ~LoanFlags.OFFERED;
      register.loans.set(id, { ...loan, flags });
      return;
    }
    case "Transferred": {
      const { id, to } = event.args;
      const loan = register.openLoan(id);
      register.offers.delete(id);
      register.newOwners.set(id, to);
      register.loans.set(id, { ...loan, flags: (loan.flags | LoanFlags.TRANSFERRED) & ~LoanFlags.OFFERED });
      return;
    }
    case "Marked": {
      const { id, expectedLoss } = event.args;
      const loan = register.openLoan(id);
      const expected = expectedLoss !== 0n;
      if (expected) register.marks.set(id, expectedLoss);
      else register.marks.delete(id);
      const flags = expected ? loan.flags | LoanFlags.MARKED : loan.flags & ~LoanFlags.MARKED;
      register.loans.set(id, { ...loan, flags });
      return;
    }
    case "AuthorisationSet": {
      const { owner, facility, operator, ...authorisation } = event.args;
      register.setAuthorisation(owner, facility, operator, authorisation);
      return;
    }
    case "NonceUsed":
      register.nonces.set(event.args.owner, event.args.nonce + 1n);
      return;
    case "NewLoansStopped":
      changeFacility(register, event.args.facility, { newLoansStopped: event.args.stopped });
      return;
    case "CapsSet":
      changeFacility(register, event.args.facility, { cap: event.args.cap, loanCap: event.args.loanCap });
      return;
    case "MaxLtvSet":
      changeFacility(register, event.args.facility, { maxLtvBps: event.args.maxLtvBps });
      return;
    case "GateSet":
      changeFacility(register, event.args.facility, { gate: event.args.gate });
      return;
    case "OracleSet":
      changeFacility(register, event.args.facility, { oracle: event.args.oracle, oracleSetAt: event.timestamp });
      return;
    default:
      if (isTerm) applyTermEvent(world, register, event);
  }
}

function applyPoolEvent(world: World, event: ModelEvent): void {
  const change = (by: (pool: Pool) => Partial<Pool>): void => {
    changePool(world, event.emitter, by);
  };
  switch (event.name) {
    case "ReserveFeeSet": {
      // The constructor's own is a pool's first event: interest runs from there.
      const pool = world.pools.get(event.emitter) ?? { ...NEW_POOL, accruedAt: event.timestamp };
      world.pools.set(event.emitter, { ...pool, reserveFeeBps: event.args.reserveFeeBps });
      return;
    }
    case "RedemptionsQueued":
      change(() => ({ redemptionsQueued: event.args.queued }));
      if (event.args.queued) world.queueOfPool(event.emitter)?.queueLast();
      return;
    case "Initialised":
      change(() => ({ facility: event.args.facility }));
      return;
    case "Accrued": {
      const { interest, rateAtTarget } = event.args;
      const isTerm = world.poolCode(event.emitter).kind === FacilityKind.Term;
      // The sum of term loans is finer than the units that the event names.
      change(({ debtAssets, receivable, slope, accruedAt }) => ({
        ...(isTerm
          ? { receivable: receivable + slope * (event.timestamp - accruedAt) }
          : { debtAssets: debtAssets + interest }),
        rateAtTarget,
        accruedAt: event.timestamp,
      }));
      return;
    }
    case "InterestSplit":
      change(({ senior, reserve }) => ({
        senior: senior + event.args.toSenior,
        reserve: reserve + event.args.toReserve,
      }));
      return;
    case "FirstLossIncome": {
      const { toJunior, toCover, premiumPaid } = event.args;
      change(({ junior, premium, cash, stake }) => ({
        junior: junior + toJunior,
        premium: premium + toCover - premiumPaid,
        cash: cash - premiumPaid,
        stake: stake + premiumPaid,
      }));
      return;
    }
    case "LumpIncome":
      change(({ junior, reserve }) => ({
        junior: junior + event.args.toJunior,
        reserve: reserve + event.args.toReserve,
      }));
      return;
    case "InterestReversed":
      change(({ junior, senior, reserve }) => ({
        junior: junior - event.args.byJunior,
        senior: senior - event.args.bySenior,
        reserve: reserve - event.args.byReserve,
      }));
      return;
    case "ExpectedLossChanged":
      change(() => ({ expectedLoss: event.args.expectedLoss }));
      return;
    case "Entered":
      change((pool) => lent(pool, event.args.trancheClass, event.args.assets));
      return;
    case "Left":
      change((pool) => lent(pool, event.args.trancheClass, -event.args.assets));
      return;
    case "LossRealised": {
      const { byCover, byJunior, bySenior, byReserve } = event.args;
      change(({ cash, stake, premium, junior, senior, reserve }) => {
        // The stake pays in cash before the premium it was promised is given up.
        const fromStake = minOf(byCover, stake);
        return {
          stake: stake - fromStake,
          cash: cash + fromStake,
          premium: premium - (byCover - fromStake),
          junior: junior - byJunior,
          senior: senior - bySenior,
          reserve: reserve - byReserve,
        };
      });
      return;
    }
    case "ReserveCollected":
      change(({ reserve, cash }) => ({ reserve: reserve - event.args.assets, cash: cash - event.args.assets }));
      return;
    case "TermSheetAdded":
      world.setSheets(event.emitter, [...world.sheets(event.emitter), event.args.terms]);
      return;
    case "TermSheetRetired":
      world.setSheets(
        event.emitter,
        world
          .sheets(event.emitter)
          .map((sheet, number) => (BigInt(number) === event.args.sheet ? { ...sheet, retired: true } : sheet)),
      );
  }
}

/** A lender's assets, come in or, below zero, gone out. Those of the cover class stand beside the cash. */
function lent({ cash, senior, junior, stake }: Pool, trancheClass: bigint, assets: bigint): Partial<Pool> {
  if (trancheClass === TrancheClass.Cover) return { stake: stake + assets };
  if (trancheClass === TrancheClass.Junior) return { cash: cash + assets, junior: junior + assets };
  return { cash: cash + assets, senior: senior + assets };
}

function applyTokenEvent(world: World, event: ModelEvent): void {
  switch (event.name) {
    case "Transfer":
      world.moveBalance(event.emitter, event.args.from, event.args.to, event.args.value);
      return;
    case "Approval":
      world.setAllowance(event.emitter, event.args.owner, event.args.spender, event.args.value);
      return;
    case "Withdraw": {
      const { owner, assets } = event.args;
      const { pool } = world.tranche(event.emitter);
      const queue = world.poolCode(pool).queue?.address;
      // Shares that wait are paid by a Served event; others in the queue's hands are those of a request served at once.
      if (owner === queue && !world.pool(pool).redemptionsQueued) world.queueOfPool(pool)?.payLast(assets);
      return;
    }
    case "ExitRequested": {
      const { owner, ...request } = event.args;
      world.setExitRequest(event.emitter, owner, request);
    }
  }
}

/**
 * Writes what one event says. Events of contracts that are not of the world's deployment change nothing, whatever their name.
 * Every state change of the forward machine goes through here too, so that what events cannot say cannot be modelled.
 */
export function applyEvent(world: World, event: ModelEvent): void {
  if (world.isManager(event.emitter)) applyManagerEvent(world, event);
  else if (world.deployment.pools.has(event.emitter)) applyPoolEvent(world, event);
  else if (world.isQueue(event.emitter)) applyQueueEvent(world.queue(event.emitter).book, event);
  else if (world.isToken(event.emitter)) applyTokenEvent(world, event);
}
