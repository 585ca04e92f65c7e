// Tokens, and the ways to where things are, in a world no chain has.
import { expect } from "chai";
import {
  Actions,
  FacilityKind,
  LoanFlags,
  NewRisk,
  Refusal,
  TrancheClass,
  World,
  ZERO_ADDRESS,
  approve,
  deposit,
  open,
  redeem,
  requestExit,
  tranchesOf,
  transfer,
  transferFrom,
  withdraw,
} from "../../../sdk/model/machine/index.js";
import { castTo, checked } from "../../../sdk/model/machine/uint.js";
import { burn, mint } from "../../../sdk/model/machine/token.js";
import { MAX_UINT256 } from "../../../sdk/model/index.js";
import { remembered } from "./made/journal.js";
import { lent, opening } from "./made/loans.js";
import { AT, BTC, COOLDOWN, MadeWorld, USD, WINDOW } from "./made/world.js";

const { alice, bob, carol, usd, pool, senior, junior, cover, manager } = AT;

describe("model: tokens of a made world", () => {
  it("move what there is, to somebody", () => {
    const made = new MadeWorld();
    const has = made.world.balance(usd, alice);
    expect(made.try((tx) => transfer(tx, usd, alice, bob, has))).to.equal("");
    expect(made.try((tx) => transfer(tx, usd, alice, bob, has + 1n))).to.equal(
      `ERC20InsufficientBalance(${alice}, ${has}, ${has + 1n})`,
    );
    const nobody = `(${ZERO_ADDRESS})`;
    expect(made.try((tx) => transfer(tx, usd, alice, ZERO_ADDRESS, 1n))).to.equal(`ERC20InvalidReceiver${nobody}`);
    expect(made.try((tx) => mint(tx, usd, ZERO_ADDRESS, 1n))).to.equal(`ERC20InvalidReceiver${nobody}`);
    expect(made.try((tx) => burn(tx, usd, ZERO_ADDRESS, 1n))).to.equal(`ERC20InvalidSender${nobody}`);
    expect(made.try((tx) => approve(tx, usd, alice, ZERO_ADDRESS, 1n))).to.equal(`ERC20InvalidSpender${nobody}`);
    const supply = made.world.supply(usd);
    made.do((tx) => mint(tx, usd, bob, 5n));
    expect(made.world.supply(usd)).to.equal(supply + 5n);
    made.do((tx) => burn(tx, usd, bob, 7n));
    expect(made.world.supply(usd)).to.equal(supply - 2n);
    expect(made.world.balance(usd, bob)).to.equal(has - 2n);
    made.do((tx) => transfer(tx, usd, alice, alice, has));
    expect(made.world.balance(usd, alice)).to.equal(has);
  });

  it("are spent within an allowance, which is used up unless it is the largest", () => {
    const made = new MadeWorld();
    const spend = (value: bigint): string => made.try((tx) => transferFrom(tx, usd, bob, alice, carol, value));
    made.do((tx) => approve(tx, usd, alice, bob, 5n));
    expect(spend(5n)).to.equal("");
    expect(spend(6n)).to.equal(`ERC20InsufficientAllowance(${bob}, 5, 6)`);
    made.do((tx) => transferFrom(tx, usd, bob, alice, carol, 2n));
    expect(made.world.allowance(usd, alice, bob)).to.equal(3n);
    for (const [given, left] of [
      [MAX_UINT256, MAX_UINT256],
      [MAX_UINT256 - 1n, MAX_UINT256 - 3n],
    ] as const) {
      made.do((tx) => approve(tx, usd, alice, bob, given));
      made.do((tx) => transferFrom(tx, usd, bob, alice, carol, 2n));
      expect(made.world.allowance(usd, alice, bob)).to.equal(left);
    }
  });

  it("go neither to nobody nor back to the contract that sends them", () => {
    const { made, id } = lent();
    for (const receiver of [ZERO_ADDRESS, AT.vault])
      expect(made.try((tx) => withdraw(tx, alice, { manager, id, collateral: 1n, receiver }))).to.equal(
        `InvalidReceiver(${receiver})`,
      );
    for (const receiver of [ZERO_ADDRESS, pool])
      expect(made.try((tx) => redeem(tx, carol, { tranche: senior, shares: BTC, receiver, owner: carol }))).to.equal(
        `InvalidReceiver(${receiver})`,
      );
  });

  it("of a first-loss class that go elsewhere are under request no more, and a request is used up by leaving", () => {
    for (const tranche of [junior, cover]) {
      const made = MadeWorld.funded();
      const shares = made.do((tx) => deposit(tx, bob, { tranche, assets: 100n * USD, receiver: bob }));
      const request = () => made.world.exitRequest(tranche, bob).shares;
      expect(made.world.exitRequest(tranche, bob)).to.deep.equal({ shares: 0n, opensAt: 0n, closesAt: 0n });
      made.do((tx) => requestExit(tx, bob, { tranche, shares: shares / 2n }));
      expect(made.world.exitRequest(tranche, bob)).to.deep.equal({
        ...{ shares: shares / 2n, opensAt: made.now + COOLDOWN, closesAt: made.now + COOLDOWN + WINDOW },
      });
      made.do((tx) => transfer(tx, tranche, bob, carol, shares / 4n));
      expect(request()).to.equal(shares / 2n);
      made.do((tx) => transfer(tx, tranche, bob, carol, (shares * 3n) / 8n));
      expect(request()).to.equal((shares * 3n) / 8n);
      made.now += COOLDOWN;
      made.do((tx) => redeem(tx, bob, { tranche, shares: shares / 8n, receiver: bob, owner: bob }));
      expect(request()).to.equal(shares / 4n);
      // More comes in: it is not under the request.
      made.do((tx) => deposit(tx, bob, { tranche, assets: 100n * USD, receiver: bob }));
      expect(request()).to.equal(shares / 4n);
      made.do((tx) => requestExit(tx, bob, { tranche, shares: 1n }));
      made.do((tx) => transfer(tx, tranche, bob, carol, made.world.balance(tranche, bob)));
      expect(request()).to.equal(0n);
    }
  });
});

