// Term loans in a world no chain has: a unit on either side of each limit, and what a roll-over may and may not.
import { expect } from "chai";
import {
  Actions,
  close,
  countedDebt,
  debtOf,
  deposit,
  liquidate,
  mark,
  openTerm,
  repay,
  rollOver,
  topUp,
  type Transaction,
} from "../../../sdk/model/machine/index.js";
import { MAX_UINT256, type TermSheet, WAD, YEAR_SECONDS, countedTermDebt, mulDivUp } from "../../../sdk/model/index.js";
import { PRINCIPAL, authorise, expectLoss, lentForTerm, termOpening } from "./made/loans.js";
import { AT, BTC, DAY, MadeWorld, SHEET, USD, type Wishes } from "./made/world.js";

const { termManager: manager, termPool, termSenior } = AT;
const LAST_SECOND = 2n ** 32n - 1n;

/** A world with money beyond every field. */
function rich(sheet: Partial<TermSheet>): MadeWorld {
  const made = new MadeWorld({
    ...{ sheets: [{ ...SHEET, ...sheet }], money: 2n ** 100n, collateral: 2n ** 96n },
    params: { cap: 2n ** 100n, loanCap: 2n ** 96n - 1n },
  });
  made.do((tx) => deposit(tx, AT.carol, { tranche: termSenior, assets: 2n ** 98n, receiver: AT.carol }));
  return made;
}

