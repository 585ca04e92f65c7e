// What the log says, the machine stores, in a world no chain has: each event changes what it names and nothing else.
import { expect } from "chai";
import {
  Actions,
  type EventArguments,
  type EventName,
  LoanFlags,
  type Pool,
  TrancheClass,
  close,
  draw,
  mark,
  setAuthorisation,
  withdraw,
} from "../../../sdk/model/machine/index.js";
import { PRINCIPAL, authorise, expectLoss, lent } from "./made/loans.js";
import { AT, BTC, DAY, MadeWorld, SHEET, USD } from "./made/world.js";

const { manager, pool } = AT;

describe("model: events of a made world", () => {
  it("begins a pool with nothing, from the second of its first event on", () => {
    const made = new MadeWorld();
    made.do((tx) => tx.emit(AT.spare, "ReserveFeeSet", { reserveFeeBps: 700n }));
    expect(made.world.pool(AT.spare)).to.deep.equal({
      ...{ facility: 0n, debtAssets: 0n, debtShares: 0n, receivable: 0n, slope: 0n, cash: 0n, accruedAt: made.now },
      ...{ rateAtTarget: 0n, senior: 0n, junior: 0n, stake: 0n, expectedLoss: 0n, premium: 0n, reserve: 0n },
      ...{ reserveFeeBps: 700n, redemptionsQueued: false },
    });
  });

  it("begins a facility as it was created, its oracle never replaced", () => {
    const made = new MadeWorld();
    expect(made.world.revolving.facility(1n)).to.deep.equal({
      ...made.params,
      ...{ newLoansStopped: false, oracleSetAt: 0n },
    });
  });

  it("writes of a pool what each event says", () => {
    const made = MadeWorld.funded();
    made.do((tx) => tx.emit(pool, "InterestSplit", { toSenior: 5_000n, toReserve: 6_000n }));
    made.do((tx) => tx.emit(pool, "FirstLossIncome", { toJunior: 7_000n, toCover: 8_000n, premiumPaid: 900n }));
    const p = made.world.pool(pool);
    expect(p).to.deep.include({
      ...{ senior: 501_000n * USD + 5_000n, reserve: 6_000n, junior: 1_000n * USD + 7_000n, premium: 7_100n },
      ...{ cash: 502_000n * USD - 900n, stake: 1_000n * USD + 900n },
    });
    const says = <Name extends EventName>(name: Name, args: EventArguments[Name], change: Partial<Pool>): void => {
      made.now += 10n;
      const refusal = made.try((tx) => {
        tx.emit(pool, name, args);
        expect(tx.world.pool(pool), name).to.deep.equal({ ...p, ...change });
        expect(tx.world.sheets(pool), name).to.deep.equal(name === "TermSheetAdded" ? [SHEET] : []);
      });
      expect(refusal).to.equal("");
    };
    says("LumpIncome", { toJunior: 3n, toReserve: 4n }, { junior: p.junior + 3n, reserve: p.reserve + 4n });
    says(
      "InterestReversed",
      { byJunior: 3n, bySenior: 4n, byReserve: 5n },
      { junior: p.junior - 3n, senior: p.senior - 4n, reserve: p.reserve - 5n },
    );
    const { stake, premium, cash } = p;
    says(
      "LossRealised",
      { byCover: 2n, byJunior: 3n, bySenior: 4n, byReserve: 5n },
      {
        ...{ stake: stake - 2n, cash: cash + 2n },
        ...{ junior: p.junior - 3n, senior: p.senior - 4n, reserve: p.reserve - 5n },
      },
    );
    // The stake pays first; what it was promised and not paid is given up.
    const none = { byJunior: 0n, bySenior: 0n, byReserve: 0n };
    says("LossRealised", { byCover: stake + 6n, ...none }, { stake: 0n, cash: cash + stake, premium: premium - 6n });
    says("ReserveCollected", { receiver: AT.bob, assets: 7n }, { reserve: p.reserve - 7n, cash: cash - 7n });
    says("ExpectedLossChanged", { expectedLoss: 8n }, { expectedLoss: 8n });
    says("ReserveFeeSet", { reserveFeeBps: 9n }, { reserveFeeBps: 9n });
    says("Initialised", { facility: 10n }, { facility: 10n });
    says("RedemptionsQueued", { queued: true }, { redemptionsQueued: true });
    says(
      "Accrued",
      { interest: 11n, rateAtTarget: 12n },
      {
        ...{ debtAssets: p.debtAssets + 11n, rateAtTarget: 12n, accruedAt: made.now + 10n },
      },
    );
    const { Senior, Junior, Cover } = TrancheClass;
    says("Entered", { trancheClass: Senior, assets: 13n }, { cash: cash + 13n, senior: p.senior + 13n });
    says("Entered", { trancheClass: Junior, assets: 13n }, { cash: cash + 13n, junior: p.junior + 13n });
    says("Entered", { trancheClass: Cover, assets: 13n }, { stake: stake + 13n });
    says("Left", { trancheClass: Senior, assets: 14n }, { cash: cash - 14n, senior: p.senior - 14n });
    says("Left", { trancheClass: Junior, assets: 14n }, { cash: cash - 14n, junior: p.junior - 14n });
    says("Left", { trancheClass: Cover, assets: 14n }, { stake: stake - 14n });
    says("TermSheetAdded", { sheet: 0n, terms: SHEET }, {});
    made.do((tx) => tx.emit(pool, "TermSheetAdded", { sheet: 0n, terms: SHEET }));
    made.do((tx) => tx.emit(pool, "TermSheetAdded", { sheet: 1n, terms: SHEET }));
    made.do((tx) => tx.emit(pool, "TermSheetRetired", { sheet: 1n }));
    expect(made.world.sheets(pool)).to.deep.equal([SHEET, { ...SHEET, retired: true }]);
  });

  it("writes of a facility what each event says", () => {
    const made = new MadeWorld();
    const before = made.world.revolving.facility(1n);
    const says = <Name extends EventName>(name: Name, args: EventArguments[Name], change: object): void => {
      const refusal = made.try((tx) => {
        tx.emit(manager, name, args);
        expect(tx.world.revolving.facility(1n), name).to.deep.equal({ ...before, ...change });
      });
      expect(refusal).to.equal("");
    };
    says("NewLoansStopped", { facility: 1n, stopped: true }, { newLoansStopped: true });
    says("CapsSet", { facility: 1n, cap: 7n, loanCap: 6n }, { cap: 7n, loanCap: 6n });
    says("MaxLtvSet", { facility: 1n, maxLtvBps: 5n }, { maxLtvBps: 5n });
    says("GateSet", { facility: 1n, gate: AT.bob }, { gate: AT.bob });
    says("OracleSet", { facility: 1n, oracle: AT.bob }, { oracle: AT.bob, oracleSetAt: made.now });
  });

  it("takes off an operator's limits what it used of them, the owner's own acts not, nor of a limit that is none", () => {
    const { made, id } = lent();
    authorise(made, Actions.ALL, { cashLimit: 10n * USD, collateralLimit: 3n * BTC });
    const left = () => made.world.revolving.authorisation(AT.alice, 1n, AT.bob);
    const of = (cashLimit: bigint, collateralLimit: bigint) => ({ cashLimit, collateralLimit });
    made.do((tx) => draw(tx, AT.alice, { id, assets: USD, receiver: AT.alice }));
    expect(left()).to.deep.include(of(10n * USD, 3n * BTC));
    made.do((tx) => draw(tx, AT.bob, { id, assets: USD, receiver: AT.bob }));
    expect(left()).to.deep.include(of(9n * USD, 3n * BTC));
    made.do((tx) => withdraw(tx, AT.bob, { manager, id, collateral: 5n, receiver: AT.bob }));
    expect(left()).to.deep.include(of(9n * USD, 3n * BTC - 5n));
    made.do((tx) => close(tx, AT.bob, { manager, id, receiver: AT.bob }));
    expect(left()).to.deep.include(of(9n * USD, BTC));

    const unlimited = 2n ** 104n - 1n;
    const other = lent();
    for (const limit of [unlimited, unlimited - 1n]) {
      const authorisation = { actions: Actions.ALL, expiresAt: other.made.now + DAY, ...of(limit, limit) };
      const drawn = other.made.try((tx) => {
        setAuthorisation(tx, AT.alice, { manager, facility: 1n, operator: AT.bob, authorisation });
        draw(tx, AT.bob, { id: other.id, assets: USD, receiver: AT.bob });
        const now = tx.world.revolving.authorisation(AT.alice, 1n, AT.bob).cashLimit;
        expect(now).to.equal(limit === unlimited ? unlimited : limit - USD);
      });
      expect(drawn).to.equal("");
    }
  });

  it("flags a loan as marked while it is", () => {
    const { made, id } = lent();
    const flags = () => made.world.revolving.openLoan(id).flags;
    const { priceE36 } = made;
    expectLoss(made, PRINCIPAL, 2n * BTC, 1n);
    made.do((tx) => mark(tx, AT.bob, { manager, id }));
    expect(flags()).to.equal(LoanFlags.OPEN | LoanFlags.MARKED);
    made.priceE36 = priceE36;
    made.do((tx) => mark(tx, AT.bob, { manager, id }));
    expect(flags()).to.equal(LoanFlags.OPEN);
  });
});
