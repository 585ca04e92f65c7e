import { expect } from "chai";
import { network } from "hardhat";
import { MaxUint256 } from "ethers";
import { POOL_FEE, deployWorld } from "../keeper/support/world.js";
import { pathOf } from "../keeper/support/uniswap.js";
import { MockToken__factory } from "../../../types/ethers-contracts/factories/contracts/mocks/MockToken__factory.js";

const { ethers, networkHelpers } = await network.create({ network: "op" });

const WITHDRAW = 2;
const CLOSE = 4;
const FOREVER = 2n ** 40n - 1n;
const NO_LIMIT = 2n ** 104n - 1n;

/** A loan of 4,000 dollars on one bitcoin at 8,000, whose owner has authorised the contract to close and to withdraw. */
async function authorised() {
  const [owner, borrower, stranger] = await ethers.getSigners();
  if (!owner || !borrower || !stranger) throw new Error("the network has no accounts");
  const world = await deployWorld(owner);
  const id = await world.open(borrower, world.btc("1"), world.cash("4000"));
  const authorise = async (actions: number, collateralLimit = NO_LIMIT) => {
    await world.manager.connect(borrower).setAuthorisation(world.facility, world.repayWithCollateral, {
      actions,
      expiresAt: FOREVER,
      cashLimit: 0n,
      collateralLimit,
    });
  };
  await authorise(CLOSE | WITHDRAW);
  const deadline = BigInt(await networkHelpers.time.latest()) + 600n;
  const sale = { path: world.purchasePath, maxSold: world.btc("1"), deadline };
  const contract = world.repayWithCollateral.connect(borrower);
  return { world, id, contract, sale, authorise, owner, borrower, stranger };
}

