import { expect } from "chai";
import fc from "fast-check";
import { toAssetsDown, toAssetsUp, toSharesDown, toSharesUp } from "../../../sdk/model/index.js";

const amount = fc.bigInt(0n, 2n ** 112n - 1n);
const totals = fc.record({ totalAssets: amount, totalShares: amount });

describe("model: share conversions", () => {
  it("POOL-3: supplying and withdrawing at one moment never profits, in either order and unit", () => {
    fc.assert(
      fc.property(amount, totals, (assets, before) => {
        const shares = toSharesDown(assets, before);
        const after = {
          totalAssets: before.totalAssets + assets,
          totalShares: before.totalShares + shares,
        };
        expect(toAssetsDown(shares, after) <= assets).to.equal(true);
        expect(toSharesUp(assets, after) >= shares).to.equal(true);
        expect(toAssetsDown(toSharesDown(assets, before), before) <= assets).to.equal(true);
        expect(toAssetsUp(toSharesUp(assets, before), before) >= assets).to.equal(true);
      }),
    );
  });

  it("borrowing and repaying at one moment never costs less than what was borrowed", () => {
    fc.assert(
      fc.property(amount, totals, (assets, before) => {
        const owed = toSharesUp(assets, before);
        const after = { totalAssets: before.totalAssets + assets, totalShares: before.totalShares + owed };
        expect(toAssetsUp(owed, after) >= assets).to.equal(true);
        expect(toSharesDown(assets, after) <= owed).to.equal(true);
      }),
    );
  });

  it("fault C11: a thousand supplies of one unit receive no more than one of a thousand", () => {
    fc.assert(
      fc.property(totals, (start) => {
        let state = start;
        let ground = 0n;
        for (let step = 0; step < 1000; step++) {
          const shares = toSharesDown(1n, state);
          ground += shares;
          state = { totalAssets: state.totalAssets + 1n, totalShares: state.totalShares + shares };
        }
        expect(ground <= toSharesDown(1000n, start)).to.equal(true);
      }),
      { numRuns: 30 },
    );
  });

  it("fault C10: a donation to an empty ledger costs the donor a million times what it takes", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 80n), fc.bigInt(1n, 2n ** 80n), (donation, victim) => {
        // Were balances read, the donation would raise totalAssets without shares; the first depositor's loss is bounded.
        const before = { totalAssets: donation, totalShares: 0n };
        const shares = toSharesDown(victim, before);
        const redeemable = toAssetsDown(shares, {
          totalAssets: donation + victim,
          totalShares: shares,
        });
        const loss = victim - redeemable;
        expect(loss <= (donation + victim) / 1_000_000n + 1n).to.equal(true);
      }),
    );
  });
});
