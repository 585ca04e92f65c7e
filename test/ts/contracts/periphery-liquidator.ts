import { expect } from "chai";
import { network } from "hardhat";
import { MaxUint256 } from "ethers";
import { POOL_FEE, deployWorld } from "../keeper/support/world.js";
import { pathOf } from "../keeper/support/uniswap.js";

const { ethers, networkHelpers } = await network.create({ network: "op" });

/** A world with one loan of 6,500 dollars on one bitcoin, which a fall to 7,500 makes unhealthy. */
async function scene(price: bigint) {
  const [owner, operator, borrower, stranger] = await ethers.getSigners();
  if (!owner || !operator || !borrower || !stranger) throw new Error("the network has no accounts");
  const world = await deployWorld(owner, { price: 9500n });
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
  return { world, id, liquidator, liquidate, owner, operator, borrower, stranger, deadline };
}

const fallen = () => scene(7500n);
const underwater = () => scene(5500n);

describe("periphery: Liquidator", () => {
  it("liquidates without capital, pays the pool, keeps the profit, and its owner takes it out", async () => {
    const { world, id, liquidator, liquidate, owner, stranger } = await networkHelpers.loadFixture(fallen);
    const address = await world.liquidator.getAddress();
    const quote = await world.manager.quoteLiquidation(id, MaxUint256);
    const proceeds = await world.uniswap.quoteExactInput(world.salePath, quote.seized);
    const foreseen = await liquidator.liquidate.staticCall(...liquidate());

    await expect(liquidator.liquidate(...liquidate())).to.emit(world.manager, "Liquidated");
    const profit = await world.loan.balanceOf(address);
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

  it("simulates several liquidations in the order in which they would be sent", async () => {
    const { world, id, liquidator, liquidate } = await networkHelpers.loadFixture(fallen);
    const first = liquidator.interface.encodeFunctionData("liquidate", [
      ...liquidate({ maxRepaid: world.cash("500") }),
    ]);
    const second = liquidator.interface.encodeFunctionData("liquidate", [...liquidate()]);
    const results = await liquidator.multicall.staticCall([first, second]);
    const profits = results.map((r) => liquidator.interface.decodeFunctionResult("liquidate", r)[2] as bigint);
    expect(profits).to.have.length(2);
    const alone = await liquidator.liquidate.staticCall(...liquidate());
    // The second sees the market and the loan as the first leaves them.
    expect(profits[1]).to.be.greaterThan(0n).and.lessThan(alone.profit);
    expect(await world.manager.debtOf(id)).to.be.greaterThan(world.cash("6500"));
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