describe("periphery: RepayWithCollateral", () => {
  it("closes a loan: sells just enough, pays all the debt, sends the rest of the collateral where it is told", async () => {
    const { world, id, contract, sale, borrower, stranger } = await networkHelpers.loadFixture(authorised);
    const usdBefore = await world.loan.balanceOf(world.pool);
    const foreseen = await contract.close.staticCall(id, sale, stranger);
    const sent = contract.close(id, sale, stranger);
    await expect(sent).to.emit(world.manager, "Closed");

    const returned = await world.collateral.balanceOf(stranger);
    const received = (await world.loan.balanceOf(world.pool)) - usdBefore;
    await expect(sent)
      .to.emit(contract, "RepaidWithCollateral")
      .withArgs(id, borrower, received, world.btc("1") - returned);
    expect(returned).to.be.within(world.btc("0.49"), world.btc("0.5"));
    expect(foreseen.returned - returned).to.be.within(0n, 10n);
    expect(foreseen.sold + foreseen.returned).to.equal(world.btc("1"));
    expect(received).to.be.within(foreseen.paid, foreseen.paid + 1000n);
    expect(await world.manager.ownerOf(id)).to.equal(ethers.ZeroAddress);
    for (const token of [world.collateral, world.loan]) expect(await token.balanceOf(contract)).to.equal(0n);
    expect(await world.loan.allowance(contract, world.pool)).to.equal(0n);
  });

  it("closes a loan at a loan-to-value at which nothing could be withdrawn, and with no oracle at all", async () => {
    const { world, id, contract, sale, borrower } = await networkHelpers.loadFixture(authorised);
    await world.setPrice(5100n);
    await world.oracle.setRefusing(true);
    await contract.close(id, sale, borrower);
    expect(await world.manager.ownerOf(id)).to.equal(ethers.ZeroAddress);
  });

  it("closes a loan that owes nothing, without a sale", async () => {
    const { world, id, contract, sale, borrower, stranger } = await networkHelpers.loadFixture(authorised);
    await world.loan.mint(borrower, world.cash("4001"));
    await world.loan.connect(borrower).approve(world.pool, MaxUint256);
    await world.manager.connect(borrower).repay(id, MaxUint256, "0x");
    await contract.close(id, sale, stranger);
    expect(await world.collateral.balanceOf(stranger)).to.equal(world.btc("1"));
  });

  it("repays part of a loan and leaves the rest of the collateral in it", async () => {
    const { world, id, contract, sale, borrower } = await networkHelpers.loadFixture(authorised);
    const debt = await world.manager.debtOf(id);
    const { sold } = await contract.repay.staticCall(id, world.cash("1000"), sale);
    await expect(contract.repay(id, world.cash("1000"), sale))
      .to.emit(contract, "RepaidWithCollateral")
      .withArgs(id, borrower, world.cash("1000"), sold);
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") - sold);
    expect(debt - (await world.manager.debtOf(id))).to.be.within(world.cash("999.99"), world.cash("1000"));
    for (const token of [world.collateral, world.loan]) expect(await token.balanceOf(contract)).to.equal(0n);
  });

  it("repays part of a loan above maxLtv when that brings it below, and is refused when it does not", async () => {
    const { world, id, contract, sale } = await networkHelpers.loadFixture(authorised);
    await world.setPrice(5500n); // 72.7 %; maxLtv is 70 %
    await expect(contract.repay(id, world.cash("100"), sale)).to.be.revertedWithCustomError(
      world.manager,
      "LtvTooHigh",
    );
    await contract.repay(id, world.cash("2000"), sale);
    expect(await world.manager.debtOf(id)).to.be.lessThan(world.cash("2001"));
  });

  it("repays all the debt when asked for more, and then leaves a loan that owes nothing", async () => {
    const { world, id, contract, sale } = await networkHelpers.loadFixture(authorised);
    await contract.repay(id, MaxUint256, sale);
    expect(await world.manager.debtOf(id)).to.equal(0n);
    expect((await world.manager.loanOf(id)).collateral).to.be.greaterThan(world.btc("0.49"));
    await expect(contract.repay(id, 1n, sale)).to.be.revertedWithCustomError(world.manager, "ZeroAmount");
  });

  it("refuses a payment that would leave dust, and says what could be paid", async () => {
    const { world, id, contract, sale } = await networkHelpers.loadFixture(authorised);
    await expect(contract.repay(id, world.cash("3950"), sale)).to.be.revertedWithCustomError(
      contract,
      "WouldLeaveDust",
    );
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1"));
  });

  it("sells over several pools where there is no direct one", async () => {
    const { world, id, contract, sale, owner, borrower } = await networkHelpers.loadFixture(authorised);
    const ether = await new MockToken__factory(owner).deploy("Ether", "ETH", 18);
    await world.uniswap.makePool(ether, world.loan, 500, 200n * 10n ** 24n, world.cash("1000000"));
    await world.uniswap.makePool(world.collateral, ether, 500, 40n * 10n ** 46n, 5_000n * 10n ** 18n);
    const [btc, weth, usd] = await Promise.all([world.collateral, ether, world.loan].map((t) => t.getAddress()));
    const path = pathOf([usd ?? "", 500, weth ?? "", 500, btc ?? ""]);
    const amount = world.cash("1000");
    const expected = await world.uniswap.quoteExactOutput(path, amount);
    await contract.repay(id, amount, { ...sale, path });
    expect((await world.manager.loanOf(id)).collateral).to.equal(world.btc("1") - expected);

    await contract.close(id, { ...sale, path }, borrower);
    expect(await world.collateral.balanceOf(borrower)).to.be.greaterThan(world.btc("0.48"));
    for (const token of [world.collateral, world.loan, ether]) expect(await token.balanceOf(contract)).to.equal(0n);
  });

  it("sells no more than its bound, and no more than the loan has", async () => {
    const { world, id, contract, sale, borrower } = await networkHelpers.loadFixture(authorised);
    const { sold } = await contract.repay.staticCall(id, world.cash("1000"), sale);
    await expect(contract.repay(id, world.cash("1000"), { ...sale, maxSold: sold - 1n }))
      .to.be.revertedWithCustomError(contract, "TooMuchSold")
      .withArgs(sold, sold - 1n);
    await contract.repay(id, world.cash("1000"), { ...sale, maxSold: sold });

    const dear = await world.open(borrower, world.btc("1"), world.cash("5500"), 1n);
    await world.uniswap.sell(world.collateral, world.loan, POOL_FEE, world.btc("700"));
    await expect(contract.close(dear, { ...sale, maxSold: MaxUint256 }, borrower)).to.be.revertedWithCustomError(
      contract,
      "TooMuchSold",
    );
  });

  it("says so when the market cannot deliver", async () => {
    const { world, id, contract, sale, borrower } = await networkHelpers.loadFixture(authorised);
    await world.uniswap.makePool(world.collateral, world.loan, 500, world.priceE36(8000n), world.cash("100"));
    const thin = pathOf([await world.loan.getAddress(), 500, await world.collateral.getAddress()]);
    await expect(contract.close(id, { ...sale, path: thin }, borrower)).to.be.revertedWithCustomError(
      contract,
      "InsufficientLiquidity",
    );
    const none = pathOf([await world.loan.getAddress(), 10000, await world.collateral.getAddress()]);
    await expect(contract.close(id, { ...sale, path: none }, borrower)).to.be.revertedWithCustomError(
      contract,
      "NoSuchPool",
    );
  });

  it("fault C36: acts for nobody but the loan's owner, whatever was authorised", async () => {
    const { world, id, sale, owner, stranger } = await networkHelpers.loadFixture(authorised);
    for (const who of [owner, stranger]) {
      const contract = world.repayWithCollateral.connect(who);
      await expect(contract.close(id, sale, who)).to.be.revertedWithCustomError(contract, "NotLoanOwner");
      await expect(contract.repay(id, 1n, sale)).to.be.revertedWithCustomError(contract, "NotLoanOwner");
    }
  });

  it("fault C36: needs the owner's authorisation for just this action, and stays within its limit", async () => {
    const { world, id, contract, sale, authorise, borrower } = await networkHelpers.loadFixture(authorised);
    await authorise(WITHDRAW);
    await expect(contract.close(id, sale, borrower)).to.be.revertedWithCustomError(world.manager, "NotAuthorised");
    await authorise(CLOSE);
    await expect(contract.repay(id, world.cash("1000"), sale)).to.be.revertedWithCustomError(
      world.manager,
      "NotAuthorised",
    );
    await authorise(WITHDRAW | CLOSE, world.btc("0.1"));
    await expect(contract.repay(id, world.cash("1000"), sale)).to.be.revertedWithCustomError(
      world.manager,
      "CollateralLimitExceeded",
    );
    await contract.repay(id, world.cash("700"), sale);
  });

  it("does nothing after its deadline, and refuses a path from or to another token", async () => {
    const { world, id, contract, sale, borrower } = await networkHelpers.loadFixture(authorised);
    for (const path of [world.salePath, "0x", sale.path.slice(0, -2)])
      await expect(contract.close(id, { ...sale, path }, borrower)).to.be.revertedWithCustomError(
        contract,
        "InvalidPath",
      );
    await networkHelpers.time.increaseTo(sale.deadline + 1n);
    await expect(contract.close(id, sale, borrower)).to.be.revertedWithCustomError(contract, "DeadlinePassed");
    await expect(contract.repay(id, 1n, sale)).to.be.revertedWithCustomError(contract, "DeadlinePassed");
  });

  it("refuses a callback from any pool it is not buying from", async () => {
    const { world, contract, stranger } = await networkHelpers.loadFixture(authorised);
    await expect(
      world.repayWithCollateral.connect(stranger).uniswapV3SwapCallback(1n, -1n, "0x"),
    ).to.be.revertedWithCustomError(contract, "UnexpectedCallback");
    const pool = (await world.uniswap.factory.getFunction("getPool")(world.collateral, world.loan, POOL_FEE)) as string;
    await networkHelpers.impersonateAccount(pool);
    await networkHelpers.setBalance(pool, 10n ** 18n);
    await expect(world.repayWithCollateral.connect(await ethers.getSigner(pool)).uniswapV3SwapCallback(1n, -1n, "0x"))
      .to.be.revertedWithCustomError(contract, "UnexpectedCallback")
      .withArgs(pool, ethers.ZeroAddress);
  });
});
