import { expect } from "chai";
import { network } from "hardhat";
import { MaxUint256 } from "ethers";
import { POOL_FEE, deployWorld } from "../keeper/support/world.js";
import { pathOf } from "../keeper/support/uniswap.js";

const { ethers, networkHelpers } = await network.create({ network: "op" });

/** A world with one loan of 6,500 dollars on one bitcoin, which a fall to 7,500 makes unhealthy. */
async function scene(price: bigint, depth = 5_000_000n) {
  const [owner, operator, borrower, stranger] = await ethers.getSigners();
  if (!owner || !operator || !borrower || !stranger) throw new Error("the network has no accounts");
  const world = await deployWorld(owner, { price: 9500n, depth });
  const id = await world.open(borrower, world.btc("1"), world.cash("6500"));
  await world.setPrice(price);
  await (await world.liquidator.setOperator(operator, true)).wait();
  const deadline = BigInt(await networkHelpers.time.latest()) + 600n;
  const liquidator = world.liquidator.connect(operator);
  const liquidate = (
    change: Partial<{ maxRepaid: bigint; least: bigint; path: string; minProfit: bigint; deadline: bigint }> = {},
  ) => {
    const all = { maxRepaid: MaxUint256, least: 0n, path: world.salePath, minProfit: 1n, deadline, ...change };
    return [id, all.maxRepaid, all.least, all.path, all.minProfit, all.deadline] as const;
  };
  const item = (change: Partial<Item> = {}): Item => ({
    ...{ id, maxRepaid: MaxUint256, minCollateralPerUnitE36: 0n, minProfit: 1n, markFirst: false },
    legs: [{ weight: 1n, path: world.salePath }],
    ...change,
  });
  return { world, id, liquidator, liquidate, item, owner, operator, borrower, stranger, deadline };
}

interface Item {
  id: bigint;
  maxRepaid: bigint;
  minCollateralPerUnitE36: bigint;
  minProfit: bigint;
  markFirst: boolean;
  legs: { weight: bigint; path: string }[];
}

const fallen = () => scene(7500n);
/** The same with a second pool beside the first, no deeper: half in each is better than all in one. */
const twoPools = async () => {
  const all = await scene(7500n, 60_000n);
  const { world } = all;
  const [collateral, loan] = [await world.collateral.getAddress(), await world.loan.getAddress()];
  await world.uniswap.makePool(world.collateral, world.loan, 500, world.priceE36(9500n), world.cash(60_000n));
  return { ...all, world: { ...world, pathVia: (fee: number) => pathOf([collateral, fee, loan]) } };
};
/** Eight loans like the first. */
const several = async () => {
  const all = await scene(9500n);
  const { world, borrower, item } = all;
  const items = [item()];
  for (let salt = 1n; salt < 8n; salt++) {
    items.push(item({ id: await world.open(borrower, world.btc("1"), world.cash("6500"), salt) }));
  }
  await world.setPrice(7500n);
  return { ...all, items };
};
const underwater = () => scene(5500n);

