// Lenders in a world no chain has: a unit on either side of each limit, and what each call answers.
import { expect } from "chai";
import {
  type Address,
  type Transaction,
  approve,
  claim,
  close,
  collectReserve,
  deposit,
  depositThroughQueue,
  ledgerAt,
  liquidate,
  mint,
  mintThroughQueue,
  navOf,
  open,
  previewMint,
  redeem,
  redeemFromQueue,
  requestExit,
  requestRedeem,
  seed,
  serve,
  setOperator,
  withdrawAssets,
  withdrawFromQueue,
} from "../../../sdk/model/machine/index.js";
import { MAX_UINT256, WAD } from "../../../sdk/model/index.js";
import { AT, BTC, COOLDOWN, MadeWorld, USD, WINDOW, type Wishes } from "./made/world.js";

const { manager, pool, queue, senior, junior, cover } = AT;
/** Of a class at first: a million of a unit of assets. */
const SHARES = 1_000_000n;
const LEAST = 10n ** 12n;
const own = (owner: Address) => ({ receiver: owner, owner });

/** Alice borrows that much, whatever it takes. */
const borrow = (tx: Transaction, principal: bigint, salt = 1n): bigint =>
  open(tx, AT.alice, { facility: 1n, salt, collateral: 100n * BTC, principal, receiver: AT.alice });

/** What is in the pool goes out as a loan. */
const borrowAll = (tx: Transaction): bigint => borrow(tx, tx.world.pool(pool).cash);

/** Of a world in which so much of a debt is interest that a share of senior's is worth more than a unit. */
function dear(): MadeWorld {
  // A loan grows more than a million times within 300 seconds.
  const made = MadeWorld.funded({ rate: WAD, money: 10n ** 24n, params: { cap: 2n ** 112n, minDebt: 1n } });
  made.do((tx) => borrow(tx, 400_000n * USD));
  made.now += 300n;
  // So much that underwriters have their premium, and cash is left.
  made.do((tx) => deposit(tx, AT.bob, { tranche: senior, assets: 10n ** 23n, receiver: AT.bob }));
  return made;
}

