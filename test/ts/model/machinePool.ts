// A pool in a world no chain has: what fills its fields to the last unit, and what its lenders' capital bears.
import { expect } from "chai";
import {
  type Address,
  type Transaction,
  accruePool,
  accruedPool,
  debtOf,
  deposit,
  draw,
  ledgerAt,
  liquidate,
  navOf,
  open,
  openTerm,
  redeem,
  repay,
  requestExit,
  setReserveFee,
  utilisationDown,
} from "../../../sdk/model/machine/index.js";
import { MAX_UINT256, TrancheClass, WAD } from "../../../sdk/model/index.js";
import { PRINCIPAL, lent, lentForTerm, opening, termOpening } from "./made/loans.js";
import { AT, BTC, COOLDOWN, MadeWorld, USD } from "./made/world.js";

const { pool, termPool, senior, junior, cover, manager } = AT;
const { Senior, Junior, Cover } = TrancheClass;
const MOST = 2n ** 112n - 1n;
const PANIC = "Panic(17)";

/** Brings a pool's interest to its lenders, as any of their actions does. */
const divide = (tx: Transaction): void => setReserveFee(tx, AT.admin, { pool, reserveFeeBps: 1_000n });
const beyond = (bits: bigint, value: bigint): string => `SafeCastOverflowedUintDowncast(${bits}, ${value})`;
/** Out with what a class has, as if all its shares left. */
const leave = (tx: Transaction, trancheClass: bigint): void => {
  const p = tx.world.pool(pool);
  tx.emit(pool, "Left", { trancheClass, assets: trancheClass === Junior ? p.junior : p.stake });
};
/** Interest that nobody has yet. */
const earn = (tx: Transaction, interest: bigint): void => tx.emit(pool, "Accrued", { interest, rateAtTarget: 0n });
const enter = (tx: Transaction, trancheClass: bigint, assets: bigint): void =>
  tx.emit(pool, "Entered", { trancheClass, assets });