describe("model: a made world's places", () => {
  it("say what is where, and that there is no such place", () => {
    const { world } = MadeWorld.funded();
    const { deployment } = world;
    const code = world.poolCode(pool);
    expect(tranchesOf(code)).to.deep.equal([
      { tranche: senior, trancheClass: TrancheClass.Senior },
      { tranche: junior, trancheClass: TrancheClass.Junior },
      { tranche: cover, trancheClass: TrancheClass.Cover },
    ]);
    expect(tranchesOf(world.poolCode(AT.spare))).to.have.length(1);
    expect(world.tranche(senior)).to.deep.equal({ pool, trancheClass: 0n, cooldown: 0n, window: 0n });
    expect(world.tranche(cover)).to.deep.equal({ pool, trancheClass: 2n, cooldown: COOLDOWN, window: WINDOW });
    expect(world.tranche(AT.spareSenior)).to.deep.include({ cooldown: 0n, window: 0n });
    expect([usd, AT.btc, senior, junior, cover, AT.spareSenior].map((token) => world.isToken(token))).not.to.include(
      false,
    );
    expect([pool, bob, AT.queue].map((account) => world.isToken(account))).not.to.include(true);
    expect(world.registers).to.have.length(2);
    expect([manager, AT.termManager].map((account) => world.isManager(account))).to.deep.equal([true, true]);
    expect(world.isManager(bob)).to.equal(false);
    expect(world.registerOfPool(pool)).to.equal(world.revolving);
    expect(world.registerOfPool(AT.spare)).to.equal(world.revolving);
    expect(world.registerOfPool(AT.termPool).manager).to.equal(AT.termManager);
    expect([world.revolving.firstNumber, world.register(AT.termManager).firstNumber]).to.deep.equal([1n, 1_000_001n]);
    expect(world.isQueue(AT.queue)).to.equal(true);
    expect(world.isQueue(pool)).to.equal(false);
    expect(world.queueOfPool(AT.termPool)).to.equal(undefined);
    expect(world.queueOfPool(pool)).to.equal(world.queue(AT.queue).book);
    expect(world.queue(AT.queue)).to.deep.include({ pool, leastShares: 10n ** 12n });
    expect(world.revolving.authorisation(alice, 1n, bob)).to.deep.equal({
      ...{ actions: 0n, expiresAt: 0n, cashLimit: 0n, collateralLimit: 0n },
    });
    expect([world.revolving.nonce(alice), world.revolving.markOf(1n)]).to.deep.equal([0n, 0n]);
    expect([world.balance(usd, AT.oracle), world.supply(AT.oracle)]).to.deep.equal([0n, 0n]);
    expect(world.allowance(usd, AT.oracle, bob)).to.equal(0n);
    expect(world.sheets(AT.termPool)).to.have.length(1);
    expect(world.sheets(pool)).to.have.length(0);
    expect(() => world.register(bob)).to.throw(`${bob} is not a loan manager of this deployment`);
    expect(() => world.poolCode(bob)).to.throw(`${bob} is not a pool of this deployment`);
    expect(() => world.vaultCode(bob)).to.throw(`${bob} is not a vault of this deployment`);
    expect(() => world.tranche(bob)).to.throw(`${bob} is not a tranche of this deployment`);
    expect(() => world.queue(bob)).to.throw(`${bob} is not a redemption queue of this deployment`);
    expect(() => world.pool(AT.spare)).to.throw(`no event of pool ${AT.spare} has been seen yet`);
    const alone = new World({ manager, pools: deployment.pools, vaults: deployment.vaults });
    expect(() => alone.registerOfPool(AT.termPool)).to.throw(
      `this deployment has no loan manager for pool ${AT.termPool}`,
    );
    expect(alone.registers).to.have.length(1);
  });

  it("remember nothing once an action is over, be it refused", () => {
    const made = new MadeWorld();
    const { journal } = made.world;
    made.do((tx) => transfer(tx, usd, alice, bob, 1n));
    expect(remembered(journal)).to.equal(0);
    made.do((tx) => tx.attempt(() => tx.requireGovernor(bob)));
    expect(remembered(journal)).to.equal(0);
    expect(made.try((tx) => tx.requireGovernor(bob))).to.equal(`AccessManagedUnauthorized(${bob})`);
    expect(remembered(journal)).to.equal(0);
  });

  it("name flags, kinds and actions as the contracts number them", () => {
    expect(LoanFlags).to.deep.equal({ OPEN: 1n, TRANSFERRED: 2n, OFFERED: 4n, SPENT: 8n, MARKED: 16n });
    expect(FacilityKind).to.deep.equal({ Revolving: 0n, Term: 1n });
    expect(Actions).to.deep.equal({ DRAW: 1n, WITHDRAW: 2n, CLOSE: 4n, TRANSFER: 8n, ROLL_OVER: 16n, ALL: 31n });
    expect(NewRisk).to.deep.equal({ Open: 0n, Draw: 1n, AcceptLoan: 2n, Lend: 3n });
    expect(TrancheClass).to.deep.equal({ Senior: 0n, Junior: 1n, Cover: 2n });
  });

  it("count as Solidity does, to the last number of a type", () => {
    expect(checked(0n)).to.equal(0n);
    expect(checked(MAX_UINT256)).to.equal(MAX_UINT256);
    for (const [value, bits] of [
      [-1n, 256n],
      [MAX_UINT256 + 1n, 256n],
      [256n, 8n],
    ] as const)
      expect(() => checked(value, bits)).to.throw(Refusal, "Panic(17)");
    expect(castTo(8n, 255n)).to.equal(255n);
    expect(() => castTo(8n, 256n)).to.throw(Refusal, "SafeCastOverflowedUintDowncast(8, 256)");
  });
});

