// Loans in a world no chain has: a unit on either side of each limit, and what is left of a loan after an action.
import { expect } from "chai";
import {
  type Address,
  Actions,
  type Transaction,
  acceptLoan,
  accruePool,
  close,
  debtOf,
  draw,
  liquidate,
  mark,
  navOf,
  open,
  openTerm,
  quoteLiquidationOf,
  repay,
  setAuthorisation,
  setAuthorisationWithSig,
  topUp,
  transferLoan,
  withdraw,
} from "../../../sdk/model/machine/index.js";
import { MAX_UINT256 } from "../../../sdk/model/index.js";
import { PRINCIPAL, all, authorise, expectLoss, lent, opening, termOpening } from "./made/loans.js";
import { AT, BTC, DAY, MadeWorld, USD, type Wishes } from "./made/world.js";

const { manager } = AT;

describe("model: loans of a made world", () => {
  it("takes a signature up to its last second, and of nobody but the owner", () => {
    const made = new MadeWorld();
    const authorisation = { actions: 1n, expiresAt: made.now, cashLimit: 1n, collateralLimit: 2n };
    const signed = { manager, owner: AT.alice, facility: 1n, operator: AT.bob, authorisation, signedNonce: 0n };
    const bring = (deadline: bigint, signer: Address = AT.alice) =>
      made.try((tx) => setAuthorisationWithSig(tx, { ...signed, deadline, signer }));
    expect(bring(made.now)).to.equal("");
    expect(bring(made.now - 1n)).to.equal(`SignatureExpired(${made.now - 1n})`);
    expect(bring(made.now, AT.bob)).to.equal(`InvalidSignature(${AT.alice})`);
  });

  it("uses an authorisation in its last second, and not after", () => {
    const { made, id } = lent();
    authorise(made, Actions.ALL, {});
    const take = (tx: Transaction) => draw(tx, AT.bob, { id, assets: USD, receiver: AT.bob });
    expect(made.tryAt(made.now + DAY, take)).to.equal("");
    expect(made.tryAt(made.now + DAY + 1n, take)).to.match(/^NotAuthorised/);
  });

  it("asks an operator for the limits of what it takes, and for no other", () => {
    const { made, id } = lent();
    const act = (limits: Partial<typeof all>, what: (tx: Transaction) => unknown): string =>
      made.try((tx) => {
        const authorisation = { actions: Actions.ALL, expiresAt: made.now, ...all, ...limits };
        setAuthorisation(tx, AT.alice, { manager, facility: 1n, operator: AT.bob, authorisation });
        what(tx);
      });
    const cash = { cashLimit: USD, collateralLimit: 0n };
    const collateral = { cashLimit: 0n, collateralLimit: 2n * BTC };
    const none = { cashLimit: 0n, collateralLimit: 0n };
    expect(act(cash, (tx) => draw(tx, AT.bob, { id, assets: USD, receiver: AT.bob }))).to.equal("");
    expect(act(collateral, (tx) => close(tx, AT.bob, { manager, id, receiver: AT.bob }))).to.equal("");
    expect(
      act(collateral, (tx) => withdraw(tx, AT.bob, { manager, id, collateral: BTC / 4n, receiver: AT.bob })),
    ).to.equal("");
    expect(act(none, (tx) => transferLoan(tx, AT.bob, { manager, id, newOwner: AT.carol }))).to.equal("");
  });

  it("closes a marked loan with its mark, and says what was paid and sent", () => {
    const { made, id } = lent();
    expectLoss(made, PRINCIPAL, 2n * BTC, 7n);
    expect(made.do((tx) => mark(tx, AT.bob, { manager, id }))).to.equal(7n);
    expect(made.world.pool(AT.pool).expectedLoss).to.equal(7n);
    // Cover bears it first.
    const worth = [AT.cover, AT.junior].map((tranche) => navOf(made.world, tranche, made.now));
    expect(worth).to.deep.equal([1_000n * USD - 7n, 1_000n * USD]);
    const ended = made.do((tx) => close(tx, AT.alice, { manager, id, receiver: AT.alice }));
    expect(ended).to.deep.equal({ paid: PRINCIPAL, collateral: 2n * BTC });
    expect(made.world.pool(AT.pool).expectedLoss).to.equal(0n);
    expect(made.world.revolving.markOf(id)).to.equal(0n);
  });

  it("marks nothing in the middle of an action, and quotes nothing there", () => {
    const { made, id } = lent();
    expectLoss(made, PRINCIPAL, 2n * BTC, PRINCIPAL / 2n);
    for (const act of [
      (tx: Transaction) => mark(tx, AT.bob, { manager, id }),
      (tx: Transaction) => quoteLiquidationOf(tx, { manager, id, maxRepaid: MAX_UINT256 }),
    ]) {
      expect(made.try(act)).to.equal("");
      const inside = made.try((tx) => {
        tx.lock(AT.pool);
        act(tx);
      });
      expect(inside).to.equal("FacilityLocked(1)");
    }
  });

  it("moves a mark of one unit with a payment and with a sale as it moves any", () => {
    const paid = 20_000n * USD;
    for (const loss of [1n, 2n, PRINCIPAL / 10n]) {
      const { made, id } = lent();
      expectLoss(made, PRINCIPAL, 2n * BTC, loss);
      made.do((tx) => mark(tx, AT.bob, { manager, id }));
      expect(made.world.revolving.markOf(id)).to.equal(loss);
      // What collateral covers is what it covered, so that a payment lessens the loss first.
      made.do((tx) => repay(tx, AT.bob, { manager, id, assets: paid }));
      expect(made.world.revolving.markOf(id)).to.equal(loss > paid ? loss - paid : 0n);
    }
    for (const loss of [1n, PRINCIPAL / 10n]) {
      const { made, id } = lent();
      expectLoss(made, PRINCIPAL, 2n * BTC, loss);
      made.do((tx) => mark(tx, AT.bob, { manager, id }));
      const args = { manager, id, maxRepaid: paid, minCollateralPerUnitE36: 0n };
      const sold = made.do((tx) => liquidate(tx, AT.bob, args));
      expect(sold.repaid).to.equal(paid);
      const covered = ((PRINCIPAL - loss) * sold.collateralAfter) / (2n * BTC);
      const owed = debtOf(made.world, manager, id, made.now);
      expect(owed).to.equal(sold.debtAfter);
      expect(made.world.revolving.markOf(id), `${loss}`).to.equal(owed > covered ? owed - covered : 0n);
    }
  });

  it("holds as many shares of debt as a loan's field, and not one more", () => {
    const most = 2n ** 112n - 1n;
    const assets = most / 1_000_000n;
    const huge: Wishes = {
      rate: 1n,
      money: 2n ** 100n,
      collateral: 2n ** 97n,
      params: { cap: 2n ** 112n, loanCap: 2n ** 96n - 1n },
    };
    const made = MadeWorld.funded(huge);
    made.do((tx) => tx.emit(AT.pool, "Entered", { trancheClass: 0n, assets: 2n ** 97n }));
    made.do((tx) => tx.emit(AT.usd, "Transfer", { from: AT.carol, to: AT.pool, value: 2n ** 97n }));
    const collateral = 2n ** 96n - 1n;
    const borrow = (first: bigint, more: bigint): string =>
      made.try((tx) => {
        const id = open(tx, AT.alice, opening(first, collateral));
        if (more > 0n) draw(tx, AT.alice, { id, assets: more, receiver: AT.alice });
      });
    const beyond = `SafeCastOverflowedUintDowncast(112, ${(assets + 1n) * 1_000_000n})`;
    expect(borrow(assets, 0n)).to.equal("");
    expect(borrow(assets + 1n, 0n)).to.equal(beyond);
    expect(borrow(assets - USD, USD)).to.equal("");
    expect(borrow(assets - USD, USD + 1n)).to.equal(beyond);
  });

  it("holds as much collateral as a loan's field, and not one unit more", () => {
    const made = MadeWorld.funded({ collateral: 2n ** 98n });
    const most = 2n ** 96n - 1n;
    const beyond = (amount: bigint): string => `SafeCastOverflowedUintDowncast(96, ${amount})`;
    const begin = (collateral: bigint) => made.try((tx) => open(tx, AT.alice, opening(PRINCIPAL, collateral)));
    const beginTerm = (collateral: bigint) =>
      made.try((tx) => openTerm(tx, AT.alice, { ...termOpening(made), collateral }));
    for (const attempt of [begin, beginTerm]) {
      expect(attempt(most)).to.equal("");
      expect(attempt(most + 1n)).to.equal(beyond(most + 1n));
    }
    const id = made.do((tx) => open(tx, AT.alice, opening(PRINCIPAL, most - 1n)));
    const add = (collateral: bigint) => made.try((tx) => topUp(tx, AT.bob, { manager, id, collateral }));
    expect(add(1n)).to.equal("");
    expect(add(2n)).to.equal(beyond(most + 1n));
  });

  it("sells what a fallen price makes unsafe, for the lenders' good, and says all of the sale", () => {
    const { made, id } = lent();
    made.priceE36 = (30_000n * USD * 10n ** 36n) / BTC;
    const args = { manager, id, maxRepaid: MAX_UINT256, minCollateralPerUnitE36: 0n };
    const quoted = made.do((tx) => quoteLiquidationOf(tx, args));
    const sold = made.do((tx) => liquidate(tx, AT.bob, args));
    expect(sold).to.deep.equal(quoted);
    expect(made.world.revolving.openLoan(id).collateral).to.equal(2n * BTC - sold.seized);
    expect(navOf(made.world, AT.senior, made.now)).to.equal(501_000n * USD);
    expect(made.try((tx) => liquidate(tx, AT.bob, args))).to.match(/^NotLiquidatable/);
    expect(made.try((tx) => quoteLiquidationOf(tx, { ...args, id: 5n }))).to.equal("NoSuchLoan(5)");
  });

  it("refuses a sale at less collateral a unit than the buyer wants, and takes just that", () => {
    const { made, id } = lent();
    made.priceE36 = (30_000n * USD * 10n ** 36n) / BTC;
    const buy = (minCollateralPerUnitE36: bigint) =>
      made.try((tx) => liquidate(tx, AT.bob, { manager, id, maxRepaid: MAX_UINT256, minCollateralPerUnitE36 }));
    const { seized, repaid } = made.do((tx) => quoteLiquidationOf(tx, { manager, id, maxRepaid: MAX_UINT256 }));
    const perUnit = (seized * 10n ** 36n) / repaid;
    expect(buy(perUnit)).to.equal("");
    expect(buy(perUnit + 1n)).to.equal(`PriceTooLow(${perUnit}, ${perUnit + 1n})`);
  });

  it("hands a loan over to whom it was offered, if it is no worse than that one says", () => {
    const { made, id } = lent();
    made.do((tx) => transferLoan(tx, AT.alice, { manager, id, newOwner: AT.bob }));
    const accept = (maxDebt: bigint, minCollateral: bigint, caller: Address = AT.bob) =>
      made.try((tx) => acceptLoan(tx, caller, { manager, id, maxDebt, minCollateral }));
    const worse = (maxDebt: bigint, least: bigint) => `LoanChanged(${PRINCIPAL}, ${maxDebt}, ${2n * BTC}, ${least})`;
    expect(accept(PRINCIPAL, 2n * BTC)).to.equal("");
    expect(accept(PRINCIPAL - 1n, 2n * BTC)).to.equal(worse(PRINCIPAL - 1n, 2n * BTC));
    expect(accept(PRINCIPAL, 2n * BTC + 1n)).to.equal(worse(PRINCIPAL, 2n * BTC + 1n));
    expect(accept(PRINCIPAL, 0n, AT.carol)).to.equal(`NotOffered(${id}, ${AT.carol}, ${AT.bob})`);
  });

  it("follows an offer only while who made it may make it, but for the owner's own", () => {
    const { made, id } = lent();
    authorise(made, Actions.TRANSFER, { cashLimit: 0n, collateralLimit: 0n });
    made.do((tx) => transferLoan(tx, AT.bob, { manager, id, newOwner: AT.carol }));
    const accept = (tx: Transaction) =>
      acceptLoan(tx, AT.carol, { manager, id, maxDebt: PRINCIPAL, minCollateral: 0n });
    expect(made.try(accept)).to.equal("");
    authorise(made, 0n, {});
    expect(made.try(accept)).to.equal(`NotAuthorised(${AT.bob}, ${AT.alice}, ${Actions.TRANSFER})`);
    made.do((tx) => transferLoan(tx, AT.alice, { manager, id, newOwner: AT.carol }));
    made.do(accept);
    expect(made.world.revolving.ownerOf(id)).to.equal(AT.carol);
    made.do((tx) => close(tx, AT.carol, { manager, id, receiver: AT.carol }));
    expect(made.world.revolving.newOwners.size).to.equal(0);
    expect(made.world.revolving.spent.get(id)).to.equal(true);
  });

  it("lets an operator do what it may do and nothing else", () => {
    const { made, id } = lent();
    const acts: [bigint, (tx: Transaction) => unknown][] = [
      [Actions.DRAW, (tx) => draw(tx, AT.bob, { id, assets: USD, receiver: AT.bob })],
      [Actions.WITHDRAW, (tx) => withdraw(tx, AT.bob, { manager, id, collateral: 1n, receiver: AT.bob })],
      [Actions.TRANSFER, (tx) => transferLoan(tx, AT.bob, { manager, id, newOwner: AT.bob })],
      [Actions.CLOSE, (tx) => close(tx, AT.bob, { manager, id, receiver: AT.bob })],
    ];
    for (const [action, act] of acts) {
      authorise(made, action, {});
      expect(made.try(act)).to.equal("");
      authorise(made, Actions.ALL - action, {});
      expect(made.try(act)).to.equal(`NotAuthorised(${AT.bob}, ${AT.alice}, ${action})`);
    }
  });

  it("owes nothing where there is none, or its debt is paid, and is then expected to lose nothing", () => {
    const { made, id } = lent();
    expect(debtOf(made.world, manager, id, made.now)).to.equal(PRINCIPAL);
    expect(debtOf(made.world, manager, id + 1n, made.now)).to.equal(0n);
    made.do((tx) => repay(tx, AT.bob, { manager, id, assets: MAX_UINT256 }));
    expect(debtOf(made.world, manager, id, made.now)).to.equal(0n);
    made.priceE36 = 1n;
    expect(made.do((tx) => mark(tx, AT.bob, { manager, id }))).to.equal(0n);
    const closed = made.do((tx) => close(tx, AT.alice, { manager, id, receiver: AT.alice }));
    expect(closed).to.deep.equal({ paid: 0n, collateral: 2n * BTC });
  });

  it("neither judges nor holds a loan without debt by a pool whose interest no field holds any more", () => {
    const { made, id } = lent();
    made.do((tx) => open(tx, AT.bob, { ...opening(), salt: 2n }));
    made.do((tx) => repay(tx, AT.bob, { manager, id, assets: MAX_UINT256 }));
    made.now += 10n ** 20n;
    const args = { manager, id, maxRepaid: MAX_UINT256, minCollateralPerUnitE36: 0n };
    expect(made.try((tx) => accruePool(tx, AT.pool))).to.match(/^SafeCastOverflowedUintDowncast\(128, /);
    expect(debtOf(made.world, manager, id, made.now)).to.equal(0n);
    expect(made.try((tx) => quoteLiquidationOf(tx, args))).to.match(/^NotLiquidatable\(0, /);
    expect(made.try((tx) => liquidate(tx, AT.bob, args))).to.match(/^NotLiquidatable\(0, /);
    expect(made.try((tx) => withdraw(tx, AT.alice, { manager, id, collateral: BTC, receiver: AT.alice }))).to.equal("");
    expect(made.try((tx) => close(tx, AT.alice, { manager, id, receiver: AT.alice }))).to.equal("");
  });

  it("says what was paid and what was sent", () => {
    const { made, id } = lent();
    expect(made.do((tx) => repay(tx, AT.bob, { manager, id, assets: 7n * USD }))).to.equal(7n * USD);
    expect(made.do((tx) => repay(tx, AT.bob, { manager, id, assets: MAX_UINT256 }))).to.equal(PRINCIPAL - 7n * USD);
    const take = (collateral: bigint) =>
      made.do((tx) => withdraw(tx, AT.alice, { manager, id, collateral, receiver: AT.alice }));
    expect(take(3n)).to.equal(3n);
    expect(take(MAX_UINT256)).to.equal(2n * BTC - 3n);
    expect(made.world.revolving.ownerOf(id)).to.equal(`0x${"00".repeat(20)}`);
  });
});