describe("periphery: Liquidator", () => {
  it("liquidates without capital, pays the pool, keeps the profit, and its owner takes it out", async () => {
    const { world, id, liquidator, liquidate, owner, stranger } = await networkHelpers.loadFixture(fallen);
    const address = await world.liquidator.getAddress();
    const quote = await world.manager.quoteLiquidation(id, MaxUint256);
    const proceeds = await world.uniswap.quoteExactInput(world.salePath, quote.seized);
    const foreseen = await liquidator.liquidate.staticCall(...liquidate());

    const sent = liquidator.liquidate(...liquidate());
    await expect(sent).to.emit(world.manager, "Liquidated");
    const profit = await world.loan.balanceOf(address);
    const [sold] = await world.manager.queryFilter(world.manager.filters.Liquidated(id));
    await expect(sent)
      .to.emit(liquidator, "ItemDone")
      .withArgs(id, sold?.args.repaid, sold?.args.seized, profit, false);
    // One second of interest lies between what was foreseen and the execution: less than a tenth of a cent.
    expect(foreseen.profit - profit).to.be.within(-1_000n, 1_000n);
    expect(proceeds - quote.repaid - profit).to.be.within(-1_000n, 1_000n);
    expect(profit).to.be.greaterThan(world.cash("100"));
    expect(await world.collateral.balanceOf(address)).to.equal(0n);
    expect(await world.loan.allowance(address, await world.pool.getAddress())).to.equal(0n);
    expect(await world.collateral.allowance(address, await world.uniswap.router.getAddress())).to.equal(0n);

    const to = await stranger.getAddress();
    await world.liquidator.connect(owner).withdraw(world.loan, to, profit);
    expect(await world.loan.balanceOf(to)).to.equal(profit);
  });

  it("brings the loan back to its target, so that a second call finds it healthy", async () => {
    const { world, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    await liquidator.liquidate(...liquidate());
    await expect(liquidator.liquidate(...liquidate())).to.be.revertedWithCustomError(world.engine, "NotLiquidatable");
  });

  it("takes no more than it is asked to", async () => {
    const { world, id, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    const before = await world.manager.debtOf(id);
    await liquidator.liquidate(...liquidate({ maxRepaid: world.cash("500") }));
    const after = await world.manager.debtOf(id);
    expect(before - after).to.be.within(world.cash("499"), world.cash("500"));
  });

  it("does several in the order given, says what each did, and each for itself", async () => {
    const { world, id, liquidator, item, deadline } = await networkHelpers.loadFixture(fallen);
    const items = [item({ maxRepaid: world.cash("500") }), item({ id: id + 1n }), item()];
    const outcomes = await liquidator.liquidateMany.staticCall(items, 900_000n, deadline);
    expect(outcomes.map(({ done }) => done)).to.deep.equal([true, false, true]);
    expect(outcomes[1]?.reason).to.equal(world.manager.interface.encodeErrorResult("NoSuchLoan", [id + 1n]));
    // The last sees the market and the loan as the first leaves them.
    const [alone] = await liquidator.liquidateMany.staticCall([item()], 900_000n, deadline);
    expect(outcomes[2]?.profit)
      .to.be.greaterThan(0n)
      .and.lessThan(alone?.profit ?? 0n);

    const sent = liquidator.liquidateMany(items, 900_000n, deadline);
    await expect(sent)
      .to.emit(world.liquidator, "ItemFailed")
      .withArgs(id + 1n, outcomes[1]?.reason);
    const done = await world.liquidator.queryFilter(world.liquidator.filters.ItemDone(id));
    expect(done.map(({ args }) => args.fromInventory)).to.deep.equal([false, false]);
    const profits = done.reduce((sum, { args }) => sum + args.profit, 0n);
    expect(await world.loan.balanceOf(world.liquidator)).to.equal(profits);
  });

  it("sells over several pools in the shares given, and gets more than one of them would pay", async () => {
    const { world, id, liquidator, item, deadline } = await networkHelpers.loadFixture(twoPools);
    const [alone] = await liquidator.liquidateMany.staticCall([item()], 900_000n, deadline);
    const legs = [POOL_FEE, 500].map((fee) => ({ weight: 1n, path: world.pathVia(fee) }));
    await liquidator.liquidateMany([item({ legs })], 900_000n, deadline);
    const [done] = await world.liquidator.queryFilter(world.liquidator.filters.ItemDone(id));
    expect(done?.args.profit).to.be.greaterThan(alone?.profit ?? 0n);
    expect(await world.collateral.balanceOf(world.liquidator)).to.equal(0n);
    expect(await world.collateral.allowance(world.liquidator, world.uniswap.router)).to.equal(0n);
  });

  it("costs less the more are done at once", async () => {
    const { world, liquidator, items, deadline } = await networkHelpers.loadFixture(several);
    const snapshot = await networkHelpers.takeSnapshot();
    const gasOf = async (size: number): Promise<bigint> => {
      await snapshot.restore();
      let gas = 0n;
      for (let at = 0; at < items.length; at += size) {
        const sent = await liquidator.liquidateMany(items.slice(at, at + size), 600_000n, deadline);
        gas += (await sent.wait())?.gasUsed ?? 0n;
      }
      return gas / BigInt(items.length);
    };
    const singly = async (): Promise<bigint> => {
      await snapshot.restore();
      let gas = 0n;
      for (const { id, legs } of items) {
        const sent = await liquidator.liquidate(id, MaxUint256, 0n, legs[0]?.path ?? "0x", 1n, deadline);
        gas += (await sent.wait())?.gasUsed ?? 0n;
      }
      return gas / BigInt(items.length);
    };
    const each = [await singly(), await gasOf(1), await gasOf(2), await gasOf(4), await gasOf(8)];
    if (process.env.PRINT_GAS !== undefined) console.log(each);
    // Alone it costs little more than without the isolation; from two on it is cheaper, by all that a transaction costs by itself.
    expect(Number(each[1]) / Number(each[0])).to.be.lessThan(1.06);
    for (let i = 2; i < each.length; i++) expect(each[i]).to.be.lessThan(each[i - 1] ?? 0n);
    expect(each[4]).to.be.lessThan((each[0] ?? 0n) - 40_000n);
    expect(await world.collateral.balanceOf(world.liquidator)).to.equal(0n);
  });

  it("refuses everybody but owner and operators", async () => {
    const { world, liquidate, owner, operator, stranger } = await networkHelpers.loadFixture(fallen);
    await expect(world.liquidator.connect(stranger).liquidate(...liquidate()))
      .to.be.revertedWithCustomError(world.liquidator, "NotOperator")
      .withArgs(await stranger.getAddress());
    await expect(world.liquidator.connect(operator).withdraw(world.loan, operator, 0n)).to.be.revertedWithCustomError(
      world.liquidator,
      "OwnableUnauthorizedAccount",
    );
    await expect(world.liquidator.connect(operator).setOperator(stranger, true)).to.be.revertedWithCustomError(
      world.liquidator,
      "OwnableUnauthorizedAccount",
    );
    await world.liquidator.connect(owner).setOperator(operator, false);
    await expect(world.liquidator.connect(operator).liquidate(...liquidate())).to.be.revertedWithCustomError(
      world.liquidator,
      "NotOperator",
    );
  });

  it("refuses a callback from anybody but the manager in the middle of its own liquidation", async () => {
    const { world, id, operator, owner } = await networkHelpers.loadFixture(fallen);
    await expect(world.liquidator.connect(operator).onLiquidate(id, 1n, 1n, "0x")).to.be.revertedWithCustomError(
      world.liquidator,
      "UnexpectedCallback",
    );
    // The manager itself, but nothing is under way: what a facility's hostile engine could bring about.
    const manager = await world.manager.getAddress();
    await networkHelpers.impersonateAccount(manager);
    await networkHelpers.setBalance(manager, 10n ** 18n);
    const asManager = world.liquidator.connect(await ethers.getSigner(manager));
    await expect(asManager.onLiquidate(id, 1n, 1n, "0x"))
      .to.be.revertedWithCustomError(world.liquidator, "UnexpectedCallback")
      .withArgs(manager, id, 0n);
    for (const call of [
      () => world.liquidator.connect(owner).onOpen(id, 1n, "0x"),
      () => world.liquidator.connect(owner).onRepay(id, 1n, "0x"),
      () => world.liquidator.connect(owner).onTopUp(id, 1n, "0x"),
      () => world.liquidator.connect(owner).onClose(id, 1n, 1n, "0x"),
    ])
      await expect(call()).to.be.revertedWithCustomError(world.liquidator, "NotSupported");
  });

  it("does nothing after its deadline", async () => {
    const { world, liquidator, liquidate, deadline } = await networkHelpers.loadFixture(fallen);
    await networkHelpers.time.increaseTo(deadline + 1n);
    await expect(liquidator.liquidate(...liquidate())).to.be.revertedWithCustomError(
      world.liquidator,
      "DeadlinePassed",
    );
  });

  it("fault K26: a market below the bound reverts, and nothing is sold at any price", async () => {
    const { world, id, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    await world.uniswap.sell(world.collateral, world.loan, POOL_FEE, world.btc("500"));
    await expect(liquidator.liquidate(...liquidate({ minProfit: 0n }))).to.be.revertedWith("Too little received");
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1"));
  });

  it("reverts when the profit is a unit less than asked for, and not when it is just that", async () => {
    const { world, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    // Interest depends on the second: each attempt is made in the same one.
    const second = (await networkHelpers.time.latest()) + 10;
    const snapshot = await networkHelpers.takeSnapshot();
    const attempt = async (minProfit: bigint) => {
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(second);
      return liquidator.liquidate(...liquidate({ minProfit }));
    };
    await attempt(0n);
    const profit = await world.loan.balanceOf(world.liquidator);
    await attempt(profit);
    await expect(attempt(profit + 1n)).to.be.revertedWith("Too little received");
  });

  it("refuses a path that does not lead from the collateral to the loan asset", async () => {
    const { world, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    const btc = await world.collateral.getAddress();
    const usd = await world.loan.getAddress();
    for (const path of [world.purchasePath, "0x", btc, pathOf([btc, POOL_FEE, btc]), `${world.salePath}00`, usd]) {
      await expect(liquidator.liquidate(...liquidate({ path }))).to.be.revertedWithCustomError(
        world.liquidator,
        "InvalidPath",
      );
    }
  });

  it("passes the least collateral a unit on to the manager", async () => {
    const { world, id, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    const quote = await world.manager.quoteLiquidation(id, MaxUint256);
    const perUnit = (quote.seized * 10n ** 36n) / quote.repaid;
    await expect(liquidator.liquidate(...liquidate({ least: perUnit * 2n }))).to.be.revertedWithCustomError(
      world.manager,
      "PriceTooLow",
    );
    await liquidator.liquidate(...liquidate({ least: (perUnit * 99n) / 100n }));
  });

  it("never pays a liquidation out of what it earned before", async () => {
    const { world, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    const address = await world.liquidator.getAddress();
    await world.loan.mint(address, world.cash("50000"));
    await world.uniswap.sell(world.collateral, world.loan, POOL_FEE, world.btc("500"));
    await expect(liquidator.liquidate(...liquidate({ minProfit: 0n }))).to.be.revertedWith("Too little received");
    expect(await world.loan.balanceOf(address)).to.equal(world.cash("50000"));
  });

  it("takes bad debt's collateral as well: what is paid then is less than the debt", async () => {
    const { world, id, liquidator, liquidate } = await networkHelpers.loadFixture(underwater);
    await world.uniswap.sell(world.collateral, world.loan, POOL_FEE, world.btc("500"));
    await expect(liquidator.liquidate(...liquidate())).to.emit(world.pool, "LossRealised");
    expect(await world.manager.ownerOf(id)).to.equal("0x0000000000000000000000000000000000000000");
  });
});