describe("model: lenders of a made world", () => {
  it("mints all the shares a class can have, and not one more", () => {
    const made = MadeWorld.funded({ money: 2n ** 110n });
    const room = 2n ** 120n - 1n - made.world.supply(senior);
    const take = (shares: bigint) => made.try((tx) => mint(tx, AT.bob, { tranche: senior, shares, receiver: AT.bob }));
    expect(take(room)).to.equal("");
    expect(take(room + 1n)).to.equal(`TooManyShares(${room + 1n}, ${room})`);
  });

  it("takes no money that buys no share, and sends none for no share, but for the last share whatever it is worth", () => {
    const made = dear();
    const worth = navOf(made.world, senior, made.now) / made.world.supply(senior);
    expect(worth).to.be.above(1n);
    const bring = (assets: bigint) =>
      made.try((tx) => deposit(tx, AT.bob, { tranche: senior, assets, receiver: AT.bob }));
    expect(bring(0n)).to.equal("NothingReceived(0, 0)");
    expect(bring(1n)).to.equal("NothingReceived(1, 0)");
    expect(bring(2n * worth)).to.equal("");
    const take = (shares: bigint) =>
      made.try((tx) => redeem(tx, AT.carol, { tranche: senior, shares, ...own(AT.carol) }));
    expect(take(1n)).to.equal("");
    expect(take(0n)).to.equal("NothingReceived(0, 0)");
    const cheap = MadeWorld.funded();
    const few = cheap.try((tx) => redeem(tx, AT.carol, { tranche: senior, shares: 999_999n, ...own(AT.carol) }));
    expect(few).to.equal("NothingReceived(0, 999999)");
  });

  it("lets an account that was allowed take out another's shares, and uses the allowance", () => {
    const made = MadeWorld.funded();
    const shares = 5n * USD * SHARES;
    const args = { tranche: senior, shares, receiver: AT.bob, owner: AT.carol };
    const short = `ERC20InsufficientAllowance(${AT.bob}, ${shares - 1n}, ${shares})`;
    made.do((tx) => approve(tx, senior, AT.carol, AT.bob, shares - 1n));
    expect(made.try((tx) => redeem(tx, AT.bob, args))).to.equal(short);
    made.do((tx) => approve(tx, senior, AT.carol, AT.bob, shares + 3n));
    expect(made.do((tx) => redeem(tx, AT.bob, args))).to.equal(5n * USD);
    expect(made.world.allowance(senior, AT.carol, AT.bob)).to.equal(3n);
    expect(made.do((tx) => withdrawAssets(tx, AT.carol, { tranche: senior, assets: USD, ...own(AT.carol) }))).to.equal(
      USD * SHARES,
    );
  });

  it("opens the way out of the first-loss classes from a request's first second to its last, for what was asked", () => {
    for (const tranche of [junior, cover]) {
      const made = MadeWorld.funded();
      const shares = made.do((tx) => deposit(tx, AT.bob, { tranche, assets: 100n * USD, receiver: AT.bob }));
      expect(made.try((tx) => requestExit(tx, AT.bob, { tranche, shares: shares + 1n }))).to.equal(
        `ERC20InsufficientBalance(${AT.bob}, ${shares}, ${shares + 1n})`,
      );
      made.do((tx) => requestExit(tx, AT.bob, { tranche, shares: shares / 2n }));
      const opensAt = made.now + COOLDOWN;
      const closesAt = opensAt + WINDOW;
      const leave = (at: bigint, taken = shares / 2n) =>
        made.tryAt(at, (tx) => redeem(tx, AT.bob, { tranche, shares: taken, ...own(AT.bob) }));
      const outside = `OutsideExitWindow(${opensAt}, ${closesAt})`;
      expect(leave(opensAt - 1n)).to.equal(outside);
      expect(leave(opensAt)).to.equal("");
      expect(leave(closesAt)).to.equal("");
      expect(leave(closesAt + 1n)).to.equal(outside);
      expect(leave(opensAt, shares / 2n + 1n)).to.equal(`MoreThanRequested(${shares / 2n + 1n}, ${shares / 2n})`);
      made.do((tx) => requestExit(tx, AT.bob, { tranche, shares }));
      expect(leave(made.now + COOLDOWN, shares)).to.equal("");
    }
    const made = new MadeWorld();
    expect(made.try((tx) => requestExit(tx, AT.bob, { tranche: senior, shares: 0n }))).to.equal("LeavesAtOnce()");
  });

  it("lets nobody in or out in the middle of an action", () => {
    const made = MadeWorld.funded();
    const acts: ((tx: Transaction) => unknown)[] = [
      (tx) => deposit(tx, AT.bob, { tranche: senior, assets: USD, receiver: AT.bob }),
      (tx) => previewMint(tx, senior, SHARES),
      (tx) => redeem(tx, AT.carol, { tranche: senior, shares: SHARES, ...own(AT.carol) }),
      (tx) => withdrawAssets(tx, AT.carol, { tranche: senior, assets: 1n, ...own(AT.carol) }),
      (tx) => requestRedeem(tx, AT.carol, { queue, shares: LEAST, controller: AT.carol, owner: AT.carol }),
      (tx) => collectReserve(tx, AT.admin, { pool, receiver: AT.admin, assets: 0n }),
    ];
    for (const act of acts) {
      expect(made.try(act)).to.equal("");
      const inside = made.try((tx) => {
        tx.lock(pool);
        act(tx);
      });
      expect(inside).to.equal("FacilityLocked(1)");
    }
    // What is too small to wait is told so before.
    for (const shares of [1n, LEAST - 1n]) {
      const tooSmall = made.try((tx) => {
        tx.lock(pool);
        requestRedeem(tx, AT.carol, { queue, shares, controller: AT.carol, owner: AT.carol });
      });
      expect(tooSmall).to.equal(`RequestTooSmall(${shares}, ${LEAST})`);
    }
  });

  it("seeds a class once", () => {
    expect(new MadeWorld().try((tx) => seed(tx, AT.admin, senior, USD))).to.equal("AlreadySeeded()");
  });

  it("pays the reserve out to the last unit of it, and of the cash", () => {
    const made = MadeWorld.funded({ rate: WAD / 10_000n, reserveFeeBps: 2_500n });
    made.do((tx) => borrow(tx, 400_000n * USD));
    made.now += 10_000n;
    const take = (assets: bigint) =>
      made.try((tx) => collectReserve(tx, AT.admin, { pool, receiver: AT.admin, assets }));
    const { reserve, cash } = ledgerAt(made.world, pool, made.now);
    const most = reserve < cash ? reserve : cash;
    expect(take(most)).to.equal("");
    expect(take(reserve + 1n)).to.equal(`ReserveTooSmall(${reserve + 1n}, ${reserve})`);
    made.do((tx) => redeem(tx, AT.carol, { tranche: senior, shares: 10_000n * USD * SHARES, ...own(AT.carol) }));
    made.now += 30_000n;
    const later = ledgerAt(made.world, pool, made.now);
    expect(later.reserve).to.be.above(later.cash);
    expect(take(later.cash)).to.equal("");
    expect(take(later.cash + 1n)).to.equal(`InsufficientCash(${later.cash + 1n}, ${later.cash})`);
  });
});

