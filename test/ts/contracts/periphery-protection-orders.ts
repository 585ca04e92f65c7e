import { expect } from "chai";
import { network } from "hardhat";
import { MaxUint256, type Signer, ZeroAddress } from "ethers";
import { POOL_FEE, deployWorld } from "../keeper/support/world.js";
import { pathOf } from "../keeper/support/uniswap.js";
import { MockToken__factory } from "../../../types/ethers-contracts/factories/contracts/mocks/MockToken__factory.js";
import type { OrderStruct } from "../../../types/ethers-contracts/contracts/periphery/ProtectionOrders.js";

const { ethers, networkHelpers } = await network.create({ network: "op" });

const DELEVERAGE = 0;
const TAKE_PROFIT = 1;
const AUTO_REPAY = 2;
const AUTO_TOP_UP = 3;
const WITHDRAW = 2;
const BPS = 10_000n;
const FOREVER = 2n ** 40n - 1n;
const NO_LIMIT = 2n ** 104n - 1n;
const ALL = 2n ** 128n - 1n;
/** A second of this lent rate is not a unit, so that debts stand still and every amount can be foreseen. */
const STANDING_STILL = 1n;
/** The fee of a second pool of the pair, which a test prices as it likes. */
const OTHER_FEE = 500;

type Order = { [Field in keyof OrderStruct]: OrderStruct[Field] };

const divUp = (x: bigint, y: bigint): bigint => (x + y - 1n) / y;

/**
 * A loan of 5,500 dollars on one bitcoin at 8,000 (68.75 %; maxLtv 70 %, lltv 80 %), whose owner has authorised and approved the
 * contract; orders as an owner might place them; and a keeper.
 */
async function protectedLoan() {
  const [owner, borrower, keeper, stranger] = await ethers.getSigners();
  if (!owner || !borrower || !keeper || !stranger) throw new Error("the network has no accounts");
  const world = await deployWorld(owner, { fixedRatePerSecond: STANDING_STILL });
  const { manager, loan, collateral, facility, btc, cash } = world;
  const id = await world.open(borrower, btc("1"), cash("5500"));
  await loan.connect(borrower).transfer(owner, await loan.balanceOf(borrower));
  const contract = world.protectionOrders;
  const authorise = (who: Signer, actions = WITHDRAW, collateralLimit = NO_LIMIT) =>
    manager
      .connect(who)
      .setAuthorisation(facility, contract, { actions, expiresAt: FOREVER, cashLimit: 0n, collateralLimit });
  await authorise(borrower);
  await loan.connect(borrower).approve(contract, MaxUint256);
  await collateral.connect(borrower).approve(contract, MaxUint256);

  const [loanAddress, collateralAddress] = await Promise.all([loan.getAddress(), collateral.getAddress()]);
  const blank: Order = {
    expiresAt: BigInt(await networkHelpers.time.latest()) + 30n * 86_400n,
    triggerLtvBps: 0n,
    targetLtvBps: 0n,
    maxSlippageBps: 0n,
    feeBps: 50n,
    maxFee: cash("20"),
    assets: 0n,
    maxPerExecution: 0n,
    limit: 0n,
    triggerPriceE36: 0n,
    path: "0x",
  };
  const ltv = { triggerLtvBps: 7500n, targetLtvBps: 6500n };
  const sale = { maxSlippageBps: 100n, path: world.purchasePath };
  const pull = { maxPerExecution: cash("5000"), limit: cash("7000") };
  const orders = {
    deleverage: { ...blank, ...ltv, ...sale },
    takeProfit: { ...blank, ...sale, assets: cash("2000"), triggerPriceE36: world.priceE36(9000n) },
    autoRepay: { ...blank, ...ltv, ...pull },
    autoTopUp: { ...blank, ...ltv, maxPerExecution: btc("0.5"), limit: btc("0.7"), maxFee: btc("0.002") },
  } satisfies Record<string, Order>;

  return {
    world,
    id,
    contract,
    orders,
    blank,
    authorise,
    owner,
    borrower,
    keeper,
    stranger,
    place: (kind: number, order: Order) => contract.connect(borrower).place(id, kind, order),
    execute: (kind: number, minFee = 0n, loanId = id) => contract.connect(keeper).execute(loanId, kind, keeper, minFee),
    /** Moves the oracle, and makes a pool at that price; the path to sell over it. */
    async marketAt(price: bigint, poolPrice = price): Promise<string> {
      await world.setPrice(price);
      await world.uniswap.makePool(collateral, loan, OTHER_FEE, world.priceE36(poolPrice), cash("5000000"));
      return pathOf([loanAddress, OTHER_FEE, collateralAddress]);
    },
    async ltvBps(loanId = id): Promise<bigint> {
      const { collateral: units } = await manager.loanOf(loanId);
      const value = (units * (await world.oracle.price())) / 10n ** 36n;
      return ((await manager.debtOf(loanId)) * BPS) / value;
    },
    async expectNothingKept(): Promise<void> {
      for (const token of [collateral, loan]) expect(await token.balanceOf(contract)).to.equal(0n);
      expect(await loan.allowance(contract, world.pool)).to.equal(0n);
      expect(await collateral.allowance(contract, world.vault)).to.equal(0n);
    },
  };
}