describe("model: new risk in a made world", () => {
  it("is taken up to each limit of a facility, and not a unit beyond", () => {
    const borrow = (params: object, principal: bigint, collateral = 2n * BTC): string => {
      const made = MadeWorld.funded({ params });
      return made.try((tx) => open(tx, alice, opening(principal, collateral)));
    };
    const some = 50_000n * USD;
    expect(borrow({ minDebt: some }, some)).to.equal("");
    expect(borrow({ minDebt: some }, some - 1n)).to.equal(`BelowMinDebt(${some - 1n}, ${some})`);
    expect(borrow({ loanCap: some }, some)).to.equal("");
    expect(borrow({ loanCap: some }, some + 1n)).to.equal(`LoanCapExceeded(${some + 1n}, ${some})`);
    expect(borrow({ cap: some }, some)).to.equal("");
    expect(borrow({ cap: some }, some + 1n)).to.equal(`CapExceeded(${some + 1n}, ${some})`);
    // 70 % of 120,000 dollars.
    const most = 84_000n * USD;
    const price = (60_000n * USD * 10n ** 36n) / BTC;
    expect(borrow({}, most)).to.equal("");
    expect(borrow({}, most + 1n)).to.equal(`LtvTooHigh(${most + 1n}, ${most}, ${2n * BTC}, ${price})`);
    const { cash } = MadeWorld.funded().world.pool(pool);
    expect(borrow({}, cash, 20n * BTC)).to.equal("");
    expect(borrow({}, cash + 1n, 20n * BTC)).to.equal(`InsufficientCash(${cash + 1n}, ${cash})`);
  });

  it("leaves a loan that collateral is taken from within the limit, and not a unit beyond", () => {
    const { made, id } = lent();
    const most = made.try((tx) => withdraw(tx, alice, { manager, id, collateral: 3n * BTC, receiver: alice }));
    expect(most).to.equal(`InsufficientCollateral(${3n * BTC}, ${2n * BTC})`);
    // 50,000 dollars are 70 % of 71,428.57.
    const needed = (50_000n * BTC * 10n + 419_999n) / 420_000n;
    const take = (left: bigint): string =>
      made.try((tx) => withdraw(tx, alice, { manager, id, collateral: 2n * BTC - left, receiver: alice }));
    expect(take(needed)).to.equal("");
    expect(take(needed - 1n)).to.match(/^LtvTooHigh\(50000000000, 49999999/);
  });

  it("meets the stop and the gate", () => {
    const made = MadeWorld.funded({ params: { gate: AT.gate } });
    const borrow = () => made.try((tx) => open(tx, alice, opening()));
    expect(borrow()).to.equal("");
    made.reason = 7n;
    expect(borrow()).to.equal(`NotAllowed(${AT.gate}, ${alice}, 0, 7)`);
    const lend = made.try((tx) => deposit(tx, bob, { tranche: senior, assets: USD, receiver: bob }));
    expect(lend).to.equal(`NotAllowed(${AT.gate}, ${bob}, 3, 7)`);
    made.reason = 0n;
    made.do((tx) => tx.emit(manager, "NewLoansStopped", { facility: 1n, stopped: true }));
    expect(borrow()).to.equal("NewLoansAreStopped(1)");
  });

  it("counts in 256 bits, and says so where that is not enough", () => {
    const made = MadeWorld.funded({ collateral: MAX_UINT256 });
    const borrow = (collateral: bigint): string => made.try((tx) => open(tx, alice, opening(USD * 1_000n, collateral)));
    // Value is collateral times 600 units; times its limit and a hundred million million it must be below 2^256.
    const most = MAX_UINT256 / (7_000n * 10n ** 14n) / 600n;
    expect(borrow(most)).to.match(/^SafeCastOverflowedUintDowncast\(96/);
    expect(made.try((tx) => open(tx, alice, opening(USD * 1_000n, MAX_UINT256)))).to.equal("Panic(17)");
  });
});