describe("model: senior lenders who wait, in a made world", () => {
  /** A world whose pool has no cash, and carol waits with that many shares. */
  function waiting(shares: bigint): { made: MadeWorld; loan: bigint } {
    const made = MadeWorld.funded();
    const loan = made.do(borrowAll);
    expect(made.do((tx) => ask(tx, AT.carol, shares))).to.equal(1n);
    return { made, loan };
  }

  const ask = (tx: Transaction, owner: Address, shares: bigint): bigint =>
    requestRedeem(tx, owner, { queue, shares, controller: owner, owner });

  it("lets an account that was allowed, or an operator, ask for another, and nobody else", () => {
    const made = MadeWorld.funded();
    const shares = 2n * LEAST;
    const askFor = (tx: Transaction) =>
      requestRedeem(tx, AT.bob, { queue, shares, controller: AT.bob, owner: AT.carol });
    expect(made.try(askFor)).to.equal(`ERC20InsufficientAllowance(${AT.bob}, 0, ${shares})`);
    const allowed = made.try((tx) => {
      approve(tx, senior, AT.carol, AT.bob, shares + 5n);
      askFor(tx);
      expect(tx.world.allowance(senior, AT.carol, AT.bob)).to.equal(5n);
    });
    expect(allowed).to.equal("");
    made.do((tx) => setOperator(tx, AT.carol, { queue, operator: AT.bob, approved: true }));
    expect(made.do(askFor)).to.equal(1n);
    made.do((tx) => setOperator(tx, AT.carol, { queue, operator: AT.bob, approved: false }));
    expect(made.try(askFor)).to.match(/^ERC20InsufficientAllowance/);
  });

  it("numbers requests, serves them in their order, and says what was served and claimed", () => {
    const { made, loan } = waiting(10n * LEAST);
    expect(made.do((tx) => ask(tx, AT.carol, 6n * LEAST))).to.equal(2n);
    expect(made.try((tx) => serve(tx, { queue, maxShares: MAX_UINT256 }))).to.equal(
      `NothingToServe(${16n * LEAST}, 0)`,
    );
    made.do((tx) => close(tx, AT.alice, { manager, id: loan, receiver: AT.alice }));
    const served = made.do((tx) => serve(tx, { queue, maxShares: 12n * LEAST }));
    expect(served).to.deep.equal({ shares: 12n * LEAST, assets: 12n * USD });
    const by = { queue, receiver: AT.carol, controller: AT.carol };
    expect(made.do((tx) => redeemFromQueue(tx, AT.carol, { ...by, shares: 3n * LEAST }))).to.equal(3n * USD);
    expect(made.do((tx) => withdrawFromQueue(tx, AT.carol, { ...by, assets: 4n * USD }))).to.equal(4n * LEAST);
    const over = { ...by, shares: 3n * LEAST + 1n };
    expect(made.try((tx) => redeemFromQueue(tx, AT.carol, over))).to.equal(
      `MoreThanClaimable(${3n * LEAST + 1n}, ${3n * LEAST})`,
    );
    expect(made.try((tx) => withdrawFromQueue(tx, AT.carol, { ...by, assets: 3n * USD + 1n }))).to.equal(
      `MoreThanClaimable(${3n * USD + 1n}, ${3n * USD})`,
    );
    expect(made.try((tx) => redeemFromQueue(tx, AT.carol, { ...by, shares: 3n * LEAST }))).to.equal("");
    expect(made.try((tx) => withdrawFromQueue(tx, AT.carol, { ...by, assets: 3n * USD }))).to.equal("");
    const claimed = made.do((tx) => claim(tx, AT.carol, { ...by, requestId: 1n }));
    expect(claimed).to.deep.equal({ shares: 3n * LEAST, assets: 3n * USD });
    expect(made.try((tx) => claim(tx, AT.carol, { ...by, requestId: 1n }))).to.match(/^NotController/);
    expect(made.do((tx) => claim(tx, AT.carol, { ...by, requestId: 2n }))).to.deep.equal({
      ...{ shares: 2n * LEAST, assets: 2n * USD },
    });
    expect(made.try((tx) => claim(tx, AT.carol, { ...by, requestId: 2n }))).to.equal("MoreThanClaimable(1, 0)");
    expect(made.try((tx) => redeemFromQueue(tx, AT.carol, { ...by, shares: 0n }))).to.equal("ZeroAmount()");
  });

  it("serves nothing in the middle of an action", () => {
    const { made, loan } = waiting(10n * LEAST);
    made.do((tx) => close(tx, AT.alice, { manager, id: loan, receiver: AT.alice }));
    expect(made.try((tx) => serve(tx, { queue, maxShares: MAX_UINT256 }))).to.equal("");
    const inside = made.try((tx) => {
      tx.lock(pool);
      serve(tx, { queue, maxShares: MAX_UINT256 });
    });
    expect(inside).to.equal("FacilityLocked(1)");
  });

  it("neither serves less than the least nor leaves less", () => {
    const { made, loan } = waiting(3n * LEAST);
    made.do((tx) => close(tx, AT.alice, { manager, id: loan, receiver: AT.alice }));
    const served = (maxShares: bigint) => {
      let shares = 0n;
      const refusal = made.try((tx) => ({ shares } = serve(tx, { queue, maxShares })));
      return refusal === "" ? shares : refusal;
    };
    expect(served(3n * LEAST)).to.equal(3n * LEAST);
    expect(served(3n * LEAST - 1n)).to.equal(2n * LEAST);
    expect(served(LEAST)).to.equal(LEAST);
    expect(served(LEAST - 1n)).to.match(/^NothingToServe/);
  });

  it("serves none whose shares are worth nothing", () => {
    const rich: Wishes = { money: 10n ** 18n, params: { cap: 2n ** 96n, loanCap: 2n ** 90n } };
    const made = MadeWorld.funded(rich);
    made.do((tx) => deposit(tx, AT.carol, { tranche: senior, assets: 10n ** 16n, receiver: AT.carol }));
    const before = made.priceE36;
    made.priceE36 *= 10n ** 6n;
    const loan = made.do(borrowAll);
    made.do((tx) => ask(tx, AT.carol, made.world.balance(senior, AT.carol)));
    made.priceE36 = before / 10n ** 6n;
    const args = { manager, id: loan, maxRepaid: MAX_UINT256, minCollateralPerUnitE36: 0n };
    expect(made.do((tx) => liquidate(tx, AT.bob, args)).loss).to.be.above(10n ** 15n);
    const { cash } = ledgerAt(made.world, pool, made.now);
    const waits = made.world.queueOfPool(pool)?.waiting ?? 0n;
    expect((LEAST * navOf(made.world, senior, made.now)) / made.world.supply(senior)).to.equal(0n);
    expect(made.try((tx) => serve(tx, { queue, maxShares: LEAST }))).to.equal(`NothingToServe(${waits}, ${cash})`);
    expect(made.try((tx) => serve(tx, { queue, maxShares: MAX_UINT256 }))).to.equal("");
  });

  it("lends through the queue as a class does, and says what that gave and cost", () => {
    const made = MadeWorld.funded();
    const args = { queue, receiver: AT.bob };
    expect(made.do((tx) => depositThroughQueue(tx, AT.bob, { ...args, assets: 7n * USD }))).to.equal(7n * LEAST);
    expect(made.do((tx) => mintThroughQueue(tx, AT.bob, { ...args, shares: 9n * LEAST }))).to.equal(9n * USD);
    expect(made.world.balance(senior, AT.bob)).to.equal(16n * LEAST);
    expect(navOf(made.world, senior, made.now)).to.equal(501_016n * USD);
  });

  it("holds a line of as many shares as its field, and not one more", () => {
    const { made, loan } = waiting(LEAST);
    made.do((tx) => close(tx, AT.alice, { manager, id: loan, receiver: AT.alice }));
    made.do((tx) => serve(tx, { queue, maxShares: MAX_UINT256 }));
    // As if almost all that the line can ever hold had waited and been served.
    const book = made.world.queueOfPool(pool);
    const room = 2n * LEAST;
    made.do((tx) => {
      const shares = 2n ** 128n - 1n - room - (book?.line.queuedTo ?? 0n);
      tx.emit(queue, "RedeemRequest", { controller: AT.bob, owner: AT.bob, requestId: 2n, sender: AT.bob, shares });
      tx.emit(pool, "RedemptionsQueued", { queued: true });
      tx.emit(queue, "Served", { shares, assets: 0n, waiting: 0n });
      tx.emit(pool, "RedemptionsQueued", { queued: false });
      borrow(tx, tx.world.pool(pool).cash, 2n);
    });
    expect(made.try((tx) => ask(tx, AT.carol, room))).to.equal("");
    expect(made.try((tx) => ask(tx, AT.carol, room + 1n))).to.equal(
      `SafeCastOverflowedUintDowncast(128, ${2n ** 128n})`,
    );
  });
});