/** What a sale must repay: FORMULAS of contracts/periphery/ProtectionMath.sol, worked out here by its own words. */
function repaidBySale(debt: bigint, value: bigint, order: Order): { repaid: bigint; fee: bigint } {
  const [t, s, f, cap] = [order.targetLtvBps, order.maxSlippageBps, order.feeBps, order.maxFee].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const over = ((debt + 1n) * BPS - t * (value - 1n)) * (BPS - s);
  const proportional = divUp(over, BPS * (BPS - s) - t * (BPS + f));
  const capped = divUp(over + t * cap * BPS, BPS * (BPS - s) - t * BPS);
  const repaid = proportional < capped ? proportional : capped;
  const fee = (repaid * f) / BPS;
  return { repaid, fee: fee < cap ? fee : cap };
}

describe("periphery: ProtectionOrders, deleverage", () => {
  it("sells what brings the loan to its target, to the unit; pays the keeper; and finds the trigger unmet at once", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders, keeper } = t;
    const path = await t.marketAt(7300n); // 75.34 %
    const order = { ...orders.deleverage, path };
    await t.place(DELEVERAGE, order);
    const debt = await world.manager.debtOf(id);
    const value = world.cash("7300");
    const { repaid, fee } = repaidBySale(debt, value, order);
    const sold = await world.uniswap.quoteExactOutput(path, repaid + fee);
    const maxSold = ((repaid + fee) * BPS * 10n ** 36n) / (world.priceE36(7300n) * (BPS - 100n));

    const [isExecutable, amounts, refusal] = await contract.executable(id, DELEVERAGE);
    expect([isExecutable, refusal]).to.deep.equal([true, "0x"]);
    expect([amounts.repaid, amounts.fee, amounts.maxSold]).to.deep.equal([repaid, fee, maxSold]);
    await expect(t.execute(DELEVERAGE, fee))
      .to.emit(contract, "OrderExecuted")
      .withArgs(id, t.borrower.address, DELEVERAGE, keeper.address, repaid, 0n, sold, fee, world.priceE36(7300n));

    expect(await world.loan.balanceOf(keeper)).to.equal(fee);
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") - sold);
    expect(debt - (await world.manager.debtOf(id))).to.be.within(repaid - 1n, repaid);
    // The sale fetched more than its worst price: at or just below the target.
    expect(await t.ltvBps()).to.be.within(6460n, 6500n);
    await t.expectNothingKept();
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(contract, "LtvBelowTrigger");
  });

  it("lands on the target, and not above it, when the sale fetches no more than its worst price", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n, 7232n); // 0.93 % below, and the pool's own fee and depth
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    const { maxSold } = await t.contract.quote(t.id, DELEVERAGE);
    const [, sold] = await t.contract.connect(t.keeper).execute.staticCall(t.id, DELEVERAGE, t.keeper, 0n);
    await t.execute(DELEVERAGE);
    expect((maxSold - sold) * BPS).to.be.within(0n, 5n * maxSold); // less than 0.05 % from it
    expect(await t.ltvBps()).to.be.within(6498n, 6500n);
  });

  it("reaches even the facility's maxLtv as a target, which the withdrawal is held against", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, targetLtvBps: 7000n, path });
    await t.execute(DELEVERAGE);
    expect(await t.ltvBps()).to.be.within(6960n, 7000n);
  });

  it("costs less than a liquidation's least incentive where the order says so, and its fee stops at its cap", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, id } = t;
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, maxFee: world.cash("3"), path });
    const [done, sold] = await contract.connect(t.keeper).execute.staticCall(id, DELEVERAGE, t.keeper, 0n);
    expect(done.fee).to.equal(world.cash("3"));
    const cost = (sold * world.priceE36(7300n)) / 10n ** 36n - done.repaid;
    const { ltv } = await world.manager.facilityOf(world.facility);
    expect(cost * BPS).to.be.lessThan(done.repaid * ltv.incentiveMinBps);
    // 50 basis points and 100 at the worst: (1 + fee) / (1 − slippage) − 1 is 1.52 %, the incentive at least 2 %.
    expect(((BPS + 50n) * BPS) / (BPS - 100n) - BPS).to.be.lessThan(ltv.incentiveMinBps);
  });

  it("repays everything where less than minDebt would remain, and leaves the rest of the collateral in the loan", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, borrower } = t;
    const path = await t.marketAt(7300n);
    await world.setPrice(8000n);
    const small = await world.open(borrower, world.btc("0.03"), world.cash("165"), 7n);
    await world.setPrice(7300n);
    await contract.connect(borrower).place(small, DELEVERAGE, { ...t.orders.deleverage, targetLtvBps: 4000n, path });
    const debt = await world.manager.debtOf(small);
    expect((await contract.quote(small, DELEVERAGE)).repaid).to.equal(debt);
    await t.execute(DELEVERAGE, 0n, small);
    expect(await world.manager.debtOf(small)).to.equal(0n);
    expect(await world.manager.ownerOf(small)).to.equal(borrower.address);
    await world.manager.connect(borrower).withdraw(small, MaxUint256, borrower);
    expect(await world.collateral.balanceOf(borrower)).to.be.within(world.btc("0.0070"), world.btc("0.0074"));
    await t.expectNothingKept();
  });

  it("sells over several pools where there is no direct one", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, owner } = t;
    await world.setPrice(7300n);
    const ether = await new MockToken__factory(owner).deploy("Ether", "ETH", 18);
    await world.uniswap.makePool(ether, world.loan, 500, 200n * 10n ** 24n, world.cash("1000000"));
    await world.uniswap.makePool(world.collateral, ether, 500, 365n * 10n ** 45n, 5_000n * 10n ** 18n);
    const [btc, weth, usd] = await Promise.all([world.collateral, ether, world.loan].map((x) => x.getAddress()));
    const path = pathOf([usd ?? "", 500, weth ?? "", 500, btc ?? ""]);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    const { repaid, fee } = await t.contract.quote(t.id, DELEVERAGE);
    const sold = await world.uniswap.quoteExactOutput(path, repaid + fee);
    await t.execute(DELEVERAGE);
    expect((await world.manager.loanOf(t.id)).collateral).to.equal(world.btc("1") - sold);
    expect(await ether.balanceOf(t.contract)).to.equal(0n);
    await t.expectNothingKept();
  });

  it("works above lltv as well, where a liquidator has not come first", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(6600n); // 83.3 %
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    await t.execute(DELEVERAGE);
    expect(await t.ltvBps()).to.be.within(6420n, 6500n);
  });

  it("fault C36: needs the owner's authorisation to withdraw, within its limit", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    await t.authorise(t.borrower, 0);
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(t.world.manager, "NotAuthorised");
    await t.authorise(t.borrower, WITHDRAW, t.world.btc("0.1"));
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(t.world.manager, "CollateralLimitExceeded");
  });

  it("is refused by the core while the guardian has lowered maxLtv below what it would leave", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    await t.world.manager.lowerMaxLtv(t.world.facility, 6000);
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(t.world.manager, "LtvTooHigh");
  });
});

