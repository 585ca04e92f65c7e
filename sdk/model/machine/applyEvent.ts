import { subtractOrZero } from "../math.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import type { ModelEvent } from "./events.js";
import { facilityNumberOf } from "./loanId.js";
import { type Facility, type Loan, LoanFlags, type Pool } from "./types.js";
import type { World } from "./world.js";

/** A limit that is not used up. */
const UNLIMITED = 2n ** 104n - 1n;

const NEW_POOL: Pool = {
  facility: 0n,
  debtAssets: 0n,
  debtShares: 0n,
  cash: 0n,
  accruedAt: 0n,
  rateAtTarget: 0n,
  senior: 0n,
  reserve: 0n,
  reserveFeeBps: 0n,
};

const spend = (limit: bigint, amount: bigint): bigint => (limit === UNLIMITED ? limit : limit - amount);

function changePool(world: World, address: Address, change: (pool: Pool) => Partial<Pool>): void {
  const pool = world.pool(address);
  world.pools.set(address, { ...pool, ...change(pool) });
}

function changeFacility(world: World, number: bigint, change: Partial<Facility>): void {
  world.facilities.set(number, { ...world.facility(number), ...change });
}

function removeLoan(world: World, id: bigint): void {
  world.loans.delete(id);
  if (world.newOwners.get(id) !== undefined) world.spent.set(id, true);
  world.newOwners.delete(id);
  world.offers.delete(id);
}

/** A loan with neither debt nor collateral is gone. */
function storeLoan(world: World, id: bigint, loan: Loan): void {
  if (loan.debtShares === 0n && loan.collateral === 0n) removeLoan(world, id);
  else world.loans.set(id, loan);
}