describe("model: a pool of a made world", () => {
  it("says how much of it is lent: nothing where nothing is, and all where there is no cash", () => {
    expect([utilisationDown(0n, 0n), utilisationDown(0n, 5n)]).to.deep.equal([0n, 0n]);
    expect([utilisationDown(1n, 1n), utilisationDown(1n, 0n), utilisationDown(1n, 2n)]).to.deep.equal([
      ...[WAD / 2n, WAD, WAD / 3n],
    ]);
  });

  it("earns nothing within a second", () => {
    const { made } = lent({ rate: 0n });
    const now = accruedPool(made.world, pool, made.now);
    expect(now.pool).to.equal(made.world.pool(pool));
    expect(now.interest).to.equal(0n);
    expect(accruedPool(made.world, pool, made.now + 1_000n).interest).to.be.above(0n);
  });

  it("holds as much debt as its field, and as many shares of it, and not one more", () => {
    // 1 % a second.
    const tried = (debt: bigint): string => {
      const made = MadeWorld.funded({ rate: WAD / 100n });
      made.do((tx) => earn(tx, debt));
      return made.tryAt(made.now + 1n, (tx) => accruePool(tx, pool));
    };
    // e^0.01 by three terms.
    const growth = WAD / 100n + WAD / 20_000n + WAD / 6_000_000n;
    let most = ((2n ** 128n - 1n) * WAD) / (WAD + growth);
    while (most + (most * growth) / WAD < 2n ** 128n - 1n) most += 1n;
    while (most + (most * growth) / WAD > 2n ** 128n - 1n) most -= 1n;
    expect(tried(most)).to.equal("");
    expect(tried(most + 1n)).to.equal(PANIC);
  });

  it("adds a draw to debt and shares up to their fields", () => {
    const wishes = { rate: 1n, params: { cap: 2n ** 128n, loanCap: 2n ** 96n - 1n }, money: 2n ** 115n };
    const made = MadeWorld.funded(wishes);
    const borrow = (assets: bigint, before: (tx: Transaction) => void): string =>
      made.try((tx) => {
        before(tx);
        open(tx, AT.alice, { ...opening(assets), salt: 5n });
      });
    const shares =
      (count: bigint, assets: bigint) =>
      (tx: Transaction): void => {
        tx.emit(manager, "Opened", {
          ...{ id: 77n, owner: AT.bob, facility: 1n, receiver: AT.bob, collateral: 1n, principal: 0n, shares: count },
        });
        earn(tx, assets);
      };
    // One unit of debt a share, so that as many are added as are drawn.
    const most = 2n ** 128n - 1n;
    const even = (debt: bigint) => shares(debt - 999_999n, debt);
    // The interest itself, of nobody yet, is more than lenders' fields hold: that is said only after.
    const after = /^SafeCastOverflowedUintDowncast\(112, /;
    expect(borrow(PRINCIPAL, even(most - PRINCIPAL))).to.match(after);
    expect(borrow(PRINCIPAL, even(most - PRINCIPAL + 1n))).to.equal(PANIC);
    // Shares alone: a million a unit.
    const million = (more: bigint) => shares(most - 1_000_000n * PRINCIPAL + more, most / 1_000_000n - PRINCIPAL);
    expect(borrow(PRINCIPAL, million(-1_000_000n))).to.equal("");
    expect(borrow(PRINCIPAL, million(1_000_000n))).to.equal(PANIC);
    // What no field of shares holds is said before what is too much for a loan.
    const much = 2n ** 128n / 1_000_000n + 1n;
    const rich = (tx: Transaction): void => enter(tx, Senior, 2n ** 111n);
    expect(borrow(much, rich)).to.equal(beyond(128n, much * 1_000_000n));
    expect(borrow(much - 2n, rich)).to.match(/^LtvTooHigh/);
  });

  it("gives each class what its field holds, and refuses a unit more, and more than any field", () => {
    const made = MadeWorld.funded({ rate: 1n });
    const interest = 1_000_000n * USD;
    // Nobody but senior and reserve: nine tenths and one.
    const alone = (tx: Transaction): void => {
      leave(tx, Junior);
      leave(tx, Cover);
    };
    const has = made.world.pool(pool).senior;
    const toSenior = (interest * 9n) / 10n;
    const of = (before: (tx: Transaction) => void, income = interest): string =>
      made.try((tx) => {
        before(tx);
        earn(tx, income);
        divide(tx);
      });
    const filled = (more: bigint) => (tx: Transaction) => {
      alone(tx);
      enter(tx, Senior, MOST - has - toSenior + more);
    };
    expect(of(filled(0n))).to.equal("");
    expect(of(filled(1n))).to.equal(PANIC);
    expect(of(alone, (2n ** 112n * 10n) / 9n + 2n)).to.match(/^SafeCastOverflowedUintDowncast\(112, 51922/);

    const reserved = (more: bigint) => (tx: Transaction) => {
      alone(tx);
      earn(tx, MOST - interest / 10n + more);
      tx.emit(pool, "InterestSplit", { toSenior: 0n, toReserve: MOST - interest / 10n + more });
    };
    expect(of(reserved(0n))).to.equal("");
    expect(of(reserved(1n))).to.equal(PANIC);
    // A fee of all, which no pool has: senior's part is nothing.
    const all = made.try((tx) => {
      alone(tx);
      tx.emit(pool, "ReserveFeeSet", { reserveFeeBps: 10_000n });
      earn(tx, 2n ** 112n);
      divide(tx);
    });
    expect(all).to.equal(beyond(112n, 2n ** 112n));

    // 5 % of all interest is cover's while there is stake, paid as far as there is cash.
    const toCover = interest / 20n;
    const staked = (more: bigint) => (tx: Transaction) => {
      leave(tx, Junior);
      enter(tx, Cover, MOST - tx.world.pool(pool).stake - toCover + more);
    };
    expect(of(staked(0n))).to.equal("");
    expect(of(staked(1n))).to.equal(PANIC);
    const overpaid = (tx: Transaction): void => {
      const premium = 2n ** 112n;
      // With junior's the cash is a little more.
      enter(tx, Senior, MOST - has);
      earn(tx, premium);
      tx.emit(pool, "FirstLossIncome", { toJunior: 0n, toCover: premium, premiumPaid: 0n });
    };
    expect(of(overpaid, 0n)).to.equal(beyond(112n, 2n ** 112n));
    const promised = (more: bigint) => (tx: Transaction) => {
      leave(tx, Junior);
      // No cash: all of it is lent.
      const { cash } = tx.world.pool(pool);
      tx.emit(pool, "Left", { trancheClass: Senior, assets: cash });
      const premium = MOST - toCover + more;
      earn(tx, premium);
      tx.emit(pool, "FirstLossIncome", { toJunior: 0n, toCover: premium, premiumPaid: 0n });
    };
    expect(of(promised(0n))).to.equal("");
    expect(of(promised(1n))).to.equal(beyond(112n, 2n ** 112n));
  });

  it("reports what went to the reserve alone, to senior alone, and a premium that is paid at once", () => {
    const made = MadeWorld.funded({ rate: 1n });
    const changed = (before: (tx: Transaction) => void) => {
      let after = made.world.pool(pool);
      const refusal = made.try((tx) => {
        before(tx);
        earn(tx, 1_000n * USD);
        divide(tx);
        after = tx.world.pool(pool);
      });
      expect(refusal).to.equal("");
      return after;
    };
    // Half to the reserve, as no pool has it: what goes to either is the same.
    const halves = changed((tx) => {
      leave(tx, Junior);
      leave(tx, Cover);
      tx.emit(pool, "ReserveFeeSet", { reserveFeeBps: 5_000n });
    });
    expect([halves.reserve, halves.senior - made.world.pool(pool).senior]).to.deep.equal([500n * USD, 500n * USD]);
    const premium = changed((tx) => leave(tx, Junior));
    expect(premium.stake).to.equal(1_050n * USD);
  });

  it("refuses to go on where lenders would have more than there is, by a unit", () => {
    const { made } = lent({ rate: 1n });
    const claim = (more: bigint): string =>
      made.try((tx) => {
        earn(tx, 1_000n);
        tx.emit(pool, "InterestSplit", { toSenior: 100n, toReserve: 300n });
        tx.emit(pool, "FirstLossIncome", { toJunior: 200n, toCover: 400n + more, premiumPaid: 0n });
        divide(tx);
      });
    expect(claim(0n)).to.equal("");
    expect(claim(1n)).to.equal(PANIC);
  });

  it("takes a payment up to the field of its cash, and no money of a sale beyond it", () => {
    const { made, id } = lent({ rate: 1n });
    const { cash } = made.world.pool(pool);
    const full = (tx: Transaction, room: bigint): void => enter(tx, Senior, MOST - cash - room);
    const pay = (room: bigint): string =>
      made.try((tx) => {
        full(tx, room);
        repay(tx, AT.bob, { manager, id, assets: 7n });
      });
    expect(pay(7n)).to.equal("");
    expect(pay(6n)).to.equal(PANIC);
    made.priceE36 /= 2n;
    const sell = (room: bigint): string =>
      made.try((tx) => {
        full(tx, room);
        liquidate(tx, AT.bob, { manager, id, maxRepaid: 7n * USD, minCollateralPerUnitE36: 0n });
      });
    expect(sell(7n * USD)).to.equal("");
    expect(sell(7n * USD - 1n)).to.equal(PANIC);
    // A debt beyond any loan's, and a price that still covers it.
    const huge = (owed: bigint): string =>
      made.try((tx) => {
        earn(tx, owed - PRINCIPAL);
        made.priceE36 = (owed * 106n * 10n ** 36n) / (100n * 2n * BTC);
        tx.emit(AT.usd, "Transfer", { from: `0x${"00".repeat(20)}`, to: AT.bob, value: 2n ** 113n });
        liquidate(tx, AT.bob, { manager, id, maxRepaid: 2n ** 112n, minCollateralPerUnitE36: 0n });
      });
    expect(huge(2n ** 113n)).to.equal(beyond(112n, 2n ** 112n));
  });

  it("leaves a loan with minDebt, at the least, or pays it off", () => {
    const { minDebt } = new MadeWorld().params;
    const pay = (owed: bigint, assets: bigint): bigint | string => {
      const made = MadeWorld.funded({ rate: 1n });
      const id = made.do((tx) => open(tx, AT.alice, opening(minDebt + 5n)));
      if (owed < minDebt + 5n) made.do((tx) => repay(tx, AT.alice, { manager, id, assets: minDebt + 5n - owed }));
      expect(debtOf(made.world, manager, id, made.now)).to.equal(owed);
      let paid = 0n;
      const refusal = made.try((tx) => (paid = repay(tx, AT.alice, { manager, id, assets })));
      return refusal === "" ? paid : refusal;
    };
    const dust = (assets: bigint): string => `PaymentLeavesDust(${assets}, ${minDebt}, ${minDebt})`;
    expect(pay(minDebt + 5n, 5n)).to.equal(5n);
    expect(pay(minDebt + 5n, 6n)).to.equal(5n);
    expect(pay(minDebt + 1n, 3n)).to.equal(1n);
    expect(pay(minDebt, 3n)).to.equal(dust(3n));
    expect(pay(minDebt, minDebt)).to.equal(minDebt);
    // Of a loan smaller than any could become.
    const small = MadeWorld.funded({ rate: 1n });
    const less = small.try((tx) => {
      const loan = { id: 77n + (1n << 64n), owner: AT.bob, facility: 1n, receiver: AT.bob, collateral: BTC };
      const principal = minDebt / 2n;
      tx.emit(manager, "Opened", { ...loan, principal, shares: principal * 1_000_000n });
      repay(tx, AT.bob, { manager, id: loan.id, assets: 3n });
    });
    expect(less).to.equal(`PaymentLeavesDust(3, ${minDebt / 2n}, ${minDebt})`);
  });

  it("lets a class take what its field and the cash's hold", () => {
    const made = MadeWorld.funded({ rate: 1n, money: 2n ** 115n });
    const put = (tranche: Address, assets: bigint, before: (tx: Transaction) => void): string =>
      made.try((tx) => {
        before(tx);
        deposit(tx, AT.bob, { tranche, assets, receiver: AT.bob });
      });
    const p = made.world.pool(pool);
    // Cash is full, senior's own field is not.
    const cashFull = (room: bigint) => (tx: Transaction) => enter(tx, Junior, MOST - p.cash - room);
    expect(put(senior, 5n, cashFull(5n))).to.equal("");
    expect(put(senior, 5n, cashFull(4n))).to.equal(PANIC);
    // Senior's field is full, its money lent.
    const seniorFull = (room: bigint) => (tx: Transaction) => {
      const more = MOST - p.senior - room;
      earn(tx, more);
      tx.emit(pool, "InterestSplit", { toSenior: more, toReserve: 0n });
    };
    const lots = 10n ** 30n;
    expect(put(senior, lots, seniorFull(lots))).to.equal("");
    expect(put(senior, lots, seniorFull(lots - 1n))).to.equal(PANIC);
    const stakeFull = (room: bigint) => (tx: Transaction) => enter(tx, Cover, MOST - p.stake - room);
    expect(put(cover, lots, stakeFull(lots))).to.equal("");
    expect(put(cover, lots, stakeFull(lots - 1n))).to.equal(PANIC);
    // The stake is not cash.
    expect(put(cover, lots, cashFull(0n))).to.equal("");
    expect(put(AT.spareSenior, 1n, (tx) => tx.emit(AT.spare, "ReserveFeeSet", { reserveFeeBps: 0n }))).to.equal(
      "NotInitialised()",
    );
  });

  it("asks for junior capital of new debt and of junior shares that leave, to the unit", () => {
    const made = MadeWorld.funded();
    const capital = made.world.pool(pool).junior;
    const principal = 100n * capital;
    const borrow = (tx: Transaction) => open(tx, AT.alice, opening(principal, 20n * BTC));
    made.minRatioBps = 100n;
    expect(made.try(borrow)).to.equal("");
    made.minRatioBps = 101n;
    expect(made.try(borrow)).to.equal(`JuniorCapitalTooLow(${capital}, ${(capital * 101n) / 100n})`);
    const term = (tx: Transaction) =>
      openTerm(tx, AT.alice, { ...termOpening(made), principal, collateral: 20n * BTC });
    expect(made.try(term)).to.equal(`JuniorCapitalTooLow(${capital}, ${(capital * 101n) / 100n})`);
    made.minRatioBps = 100n;
    expect(made.try(term)).to.equal("");

    const id = made.do(borrow);
    const shares = made.do((tx) => deposit(tx, AT.bob, { tranche: junior, assets: 10n * USD, receiver: AT.bob }));
    made.do((tx) => requestExit(tx, AT.bob, { tranche: junior, shares }));
    made.now += COOLDOWN;
    const out = (tx: Transaction) => redeem(tx, AT.bob, { tranche: junior, shares, receiver: AT.bob, owner: AT.bob });
    const worth = (navOf(made.world, junior, made.now) * 10n) / 1_010n;
    const debt = ledgerAt(made.world, pool, made.now).debt;
    const left = navOf(made.world, junior, made.now) - worth;
    made.minRatioBps = (left * 10_000n) / debt;
    expect(made.try(out)).to.equal("");
    made.minRatioBps += 1n;
    expect(made.try(out)).to.match(new RegExp(`^JuniorCapitalTooLow\\(${left / 100n}\\d\\d, `));
    expect(made.try((tx) => draw(tx, AT.alice, { id, assets: 1n, receiver: AT.alice }))).to.equal("");
  });

  it("gives a fee to junior where there is any, and to the reserve where there is none, up to their fields", () => {
    const { made, id } = lentForTerm({ rate: 1n });
    // What ends the loan in its first second costs 1 % more.
    const fee = PRINCIPAL / 100n;
    const end = (before: (tx: Transaction) => void) => {
      let after = made.world.pool(termPool);
      const refusal = made.try((tx) => {
        before(tx);
        repay(tx, AT.alice, { manager: AT.termManager, id, assets: MAX_UINT256 });
        after = tx.world.pool(termPool);
      });
      return refusal === "" ? { junior: after.junior, reserve: after.reserve } : refusal;
    };
    const { junior: has } = made.world.pool(termPool);
    const shrink = (left: bigint) => (tx: Transaction) =>
      tx.emit(termPool, "Left", { trancheClass: Junior, assets: has - left });
    expect(end(shrink(has))).to.deep.equal({ junior: has + fee, reserve: 0n });
    expect(end(shrink(1n))).to.deep.equal({ junior: 1n + fee, reserve: 0n });
    expect(end(shrink(0n))).to.deep.equal({ junior: 0n, reserve: fee });
    // Claims of almost all that a field holds, on as much cash: the cash's own field is looked at after.
    const { cash } = made.world.pool(termPool);
    const fill = (toJunior: bigint, toReserve: bigint) => (tx: Transaction) => {
      const assets = toJunior + toReserve;
      shrink(0n)(tx);
      tx.emit(termPool, "Entered", { trancheClass: Senior, assets });
      tx.emit(termPool, "Left", { trancheClass: Senior, assets: cash - has });
      tx.emit(termPool, "LossRealised", { byCover: 0n, byJunior: 0n, bySenior: assets, byReserve: 0n });
      tx.emit(termPool, "LumpIncome", { toJunior, toReserve });
    };
    const full = MOST - fee;
    const cashIsFull = beyond(112n, full + PRINCIPAL + fee);
    expect(end(fill(full, 0n))).to.equal(cashIsFull);
    expect(end(fill(full + 1n, 0n))).to.equal(PANIC);
    expect(end(fill(0n, full))).to.equal(cashIsFull);
    expect(end(fill(0n, full + 1n))).to.equal(PANIC);
  });
});