describe("periphery: ProtectionOrders, take profit", () => {
  it("sells for just what it names, once, and leaves the rest of the collateral to its owner", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders } = t;
    const path = await t.marketAt(9000n);
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path });
    const debt = await world.manager.debtOf(id);
    const fee = world.cash("10"); // 50 basis points of 2,000
    const sold = await world.uniswap.quoteExactOutput(path, world.cash("2010"));
    await expect(t.execute(TAKE_PROFIT))
      .to.emit(contract, "OrderExecuted")
      .withArgs(
        id,
        t.borrower.address,
        TAKE_PROFIT,
        t.keeper.address,
        world.cash("2000"),
        0n,
        sold,
        fee,
        world.priceE36(9000n),
      );
    expect(debt - (await world.manager.debtOf(id))).to.be.within(world.cash("2000") - 1n, world.cash("2000"));
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") - sold);
    expect(await world.loan.balanceOf(t.keeper)).to.equal(fee);
    await t.expectNothingKept();
    await expect(t.execute(TAKE_PROFIT))
      .to.be.revertedWithCustomError(contract, "NoOrder")
      .withArgs(id, t.borrower.address, TAKE_PROFIT);
    expect((await contract.orderOf(id, t.borrower, TAKE_PROFIT)).expiresAt).to.equal(0n);
  });

  it("pays all the debt when told to, and is cut to leave minDebt otherwise", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders } = t;
    const path = await t.marketAt(9000n);
    const debt = await world.manager.debtOf(id);
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path, assets: world.cash("5450") });
    expect((await contract.quote(id, TAKE_PROFIT)).repaid).to.equal(debt - world.cash("100"));
    await t.execute(TAKE_PROFIT);
    expect(await world.manager.debtOf(id)).to.equal(world.cash("100"));

    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path, assets: 1n });
    await expect(contract.quote(id, TAKE_PROFIT))
      .to.be.revertedWithCustomError(contract, "NothingToRepay")
      .withArgs(world.cash("100"), world.cash("100"));
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path, assets: ALL });
    await t.execute(TAKE_PROFIT);
    expect(await world.manager.debtOf(id)).to.equal(0n);
    await expect(t.execute(TAKE_PROFIT)).to.be.revertedWithCustomError(contract, "NoOrder");
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path });
    await expect(t.execute(TAKE_PROFIT)).to.be.revertedWithCustomError(contract, "NothingOwed").withArgs(id);
  });

  it("waits for its price: a unit below it refuses", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(9000n);
    const trigger = t.world.priceE36(9000n);
    await t.place(TAKE_PROFIT, { ...t.orders.takeProfit, path });
    await t.world.oracle.setPrice(trigger - 1n);
    await expect(t.execute(TAKE_PROFIT))
      .to.be.revertedWithCustomError(t.contract, "PriceBelowTrigger")
      .withArgs(trigger - 1n, trigger);
    await t.world.oracle.setPrice(trigger);
    await t.execute(TAKE_PROFIT);
  });
});