describe("model: term loans of a made world", () => {
  it("opens one up to the caps and not a unit beyond", () => {
    const begin = (params: Wishes["params"], principal: bigint): string => {
      const made = MadeWorld.funded({ params: params ?? {} });
      return made.try((tx) => openTerm(tx, AT.alice, { ...termOpening(made), principal }));
    };
    const cap = PRINCIPAL;
    expect(begin({ loanCap: cap }, cap)).to.equal("");
    expect(begin({ loanCap: cap }, cap + 1n)).to.equal(`LoanCapExceeded(${cap + 1n}, ${cap})`);
    expect(begin({ cap }, cap)).to.equal("");
    expect(begin({ cap }, cap + 1n)).to.equal(`CapExceeded(${cap + 1n}, ${cap})`);
    expect(begin({ minDebt: cap }, cap)).to.equal("");
    expect(begin({ minDebt: cap }, cap - 1n)).to.equal(`BelowMinDebt(${cap - 1n}, ${cap})`);
    const made = MadeWorld.funded();
    const { cash } = made.world.pool(termPool);
    const all = (principal: bigint) =>
      made.try((tx) => openTerm(tx, AT.alice, { ...termOpening(made), principal, collateral: 20n * BTC }));
    expect(all(cash)).to.equal("");
    expect(all(cash + 1n)).to.equal(`InsufficientCash(${cash + 1n}, ${cash})`);
  });

  it("opens one and rolls one over up to the deadline's second, and not after", () => {
    const { made, id } = lentForTerm();
    const args = { ...termOpening(made), id, salt: 2n };
    for (const act of [
      (tx: Transaction) => openTerm(tx, AT.alice, args),
      (tx: Transaction) => rollOver(tx, AT.alice, args),
    ]) {
      expect(made.try(act)).to.equal("");
      expect(made.tryAt(made.now + 1n, act)).to.equal(`DeadlinePassed(${made.now}, ${made.now + 1n})`);
    }
  });

  it("takes the rate offered where the borrower accepts it", () => {
    const made = MadeWorld.funded();
    // 7 % of the pool, 3 % of the sheet.
    const offered = 10n ** 17n;
    const accept = (maxAnnualRate: bigint) =>
      made.try((tx) => openTerm(tx, AT.alice, { ...termOpening(made), maxAnnualRate }));
    expect(accept(offered)).to.equal("");
    expect(accept(offered - 1n)).to.equal(`RateTooHigh(${offered}, ${offered - 1n})`);
  });

  it("lends at no higher rate than a loan's field holds, 167.77215 % a year", () => {
    const most = 16_777_215n * 10n ** 11n;
    const at = (annual: bigint): string => {
      const rate = (annual - WAD) / YEAR_SECONDS;
      const made = MadeWorld.funded({ rate, sheets: [{ ...SHEET, spreadBps: 10_000n }] });
      return made.try((tx) => openTerm(tx, AT.alice, termOpening(made)));
    };
    expect(at(most)).to.equal("");
    expect(at(most + 10n ** 11n)).to.equal(`RateTooHigh(${most + 10n ** 11n}, ${most})`);
  });

  it("holds as large an instalment as a loan's field, when it begins and when it is rolled over", () => {
    // One payment after ten days at 10 %: 1 + 1 / 365 of the principal.
    const made = rich({ count: 1n, intervalSeconds: 10n * DAY, prepaymentFeeBps: 0n });
    const most = ((2n ** 96n - 1n) * 365n) / 366n;
    const beyond = (principal: bigint): string => {
      const instalment = principal + mulDivUp(principal, 1n, 365n);
      return `SafeCastOverflowedUintDowncast(96, ${instalment})`;
    };
    const args = { ...termOpening(made), collateral: 2n ** 95n };
    const begin = (tx: Transaction, principal: bigint) => openTerm(tx, AT.alice, { ...args, principal });
    expect(made.try((tx) => begin(tx, most))).to.equal("");
    expect(made.try((tx) => begin(tx, most + 2n))).to.equal(beyond(most + 2n));
    const id = made.do((tx) => begin(tx, most));
    made.now += DAY;
    const owed = most + mulDivUp(most, 1n, 3_650n);
    const roll = (tx: Transaction) => rollOver(tx, AT.alice, { ...args, id, deadline: made.now });
    expect(made.try(roll)).to.equal(beyond(owed));
  });

  it("rolls none over after 2106, whose second no slot holds", () => {
    const made = MadeWorld.funded();
    made.now = LAST_SECOND - DAY;
    const id = made.do((tx) => openTerm(tx, AT.alice, termOpening(made)));
    made.now = LAST_SECOND;
    const args = { ...termOpening(made), id, deadline: LAST_SECOND + 1n };
    const roll = (tx: Transaction) => rollOver(tx, AT.alice, args);
    expect(made.try(roll)).to.equal("");
    expect(made.tryAt(LAST_SECOND + 1n, roll)).to.equal(`SafeCastOverflowedUintDowncast(32, ${LAST_SECOND + 1n})`);
  });

  it("makes all that is owed, with the fee, the new principal, and goes on in the same transaction", () => {
    const { made, id } = lentForTerm();
    const args = { ...termOpening(made), id };
    const principal = made.do((tx) => {
      const rolled = rollOver(tx, AT.alice, args);
      topUp(tx, AT.alice, { manager, id, collateral: 1n });
      return rolled;
    });
    // 1 % for what is paid before it is due.
    expect(principal).to.equal((PRINCIPAL * 101n) / 100n);
    expect(made.world.register(manager).openLoan(id).debtShares).to.equal(principal);
  });

  it("asks a roll-over for capital and caps if its fee raises the debt, be it by a unit, and for none without", () => {
    // A unit is 1 % of what is prepaid.
    for (const [principal, prepaymentFeeBps] of [
      [PRINCIPAL, 100n],
      [100n, 100n],
      [PRINCIPAL, 0n],
    ] as const) {
      const sheets = [{ ...SHEET, prepaymentFeeBps }];
      const made = MadeWorld.funded({ sheets, params: { minDebt: 1n } });
      const args = { ...termOpening(made), principal };
      const id = made.do((tx) => openTerm(tx, AT.alice, args));
      const after = principal + mulDivUp(principal, prepaymentFeeBps, 10_000n);
      const roll = () => made.try((tx) => rollOver(tx, AT.alice, { ...args, id }));
      const { cap, loanCap } = made.termParams;
      const setCaps = (caps: { cap: bigint; loanCap: bigint }) =>
        made.do((tx) => tx.emit(manager, "CapsSet", { facility: 1_000_001n, ...caps }));
      expect(roll()).to.equal("");
      const isFree = prepaymentFeeBps === 0n;

      setCaps({ cap: after, loanCap: after });
      expect(roll()).to.equal("");
      setCaps({ cap, loanCap: after - 1n });
      expect(roll()).to.equal(isFree ? "" : `LoanCapExceeded(${after}, ${after - 1n})`);
      setCaps({ cap: after - 1n, loanCap });
      expect(roll()).to.equal(isFree ? "" : `CapExceeded(${after}, ${after - 1n})`);
      setCaps({ cap, loanCap });

      // Of junior there are 1,000 dollars, and the fee is its income.
      const capital = 1_000n * USD + (after - principal);
      const required = (ratio: bigint) => mulDivUp(after, ratio, 10_000n);
      const enough = (capital * 10_000n) / after;
      made.minRatioBps = enough;
      expect(roll()).to.equal("");
      made.minRatioBps = enough + 1n;
      const short = `JuniorCapitalTooLow(${capital}, ${required(enough + 1n)})`;
      expect(roll()).to.equal(isFree ? "" : short);
    }
  });

  it("rolls none over that its collateral does not carry at the price of that hour", () => {
    const { made, id } = lentForTerm();
    const args = { ...termOpening(made), id };
    const principal = (PRINCIPAL * 101n) / 100n;
    // 70 % of the value is the most.
    const value = (principal * 10n + 6n) / 7n;
    const at = (worth: bigint): string => {
      made.priceE36 = (worth * 10n ** 36n) / (2n * BTC);
      return made.try((tx) => rollOver(tx, AT.alice, args));
    };
    expect(at(value)).to.equal("");
    expect(at(value - 1n)).to.match(new RegExp(`^LtvTooHigh\\(${principal}, ${principal - 1n}`));
  });

  it("moves a mark with a payment, with a sale and with the end, and of a loan without debt there is none", () => {
    const marked = (loss: bigint) => {
      const { made, id } = lentForTerm();
      expectLoss(made, PRINCIPAL, 2n * BTC, loss);
      expect(made.do((tx) => mark(tx, AT.bob, { manager, id }))).to.equal(loss);
      expect(made.world.pool(termPool).expectedLoss).to.equal(loss);
      return { made, id, mark: () => made.world.register(manager).markOf(id) };
    };
    const paid = 20_000n * USD;
    for (const loss of [1n, PRINCIPAL / 10n, PRINCIPAL / 2n]) {
      const { made, id, mark: is } = marked(loss);
      made.do((tx) => repay(tx, AT.bob, { manager, id, assets: paid }));
      const { termLoans } = made.world.register(manager);
      const loan = termLoans.get(id)?.loan;
      if (loan === undefined) throw new Error("the loan owes 30,000 dollars");
      const counted = countedTermDebt(loan, made.now);
      const covered = PRINCIPAL - loss;
      expect(is()).to.equal(counted > covered ? counted - covered : 0n);
      expect(made.world.pool(termPool).expectedLoss).to.equal(is());
    }
    for (const loss of [1n, PRINCIPAL / 10n + 1n]) {
      const { made, id, mark: is } = marked(loss);
      const sold = made.do((tx) =>
        liquidate(tx, AT.bob, { manager, id, maxRepaid: paid, minCollateralPerUnitE36: 0n }),
      );
      const covered = ((PRINCIPAL - loss) * sold.collateralAfter) / (2n * BTC);
      expect(debtOf(made.world, manager, id, made.now)).to.equal(sold.debtAfter);
      expect(is()).to.equal(sold.debtAfter > covered ? sold.debtAfter - covered : 0n);
    }
    const { made, id, mark: is } = marked(5n);
    made.do((tx) => repay(tx, AT.bob, { manager, id, assets: MAX_UINT256 }));
    expect(is()).to.equal(0n);
    made.priceE36 = 1n;
    expect(made.do((tx) => mark(tx, AT.bob, { manager, id }))).to.equal(0n);
    expect(debtOf(made.world, manager, id, made.now)).to.equal(0n);
    const closed = made.do((tx) => close(tx, AT.alice, { manager, id, receiver: AT.alice }));
    expect(closed).to.deep.equal({ paid: 0n, collateral: 2n * BTC });
  });

  it("ends with a payment of just the principal where nothing else is owed", () => {
    const sheets = [{ ...SHEET, prepaymentFeeBps: 0n }];
    const { made, id } = lentForTerm({ sheets });
    expect(made.do((tx) => repay(tx, AT.bob, { manager, id, assets: PRINCIPAL }))).to.equal(PRINCIPAL);
    expect(made.world.register(manager).termLoans.size).to.equal(0);
  });

  it("is rolled over up to the last second of its grace", () => {
    const { made, id } = lentForTerm();
    const last = made.now + 40n * DAY;
    const roll = (at: bigint): string =>
      made.tryAt(at, (tx) => rollOver(tx, AT.alice, { ...termOpening(made), id, deadline: at }));
    expect(roll(last)).to.equal("");
    expect(roll(last + 1n)).to.equal(`LoanInDefault(${last})`);
  });

  it("reports a loss of a sale only where there is one", () => {
    const sale = (price: bigint): string[] => {
      const { made, id } = lentForTerm();
      made.priceE36 = (made.priceE36 * price) / 60_000n;
      const args = { manager, id, maxRepaid: MAX_UINT256, minCollateralPerUnitE36: 0n };
      return made.eventsOf((tx) => liquidate(tx, AT.bob, args));
    };
    const moved = ["Liquidated", "Transfer", "Transfer"];
    expect(sale(30_000n)).to.deep.equal(moved);
    expect(sale(20_000n)).to.deep.equal(["LossRealised", ...moved]);
  });

  it("takes a payment up to the field of its pool's cash", () => {
    const { made, id } = lentForTerm();
    const { cash } = made.world.pool(termPool);
    const pay = (room: bigint): string =>
      made.try((tx) => {
        tx.emit(termPool, "Entered", { trancheClass: 0n, assets: 2n ** 112n - 1n - cash - room });
        repay(tx, AT.bob, { manager, id, assets: 7n });
      });
    expect(pay(7n)).to.equal("");
    expect(pay(6n)).to.equal(`SafeCastOverflowedUintDowncast(112, ${2n ** 112n})`);
  });

  it("takes a roll-over's fee off an operator's limit of cash", () => {
    const { made, id } = lentForTerm();
    authorise(made, Actions.ROLL_OVER, { cashLimit: 600n * USD, collateralLimit: 7n });
    made.do((tx) => rollOver(tx, AT.bob, { ...termOpening(made), id }));
    const left = made.world.register(manager).authorisation(AT.alice, 1_000_001n, AT.bob);
    expect(left).to.deep.include({ cashLimit: 100n * USD, collateralLimit: 7n });
  });

  it("believes no log that acts on a loan without debt, or opens one on a sheet that was never added", () => {
    const { made, id } = lentForTerm();
    made.do((tx) => repay(tx, AT.bob, { manager, id, assets: MAX_UINT256 }));
    const acted = (): unknown => made.do((tx) => tx.emit(manager, "Closed", closing));
    const closing = { id, caller: AT.alice, receiver: AT.alice, assets: 1n, shares: 1n, collateral: 2n * BTC };
    expect(acted).to.throw(`the log has an action on term loan ${id}, which owes nothing`);
    const opened = { ...termOpening(made), id: id + 1n, owner: AT.alice, annualRate: 0n, instalment: 0n, sheet: 9n };
    expect(() => made.do((tx) => tx.emit(manager, "TermLoanOpened", opened))).to.throw(
      `the log has a loan on sheet 9 of pool ${termPool}, which it never added`,
    );
  });

  it("has underwriters give up what they were promised where interest taken back leaves nobody else anything", () => {
    const { made, id } = lentForTerm();
    made.now += 240n * DAY;
    const premium = made.do((tx) => {
      tx.emit(termPool, "Accrued", { interest: 0n, rateAtTarget: 0n });
      const { cash, senior, junior, ...pool } = tx.world.pool(termPool);
      const income = cash + countedDebt({ cash, senior, junior, ...pool }) - senior - junior;
      const toReserve = 100n * USD;
      tx.emit(termPool, "InterestSplit", { toSenior: 0n, toReserve });
      tx.emit(termPool, "FirstLossIncome", { toJunior: 0n, toCover: income - toReserve, premiumPaid: 0n });
      return income - toReserve;
    });
    const before = countedDebt(made.world.pool(termPool));
    made.do((tx) => tx.emit(manager, "DefaultMarked", { id, caller: AT.bob, defaultedAt: 0n }));
    // What was counted in the 200 days since the default.
    const takenBack = before - countedDebt(made.world.pool(termPool));
    expect(takenBack).to.be.above(2_700n * USD);
    expect(made.world.pool(termPool).premium).to.equal(premium - takenBack);
  });
});
