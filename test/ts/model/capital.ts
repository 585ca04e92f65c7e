import { expect } from "chai";
import fc from "fast-check";
import {
  MAX_UINT256,
  WAD,
  capitalRatioDown,
  meetsCapitalRatio,
  riskWeightedAssetsUp,
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
});