describe("periphery: ProtectionOrders, out of the owner's wallet", () => {
  it("repays what brings the loan to its target, to the unit, and lowers its limit by that and the fee", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders, borrower } = t;
    await world.setPrice(7300n);
    await world.loan.mint(borrower, world.cash("3000"));
    await t.place(AUTO_REPAY, orders.autoRepay);
    const debt = await world.manager.debtOf(id);
    const repaid = debt + 1n - (world.cash("7300") * 6500n) / BPS;
    const fee = (repaid * 50n) / BPS;
    await expect(t.execute(AUTO_REPAY, fee))
      .to.emit(contract, "OrderExecuted")
      .withArgs(id, borrower.address, AUTO_REPAY, t.keeper.address, repaid, 0n, 0n, fee, world.priceE36(7300n));
    expect(await world.loan.balanceOf(borrower)).to.equal(world.cash("3000") - repaid - fee);
    expect(await world.loan.balanceOf(t.keeper)).to.equal(fee);
    expect((await contract.orderOf(id, borrower, AUTO_REPAY)).limit).to.equal(world.cash("7000") - repaid - fee);
    expect(await world.manager.debtOf(id)).to.be.within(
      (world.cash("7300") * 6500n) / BPS - 1n,
      (world.cash("7300") * 6500n) / BPS,
    );
    await t.expectNothingKept();
    await expect(t.execute(AUTO_REPAY)).to.be.revertedWithCustomError(contract, "LtvBelowTrigger");
  });

  it("tops up what brings the loan to its target, to the unit, its fee in collateral", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders, borrower } = t;
    await world.setPrice(7300n);
    await world.collateral.mint(borrower, world.btc("0.5"));
    await t.place(AUTO_TOP_UP, orders.autoTopUp);
    const debt = await world.manager.debtOf(id);
    const toppedUp = divUp(divUp(debt * BPS, 6500n) * 10n ** 36n, world.priceE36(7300n)) - world.btc("1");
    const fee = (toppedUp * 50n) / BPS;
    await expect(t.execute(AUTO_TOP_UP, fee))
      .to.emit(contract, "OrderExecuted")
      .withArgs(id, borrower.address, AUTO_TOP_UP, t.keeper.address, 0n, toppedUp, 0n, fee, world.priceE36(7300n));
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") + toppedUp);
    expect(await world.collateral.balanceOf(borrower)).to.equal(world.btc("0.5") - toppedUp - fee);
    expect(await world.collateral.balanceOf(t.keeper)).to.equal(fee);
    expect((await contract.orderOf(id, borrower, AUTO_TOP_UP)).limit).to.equal(world.btc("0.7") - toppedUp - fee);
    expect(await t.ltvBps()).to.be.within(6499n, 6500n);
    await t.expectNothingKept();
    await expect(t.execute(AUTO_TOP_UP)).to.be.revertedWithCustomError(contract, "LtvBelowTrigger");
  });

  for (const [name, restrict] of [
    ["balance", (t: Scene, available: bigint) => t.world.loan.mint(t.borrower, available)],
    ["allowance", (t: Scene, available: bigint) => t.world.loan.connect(t.borrower).approve(t.contract, available)],
    [
      "limit at once",
      (t: Scene, maxPerExecution: bigint) => t.place(AUTO_REPAY, { ...t.orders.autoRepay, maxPerExecution }),
    ],
    ["limit in all", (t: Scene, limit: bigint) => t.place(AUTO_REPAY, { ...t.orders.autoRepay, limit })],
  ] as const)
    it(`repays with less than its target takes, as far as the ${name} goes, if that is enough to be below the trigger`, async () => {
      const t = await networkHelpers.loadFixture(protectedLoan);
      const { world, id, contract, orders, borrower } = t;
      await world.setPrice(7300n); // 75.34 %: 25 dollars below the trigger, 755 to the target
      await t.place(AUTO_REPAY, orders.autoRepay);
      if (name !== "balance") await world.loan.mint(borrower, world.cash("3000"));
      const full = await world.manager.debtOf(id);
      const toTarget = full + 1n - (world.cash("7300") * 6500n) / BPS;
      await restrict(t, world.cash("25"));
      await expect(t.execute(AUTO_REPAY))
        .to.be.revertedWithCustomError(contract, "InsufficientFunds")
        .withArgs(world.cash("25"), toTarget + (toTarget * 50n) / BPS);
      await restrict(t, name === "balance" ? world.cash("5.15") : world.cash("30.15"));
      await t.execute(AUTO_REPAY);
      expect(await world.loan.balanceOf(t.keeper)).to.equal(world.cash("0.15"));
      expect(full - (await world.manager.debtOf(id))).to.be.within(world.cash("30") - 1n, world.cash("30"));
      expect(await t.ltvBps()).to.equal(7493n);
      await t.expectNothingKept();
    });

  it("tops up with less than its target takes where that is enough, and is refused where it is not", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, orders, borrower } = t;
    await world.setPrice(7300n);
    await t.place(AUTO_TOP_UP, orders.autoTopUp);
    await world.collateral.mint(borrower, world.btc("0.004"));
    await expect(t.execute(AUTO_TOP_UP)).to.be.revertedWithCustomError(contract, "InsufficientFunds");
    await world.collateral.mint(borrower, world.btc("0.00602"));
    await t.execute(AUTO_TOP_UP);
    expect((await world.manager.loanOf(t.id)).collateral).to.be.within(world.btc("1.00997"), world.btc("1.00998"));
    expect(await world.collateral.balanceOf(borrower)).to.be.within(0n, 1n);
  });

  it("repays all the debt where less than minDebt would remain, and leaves minDebt where the wallet lacks that", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, borrower, orders } = t;
    const small = await world.open(borrower, world.btc("0.03"), world.cash("165"), 7n);
    await world.setPrice(7300n);
    await contract.connect(borrower).place(small, AUTO_REPAY, { ...orders.autoRepay, targetLtvBps: 4000n });
    const debt = await world.manager.debtOf(small);
    // 165 dollars are in the wallet, 165.825 are needed.
    const { repaid } = await contract.quote(small, AUTO_REPAY);
    expect(repaid).to.equal(debt - world.cash("100"));
    await world.loan.mint(borrower, world.cash("1"));
    expect((await contract.quote(small, AUTO_REPAY)).repaid).to.equal(debt);
    await t.execute(AUTO_REPAY, 0n, small);
    expect(await world.manager.debtOf(small)).to.equal(0n);
    await t.expectNothingKept();
  });

  it("stops when its limit in all is used up", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, orders, borrower } = t;
    await world.loan.mint(borrower, world.cash("5000"));
    await t.place(AUTO_REPAY, { ...orders.autoRepay, limit: world.cash("800") });
    await world.setPrice(7300n);
    await t.execute(AUTO_REPAY); // about 759
    await world.setPrice(6100n); // 77.8 %; what is left of the limit does not reach below 75 %
    await expect(t.execute(AUTO_REPAY)).to.be.revertedWithCustomError(contract, "InsufficientFunds");
    expect(await world.loan.balanceOf(borrower)).to.be.within(world.cash("4200"), world.cash("4300"));
  });
});

