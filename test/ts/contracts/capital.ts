// The contract's requirement and ratios against the sdk's model, over random books.
import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import {
  capitalRatioDown,
  meetsCapitalRatio,
  requiredCapitalUp,
  riskWeightedAssetsUp,
  uncoveredDebt,
} from "../../../sdk/model/index.js";
import type { Capital } from "../../../types/ethers-contracts/index.js";
import { deployMarket } from "../fixtures/market.js";

const BPS = 10n ** 14n;

describe("capital: contract and model", () => {
  it("require the same junior capital of any debt, weight and minimum", async () => {
    const { ethers } = await network.create({ network: "op", chainType: "op" });
    const [admin] = await ethers.getSigners();
    if (admin === undefined) throw new Error("no signer");
    const market = await deployMarket(admin);
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt(0n, 2n ** 112n),
        fc.bigInt(0n, 125_000n),
        fc.bigInt(800n, 10_000n),
        async (debt, weightBps, ratioBps) => {
          const capital = (await ethers.deployContract("Capital", [
            market.accessManager,
            [{ name: encodeBytes32String("one"), weightBps }],
            3_000,
          ])) as unknown as Capital;
          await capital.assign(market.pool, 0, ratioBps);
          const required = await capital.requiredJuniorUp(market.pool, debt);
          const weighted = riskWeightedAssetsUp([{ amount: debt, riskWeightWad: weightBps * BPS }]);
          expect(required).to.equal(requiredCapitalUp(weighted, ratioBps * BPS));
          expect(meetsCapitalRatio(required, weighted, ratioBps * BPS)).to.equal(true);
          if (required > 0n) expect(meetsCapitalRatio(required - 1n, weighted, ratioBps * BPS)).to.equal(false);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("show the same ratios, regulatory and economic, as of a real book", async () => {
    const { ethers } = await network.create({ network: "op", chainType: "op" });
    const [admin, lender, borrower] = await ethers.getSigners();
    if (admin === undefined || lender === undefined || borrower === undefined) throw new Error("no signers");
    const market = await deployMarket(admin);
    await market.lend(lender, market.cash(1_000_000n));
    const ids: bigint[] = [];
    for (const [amount, principal] of [
      ["3.1", 100_000n],
      ["0.8", 33_333n],
      ["20", 1_000n],
    ] as const) {
      const salt = BigInt(ids.length);
      ids.push(await market.open(borrower, market.btc(amount), market.cash(principal), salt));
    }
    const capital = (await ethers.deployContract("Capital", [
      market.accessManager,
      [{ name: encodeBytes32String("unrated corporate"), weightBps: 10_000 }],
      4_321,
    ])) as unknown as Capital;
    await capital.assign(market.pool, 0, 0);
    await market.setPrice(41_000n);

    const debt = await market.pool.totalDebt();
    const regulatory = await capital.ratioOf(market.pool);
    const weighted = riskWeightedAssetsUp([{ amount: debt, riskWeightWad: BPS * 10_000n }]);
    expect(regulatory.riskWeightedAssets).to.equal(weighted);
    expect(regulatory.ratioWad).to.equal(capitalRatioDown(regulatory.junior, weighted));

    const price = await market.oracle.price();
    let uncovered = 0n;
    for (const id of ids) {
      const { collateral } = await market.manager.loanOf(id);
      uncovered += uncoveredDebt(await market.manager.debtOf(id), (collateral * price) / 10n ** 36n, 4_321n * BPS);
    }
    expect(uncovered > 0n, "some of it is").to.equal(true);
    const economic = await capital.economicRatioOf(market.pool, ids);
    expect(economic.exposure).to.equal(uncovered);
    expect(economic.exposure < regulatory.exposure).to.equal(true);
  });
});
