import { expect } from "chai";
import { network } from "hardhat";
import { parseDeployment } from "../../../sdk/client/deployment.js";
import { addFacility, deployMarket, deploymentOf } from "../fixtures/market.js";

describe("fixture: market", () => {
  for (const [collateralDecimals, loanDecimals] of [
    [8, 6],
    [18, 18],
    [8, 18],
  ] as const) {
    it(`opens, draws and repays with ${collateralDecimals} and ${loanDecimals} decimals`, async () => {
      const { ethers } = await network.create("op");
      const [deployer, lender, borrower] = await ethers.getSigners();
      const market = await deployMarket(deployer!, { collateralDecimals, loanDecimals, price: 50_000n });
      await market.lend(lender!, market.cash(100_000n));
      const id = await market.open(borrower!, market.btc("0.5"), market.cash(10_000n), 7n);
      expect(await market.manager.ownerOf(id)).to.equal(borrower!.address);
      expect(await market.loan.balanceOf(borrower!.address)).to.equal(market.cash(10_000n));
      expect(await market.oracle.price()).to.equal(market.priceE36(50_000n));
      await market.manager.connect(borrower).repay(id, market.cash(5_000n), "0x");
      expect(await market.manager.debtOf(id)).to.be.closeTo(market.cash(5_000n), market.cash("0.01"));
    });
  }

  it("adds a second facility with the tokens of the first, and describes both as a deployment", async () => {
    const { ethers } = await network.create("op");
    const [deployer] = await ethers.getSigners();
    const first = await deployMarket(deployer!);
    const second = await addFacility(first, {
      collateral: first.collateral,
      loan: first.loan,
      terms: { maxLtvBps: 6_000, targetLtvBps: 5_500 },
    });
    expect(second.facility).to.equal(2n);
    const deployment = parseDeployment(await deploymentOf(10, first, second));
    expect(deployment.facilities.map((f) => f.id)).to.deep.equal([1, 2]);
    expect(Object.values(deployment.tokens).map((t) => t.symbol)).to.have.members(["WBTC", "USDX"]);
  });
});