type Scene = Awaited<ReturnType<typeof protectedLoan>>;

describe("periphery: ProtectionOrders, what is refused", () => {
  it("refuses an order that could not do what it says, naming the field and its bounds", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { deleverage, takeProfit, autoRepay, autoTopUp } = t.orders;
    const cases: [kind: number, order: Order, field: string, value: bigint, least: bigint, most: bigint][] = [
      [DELEVERAGE, { ...deleverage, triggerLtvBps: 8000n }, "triggerLtvBps", 8000n, 2n, 7999n],
      [AUTO_REPAY, { ...autoRepay, triggerLtvBps: 0n }, "triggerLtvBps", 0n, 2n, 7999n],
      [TAKE_PROFIT, { ...takeProfit, triggerLtvBps: 7000n }, "triggerLtvBps", 7000n, 0n, 0n],
      [DELEVERAGE, { ...deleverage, targetLtvBps: 7500n }, "targetLtvBps", 7500n, 1n, 7499n],
      [AUTO_TOP_UP, { ...autoTopUp, targetLtvBps: 0n }, "targetLtvBps", 0n, 1n, 7499n],
      [DELEVERAGE, { ...deleverage, targetLtvBps: 7001n }, "targetLtvBps", 7001n, 1n, 7000n],
      [TAKE_PROFIT, { ...takeProfit, targetLtvBps: 1n }, "targetLtvBps", 1n, 0n, 0n],
      [DELEVERAGE, { ...deleverage, maxSlippageBps: 1001n }, "maxSlippageBps", 1001n, 0n, 1000n],
      [AUTO_REPAY, { ...autoRepay, maxSlippageBps: 1n }, "maxSlippageBps", 1n, 0n, 0n],
      [AUTO_REPAY, { ...autoRepay, feeBps: 1001n }, "feeBps", 1001n, 0n, 1000n],
      [TAKE_PROFIT, { ...takeProfit, assets: 0n }, "assets", 0n, 1n, MaxUint256],
      [DELEVERAGE, { ...deleverage, assets: 1n }, "assets", 1n, 0n, 0n],
      [TAKE_PROFIT, { ...takeProfit, triggerPriceE36: 0n }, "triggerPriceE36", 0n, 1n, MaxUint256],
      [AUTO_TOP_UP, { ...autoTopUp, triggerPriceE36: 1n }, "triggerPriceE36", 1n, 0n, 0n],
      [AUTO_TOP_UP, { ...autoTopUp, maxPerExecution: 0n }, "maxPerExecution", 0n, 1n, MaxUint256],
      [AUTO_REPAY, { ...autoRepay, limit: 0n }, "limit", 0n, 1n, MaxUint256],
      [DELEVERAGE, { ...deleverage, limit: 1n }, "limit", 1n, 0n, 0n],
      [AUTO_REPAY, { ...autoRepay, path: deleverage.path }, "path", 43n, 0n, 0n],
    ];
    for (const [kind, order, ...args] of cases)
      await expect(t.place(kind, order), args[0])
        .to.be.revertedWithCustomError(t.contract, "InvalidOrder")
        .withArgs(...args);
    const past = BigInt(await networkHelpers.time.latest());
    await expect(t.place(DELEVERAGE, { ...deleverage, expiresAt: past })).to.be.revertedWithCustomError(
      t.contract,
      "InvalidOrder",
    );
    for (const path of ["0x", t.world.salePath])
      await expect(t.place(DELEVERAGE, { ...deleverage, path })).to.be.revertedWithCustomError(
        t.contract,
        "InvalidPath",
      );
  });

  it("says why an order is not executable, without reverting, in the words execute would revert with", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders } = t;
    const refusalOf = async () => {
      const [isExecutable, amounts, refusal] = await contract.executable(id, DELEVERAGE);
      expect([isExecutable, amounts.repaid]).to.deep.equal([false, 0n]);
      return contract.interface.parseError(refusal)?.name ?? world.oracle.interface.parseError(refusal)?.name;
    };
    expect(await refusalOf()).to.equal("NoOrder");
    await t.place(DELEVERAGE, orders.deleverage);
    expect(await refusalOf()).to.equal("LtvBelowTrigger");
    await expect(contract.quote(id, DELEVERAGE))
      .to.be.revertedWithCustomError(contract, "LtvBelowTrigger")
      .withArgs(6875n, 7500n);
    await world.setPrice(7300n);
    await world.oracle.setRefusing(true);
    expect(await refusalOf()).to.equal("PriceRefused");
    await world.oracle.setRefusing(false);
    expect((await contract.executable(id, DELEVERAGE))[0]).to.equal(true);
    await networkHelpers.time.increaseTo(BigInt(orders.deleverage.expiresAt) + 1n);
    expect(await refusalOf()).to.equal("OrderExpired");
  });

  it("executes nothing of any kind while the oracle refuses or holds liquidation back", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, orders, borrower } = t;
    await world.loan.mint(borrower, world.cash("5000"));
    await world.collateral.mint(borrower, world.btc("1"));
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...orders.deleverage, path });
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, path, triggerPriceE36: 1n });
    await t.place(AUTO_REPAY, orders.autoRepay);
    await t.place(AUTO_TOP_UP, orders.autoTopUp);
    await world.oracle.setRefusing(true);
    for (const kind of [DELEVERAGE, TAKE_PROFIT, AUTO_REPAY, AUTO_TOP_UP])
      await expect(t.execute(kind)).to.be.revertedWithCustomError(world.oracle, "PriceRefused");
    await world.oracle.setRefusing(false);
    await world.oracle.setSecondPrice(world.priceE36(7000n)); // 4 % apart; 2 % is the limit
    for (const kind of [DELEVERAGE, TAKE_PROFIT, AUTO_REPAY, AUTO_TOP_UP])
      await expect(t.execute(kind)).to.be.revertedWithCustomError(world.oracle, "SourcesDisagree");
    await world.oracle.setSecondPrice(world.priceE36(7290n));
    await t.execute(TAKE_PROFIT);
  });

  it("executes at its last second and not after it", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n);
    const expiresAt = BigInt(await networkHelpers.time.latest()) + 1000n;
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path, expiresAt });
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(expiresAt + 1n);
    await expect(t.execute(DELEVERAGE))
      .to.be.revertedWithCustomError(t.contract, "OrderExpired")
      .withArgs(expiresAt, expiresAt + 1n);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(expiresAt);
    await t.execute(DELEVERAGE);
  });

  it("lets nobody but the owner place, replace or cancel", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { id, contract, orders, stranger, borrower } = t;
    await expect(contract.connect(stranger).place(id, DELEVERAGE, orders.deleverage))
      .to.be.revertedWithCustomError(contract, "NotLoanOwner")
      .withArgs(id, stranger.address, borrower.address);
    await t.place(DELEVERAGE, orders.deleverage);
    await expect(contract.connect(stranger).cancel(id, DELEVERAGE))
      .to.be.revertedWithCustomError(contract, "NoOrder")
      .withArgs(id, stranger.address, DELEVERAGE);
    await expect(contract.connect(borrower).cancel(id, DELEVERAGE))
      .to.emit(contract, "OrderCancelled")
      .withArgs(id, borrower.address, DELEVERAGE);
    await t.world.setPrice(7300n);
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(contract, "NoOrder");
  });

  it("goes by the order that replaced another, and pays a keeper no less than it asked for or nothing at all", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    const { fee } = await t.contract.quote(t.id, DELEVERAGE);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path, feeBps: 1n });
    await expect(t.execute(DELEVERAGE, fee)).to.be.revertedWithCustomError(t.contract, "FeeTooLow");
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path, triggerLtvBps: 7600n });
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(t.contract, "LtvBelowTrigger");
  });
});