/** The event names who acted; where that was not the owner, an authorisation was used. */
function useAuthorisation(world: World, id: bigint, caller: Address, cash: bigint, collateral: bigint): void {
  const owner = world.ownerOf(id);
  if (caller === owner) return;
  const facility = facilityNumberOf(id);
  const given = world.authorisation(owner, facility, caller);
  world.setAuthorisation(owner, facility, caller, {
    ...given,
    cashLimit: spend(given.cashLimit, cash),
    collateralLimit: spend(given.collateralLimit, collateral),
  });
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
  switch (event.name) {
    case "FacilityCreated":
      world.facilities.set(event.args.facility, { ...event.args.params, newLoansStopped: false, oracleSetAt: 0n });
      return;
    case "Opened": {
      const { id, facility, collateral, principal, shares } = event.args;
      world.loans.set(id, { debtShares: shares, collateral, flags: LoanFlags.OPEN });
      bookDrawn(world, world.facility(facility).pool, principal, shares);
      return;
    }
    case "Drawn": {
      const { id, caller, assets, shares } = event.args;
      const loan = world.openLoan(id);
      useAuthorisation(world, id, caller, assets, 0n);
      world.loans.set(id, { ...loan, debtShares: loan.debtShares + shares });
      bookDrawn(world, world.facilityOfLoan(id).pool, assets, shares);
      return;
    }
    case "Repaid": {
      const { id, assets, shares } = event.args;
      const loan = world.openLoan(id);
      storeLoan(world, id, { ...loan, debtShares: loan.debtShares - shares });
      bookClosed(world, world.facilityOfLoan(id).pool, assets, assets, shares);
      return;
    }
    case "ToppedUp": {
      const loan = world.openLoan(event.args.id);
      world.loans.set(event.args.id, { ...loan, collateral: loan.collateral + event.args.collateral });
      return;
    }
    case "Withdrawn": {
      const { id, caller, collateral } = event.args;
      const loan = world.openLoan(id);
      useAuthorisation(world, id, caller, 0n, collateral);
      storeLoan(world, id, { ...loan, collateral: loan.collateral - collateral });
      return;
    }
    case "Closed": {
      const { id, caller, assets, shares, collateral } = event.args;
      useAuthorisation(world, id, caller, 0n, collateral);
      removeLoan(world, id);
      bookClosed(world, world.facilityOfLoan(id).pool, assets, assets, shares);
      return;
    }
    case "Liquidated": {
      const { id, repaid, seized, debtClosed, shares } = event.args;
      const loan = world.openLoan(id);
      storeLoan(world, id, {
        ...loan,
        debtShares: loan.debtShares - shares,
        collateral: loan.collateral - seized,
      });
      bookClosed(world, world.facilityOfLoan(id).pool, debtClosed, repaid, shares);
      return;
    }
    case "TransferOffered": {
      const { id, newOwner } = event.args;
      const loan = world.openLoan(id);
      const offered = newOwner !== ZERO_ADDRESS;
      if (offered) world.offers.set(id, newOwner);
      else world.offers.delete(id);
      const flags = offered ? loan.flags | LoanFlags.OFFERED : loan.flags & ~LoanFlags.OFFERED;
      world.loans.set(id, { ...loan, flags });
      return;
    }
    case "Transferred": {
      const { id, to } = event.args;
      const loan = world.openLoan(id);
      world.offers.delete(id);
      world.newOwners.set(id, to);
      world.loans.set(id, { ...loan, flags: (loan.flags | LoanFlags.TRANSFERRED) & ~LoanFlags.OFFERED });
      return;
    }
    case "AuthorisationSet": {
      const { owner, facility, operator, ...authorisation } = event.args;
      world.setAuthorisation(owner, facility, operator, authorisation);
      return;
    }
    case "NonceUsed":
      world.nonces.set(event.args.owner, event.args.nonce + 1n);
      return;
    case "NewLoansStopped":
      changeFacility(world, event.args.facility, { newLoansStopped: event.args.stopped });
      return;
    case "CapsSet":
      changeFacility(world, event.args.facility, { cap: event.args.cap, loanCap: event.args.loanCap });
      return;
    case "MaxLtvSet":
      changeFacility(world, event.args.facility, { maxLtvBps: event.args.maxLtvBps });
      return;
    case "GateSet":
      changeFacility(world, event.args.facility, { gate: event.args.gate });
      return;
    case "OracleSet":
      changeFacility(world, event.args.facility, { oracle: event.args.oracle, oracleSetAt: event.timestamp });
      return;
    default:
      return;
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
    case "Initialised":
      change(() => ({ facility: event.args.facility }));
      return;
    case "Accrued":
      change(({ debtAssets }) => ({
        debtAssets: debtAssets + event.args.interest,
        rateAtTarget: event.args.rateAtTarget,
        accruedAt: event.timestamp,
      }));
      return;
    case "InterestSplit":
      change(({ senior, reserve }) => ({
        senior: senior + event.args.toSenior,
        reserve: reserve + event.args.toReserve,
      }));
      return;
    case "Entered":
      change(({ senior, cash }) => ({ senior: senior + event.args.assets, cash: cash + event.args.assets }));
      return;
    case "Left":
      change(({ senior, cash }) => ({ senior: senior - event.args.assets, cash: cash - event.args.assets }));
      return;
    case "LossRealised":
      change(({ senior, reserve }) => ({
        senior: senior - event.args.bySenior,
        reserve: reserve - event.args.byReserve,
      }));
      return;
    case "ReserveCollected":
      change(({ reserve, cash }) => ({ reserve: reserve - event.args.assets, cash: cash - event.args.assets }));
      return;
    default:
      return;
  }
}

function applyTokenEvent(world: World, event: ModelEvent): void {
  switch (event.name) {
    case "Transfer":
      world.moveBalance(event.emitter, event.args.from, event.args.to, event.args.value);
      return;
    case "Approval":
      world.setAllowance(event.emitter, event.args.owner, event.args.spender, event.args.value);
      return;
    default:
      return;
  }
}

/**
 * Writes what one event says. Events of contracts that are not of the world's deployment change nothing, whatever their name.
 * Every state change of the forward machine goes through here too, so that what events cannot say cannot be modelled.
 */
export function applyEvent(world: World, event: ModelEvent): void {
  if (event.emitter === world.deployment.manager) applyManagerEvent(world, event);
  else if (world.deployment.pools.has(event.emitter)) applyPoolEvent(world, event);
  else if (world.isToken(event.emitter)) applyTokenEvent(world, event);
}
