import { expect } from "chai";
import fc from "fast-check";
import {
  MAX_UINT256,
  WAD,
  capitalRatioDown,
  meetsCapitalRatio,
  mostDebtDown,
  requiredCapitalUp,
  riskWeightedAssetsUp,
  uncoveredDebt,
} from "../../../sdk/model/index.js";

const amount = fc.bigInt(0n, 10n ** 30n);

describe("model: capital ratio", () => {
  it("weights exposures and never understates them", () => {
    const assets = riskWeightedAssetsUp([
      { amount: 1_000n, riskWeightWad: WAD },
      { amount: 1_000n, riskWeightWad: 0n },
      { amount: 1_001n, riskWeightWad: (125n * WAD) / 10n },
      { amount: 1n, riskWeightWad: 1n },
    ]);
    expect(assets).to.equal(1_000n + 12_513n + 1n);
  });

  it("passes where no risk is weighted", () => {
    expect(capitalRatioDown(0n, 0n)).to.equal(MAX_UINT256);
    expect(meetsCapitalRatio(0n, 0n, WAD)).to.equal(true);
  });

  it("fault C30: the ratio shown and the test agree at the limit exactly", () => {
    expect(meetsCapitalRatio(105n, 1_000n, (105n * WAD) / 1_000n)).to.equal(true);
    expect(meetsCapitalRatio(104n, 1_000n, (105n * WAD) / 1_000n)).to.equal(false);
    fc.assert(
      fc.property(amount, fc.bigInt(1n, 10n ** 30n), fc.bigInt(0n, WAD), (junior, assets, minimum) => {
        expect(meetsCapitalRatio(junior, assets, minimum)).to.equal(capitalRatioDown(junior, assets) >= minimum);
      }),
    );
  });

  it("shows a ratio that is never above what there is", () => {
    expect(capitalRatioDown(1n, 3n)).to.equal(WAD / 3n);
    expect(capitalRatioDown(2n, 3n)).to.equal((2n * WAD) / 3n);
  });

  it("requires the least capital that meets the ratio", () => {
    fc.assert(
      fc.property(amount, fc.bigInt(0n, WAD), (assets, minimum) => {
        const required = requiredCapitalUp(assets, minimum);
        expect(meetsCapitalRatio(required, assets, minimum)).to.equal(true);
        if (required > 0n) expect(meetsCapitalRatio(required - 1n, assets, minimum)).to.equal(false);
      }),
    );
  });

  it("counts as uncovered what the collateral leaves after its haircut, and never less than nothing", () => {
    const quarter = WAD / 4n;
    expect(uncoveredDebt(1_000n, 1_000n, quarter)).to.equal(250n);
    // Of 1,001 three quarters are 750.75, and only whole units cover.
    expect(uncoveredDebt(1_000n, 1_001n, quarter)).to.equal(250n);
    expect(uncoveredDebt(750n, 1_000n, quarter)).to.equal(0n);
    expect(uncoveredDebt(751n, 1_000n, quarter)).to.equal(1n);
    expect(uncoveredDebt(1n, 1_000n, quarter)).to.equal(0n);
    expect(uncoveredDebt(1_000n, 1_000n, WAD)).to.equal(1_000n);
  });

  it("finds the most debt that a capital carries: no more than it requires, and all of it where the numbers divide", () => {
    expect(mostDebtDown(105n, WAD, (105n * WAD) / 1_000n)).to.equal(1_000n);
    expect(mostDebtDown(100n, (125n * WAD) / 10n, (8n * WAD) / 100n)).to.equal(100n);
    expect(mostDebtDown(100n, 3n * WAD, WAD / 2n)).to.equal(66n);
    expect(mostDebtDown(1n, WAD, (3n * WAD) / 10n)).to.equal(3n);
    expect(mostDebtDown(100n, 0n, WAD)).to.equal(MAX_UINT256);
    fc.assert(
      fc.property(amount, fc.bigInt(WAD / 10n, 13n * WAD), fc.bigInt(WAD / 100n, WAD), (junior, weight, minimum) => {
        const debt = mostDebtDown(junior, weight, minimum);
        const assets = riskWeightedAssetsUp([{ amount: debt, riskWeightWad: weight }]);
        expect(meetsCapitalRatio(junior + 1n, assets, minimum)).to.equal(true);
      }),
    );
  });
});