describe("periphery: ProtectionOrders, attacks", () => {
  it("a market pushed down first triggers nothing, and beyond the bound nothing is sold", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders } = t;
    await t.place(DELEVERAGE, orders.deleverage);
    await world.uniswap.sell(world.collateral, world.loan, POOL_FEE, world.btc("300"));
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(contract, "LtvBelowTrigger");
    await world.setPrice(7300n);
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(contract, "TooMuchSold");
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1"));
    await t.place(TAKE_PROFIT, { ...orders.takeProfit, triggerPriceE36: 1n });
    await expect(t.execute(TAKE_PROFIT)).to.be.revertedWithCustomError(contract, "TooMuchSold");
  });

  it("a keeper who trades around the sale takes at most the slippage the owner allowed", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders } = t;
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...orders.deleverage, path });
    const { repaid, fee, maxSold } = await contract.quote(id, DELEVERAGE);
    // As far down as it still executes: sell, a little at a time, until the next step would be too much.
    let sold = 0n;
    for (;;) {
      const snapshot = await networkHelpers.takeSnapshot();
      await world.uniswap.sell(world.collateral, world.loan, OTHER_FEE, world.btc("0.25"));
      const needed = await world.uniswap.quoteExactOutput(path, repaid + fee);
      if (needed > maxSold) {
        await snapshot.restore();
        break;
      }
      sold = needed;
    }
    await t.execute(DELEVERAGE);
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") - sold);
    expect((maxSold - sold) * BPS).to.be.within(0n, maxSold * 10n); // it took all but 0.1 % of the bound
    const cost = (sold * world.priceE36(7300n)) / 10n ** 36n - repaid;
    expect(cost * (BPS - 100n)).to.be.at.most(repaid * (50n + 100n) + BPS * BPS);
    expect(await t.ltvBps()).to.be.at.most(6500n);
  });

  it("a loan that changed hands is safe from its former owner's order, whatever its new owner authorised", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders, borrower, stranger } = t;
    const path = await t.marketAt(7300n);
    await world.loan.mint(stranger, world.cash("5000"));
    await world.loan.mint(borrower, world.cash("5000"));
    await t.place(DELEVERAGE, { ...orders.deleverage, path, feeBps: 1000n, maxFee: ALL });
    await t.place(AUTO_REPAY, orders.autoRepay);
    await world.setPrice(8000n);
    await world.manager.connect(borrower).transferLoan(id, stranger);
    await world.manager.connect(stranger).acceptLoan(id, MaxUint256, 0n);
    await t.authorise(stranger);
    await world.loan.connect(stranger).approve(contract, MaxUint256);
    await world.setPrice(7300n);
    for (const kind of [DELEVERAGE, AUTO_REPAY])
      await expect(t.execute(kind))
        .to.be.revertedWithCustomError(contract, "NoOrder")
        .withArgs(id, stranger.address, kind);
    await expect(t.place(DELEVERAGE, { ...orders.deleverage, path })).to.be.revertedWithCustomError(
      contract,
      "NotLoanOwner",
    );
    // The new owner's own order is another one, and the former owner can still tidy up.
    await contract.connect(stranger).place(id, AUTO_REPAY, orders.autoRepay);
    await t.execute(AUTO_REPAY);
    expect(await world.loan.balanceOf(borrower)).to.equal(world.cash("5000"));
    await contract.connect(borrower).cancel(id, DELEVERAGE);
  });

  it("an order outlives its loan for the one who placed it, if they use the id again, and for nobody else", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, contract, orders, borrower } = t;
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...orders.deleverage, path });
    await world.loan.mint(borrower, world.cash("6000"));
    await world.setPrice(8000n);
    await world.manager.connect(borrower).close(id, borrower, "0x");
    await world.setPrice(7300n);
    await expect(t.execute(DELEVERAGE))
      .to.be.revertedWithCustomError(contract, "NoOrder")
      .withArgs(id, ZeroAddress, DELEVERAGE);
    await world.setPrice(8000n);
    expect(await world.open(borrower, world.btc("1"), world.cash("5500"))).to.equal(id);
    await world.setPrice(7300n);
    const snapshot = await networkHelpers.takeSnapshot();
    await t.execute(DELEVERAGE);
    await snapshot.restore();
    await contract.connect(borrower).cancel(id, DELEVERAGE);
    await expect(t.execute(DELEVERAGE)).to.be.revertedWithCustomError(contract, "NoOrder");
  });

  it("fees cannot be farmed: unit by unit into the owner's wallet executes nothing, and a whole life costs the fee once", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, orders, borrower } = t;
    await t.place(AUTO_REPAY, orders.autoRepay);
    await t.place(AUTO_TOP_UP, orders.autoTopUp);
    await world.setPrice(7300n);
    for (let i = 0; i < 5; i++) {
      await world.loan.mint(borrower, 1n);
      await world.collateral.mint(borrower, 1n);
      await expect(t.execute(AUTO_REPAY)).to.be.revertedWithCustomError(contract, "InsufficientFunds");
      await expect(t.execute(AUTO_TOP_UP)).to.be.revertedWithCustomError(contract, "InsufficientFunds");
    }
    // Just enough to be below the trigger; then a fall of a cent at a time, each executed as soon as it can be.
    const debt = await world.manager.debtOf(t.id);
    let price = 7300n * 100n;
    for (let i = 0; i < 20; i++) {
      await world.loan.mint(borrower, world.cash("1.5"));
      if ((await contract.executable(t.id, AUTO_REPAY))[0]) await t.execute(AUTO_REPAY);
      price -= 1n;
      await world.oracle.setPrice((world.priceE36(1n) * price) / 100n);
    }
    const repaid = debt - (await world.manager.debtOf(t.id));
    const fees = await world.loan.balanceOf(t.keeper);
    expect(repaid).to.be.greaterThan(world.cash("25"));
    expect(fees * BPS).to.be.at.most((repaid + 20n) * 50n);
  });

  it("refuses a callback from anybody but the pool it is buying from", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, contract, stranger } = t;
    await expect(contract.connect(stranger).uniswapV3SwapCallback(1n, -1n, "0x"))
      .to.be.revertedWithCustomError(contract, "UnexpectedCallback")
      .withArgs(stranger.address, ZeroAddress);
    const pool = (await world.uniswap.factory.getFunction("getPool")(world.collateral, world.loan, POOL_FEE)) as string;
    await networkHelpers.impersonateAccount(pool);
    await networkHelpers.setBalance(pool, 10n ** 18n);
    await expect(contract.connect(await ethers.getSigner(pool)).uniswapV3SwapCallback(1n, -1n, "0x"))
      .to.be.revertedWithCustomError(contract, "UnexpectedCallback")
      .withArgs(pool, ZeroAddress);
  });

  it("a payment by a stranger just before it changes the amounts, not the outcome", async () => {
    const t = await networkHelpers.loadFixture(protectedLoan);
    const { world, id, stranger } = t;
    const path = await t.marketAt(7300n);
    await t.place(DELEVERAGE, { ...t.orders.deleverage, path });
    await world.fund(stranger, { loan: world.cash("10"), collateral: 1n });
    await world.manager.connect(stranger).repay(id, world.cash("1"), "0x");
    await world.manager.connect(stranger).topUp(id, 1n, "0x");
    await t.execute(DELEVERAGE);
    expect(await t.ltvBps()).to.be.within(6460n, 6500n);
  });
});
