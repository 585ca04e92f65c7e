import { expect } from "chai";
import fc from "fast-check";
import { sampleCurves } from "../../../keeper/plan/market.js";
import { SaleCurve } from "../../../keeper/plan/curve.js";
import { poolsOf, encodePath, withoutSharedPools } from "../../../keeper/plan/routes.js";
import { bestSplit } from "../../../keeper/plan/split.js";
import { BTC, ProductMarket } from "./support/loans.js";

const NOTHING_SOLD = new Map<string, bigint>();
const amounts = fc.bigInt(1n, 1_000n * BTC);
const pools = fc.array(fc.bigInt(1_000n, 100_000_000n), { minLength: 1, maxLength: 4 });

async function curvesOf(depths: readonly bigint[], amount: bigint) {
  const market = new ProductMarket(Object.fromEntries(depths.map((dollars, i) => [`pool ${i}`, dollars])));
  return { market, curves: await sampleCurves(market, new Map(market.paths.map((path) => [path, amount]))) };
}

describe("keeper: split of a sale", () => {
  it("property: a curve between quotes never promises more than the pool pays", async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt(1_000n, 100_000_000n), amounts, fc.bigInt(0n, 10_000n), async (depth, most, at) => {
        const { market, curves } = await curvesOf([depth], most);
        const amount = (most * at) / 10_000n;
        expect((curves.get("pool 0")?.outAt(amount) ?? 0n) <= market.exact("pool 0", amount)).to.equal(true);
      }),
    );
  });

  it("property: sells all of it, and for at least what the best single pool pays, whatever a leg costs", async () => {
    await fc.assert(
      fc.asyncProperty(pools, amounts, fc.bigInt(0n, 10n ** 9n), async (depths, amount, legCost) => {
        const { curves } = await curvesOf(depths, amount);
        const split = bestSplit(curves, NOTHING_SOLD, amount, legCost);
        const sold = split?.shares.reduce((sum, { amountIn }) => sum + amountIn, 0n);
        expect(sold).to.equal(amount);
        const legs = BigInt((split?.shares.length ?? 1) - 1);
        const single = [...curves.values()].map((curve) => curve.outAt(amount)).reduce((a, b) => (a > b ? a : b));
        expect((split?.proceeds ?? 0n) - legCost * legs >= single).to.equal(true);
      }),
    );
  });

  it("property: no part moved from one pool to another brings more", async () => {
    await fc.assert(
      fc.asyncProperty(pools, amounts, fc.bigInt(1n, 99n), async (depths, amount, percent) => {
        const { curves } = await curvesOf(depths, amount);
        const split = bestSplit(curves, NOTHING_SOLD, amount, 0n);
        const at = new Map(split?.shares.map(({ path, amountIn }) => [path, amountIn]));
        const total = (amountOf: (path: string) => bigint): bigint =>
          [...curves].reduce((sum, [path, curve]) => sum + curve.outAt(amountOf(path)), 0n);
        for (const from of at.keys()) {
          for (const to of curves.keys()) {
            if (from === to) continue;
            const moved = ((at.get(from) ?? 0n) * percent) / 100n;
            const after = total((path) => {
              const own = at.get(path) ?? 0n;
              return path === from ? own - moved : path === to ? own + moved : own;
            });
            // Each curve is rounded down by itself.
            expect(after <= (split?.proceeds ?? 0n) + 4n).to.equal(true);
          }
        }
      }),
    );
  });

  it("goes on where the sale before left each pool", () => {
    const curves = new Map(
      ["a", "b"].map((path) => [
        path,
        new SaleCurve([100n, 200n].map((x) => ({ amountIn: x, amountOut: 1_000n * x - x * x }))),
      ]),
    );
    const first = bestSplit(curves, NOTHING_SOLD, 100n, 0n);
    const sold = new Map(first?.shares.map(({ path, amountIn }) => [path, amountIn]));
    const second = bestSplit(curves, sold, 100n, 0n);
    expect(second?.shares.map(({ path }) => path)).to.not.deep.equal(first?.shares.map(({ path }) => path));
    expect(second?.proceeds).to.equal(first?.proceeds);
  });

  it("promises nothing beyond the depth that was quoted", () => {
    const curves = new Map([["a", new SaleCurve([{ amountIn: 100n, amountOut: 90n }])]]);
    expect(bestSplit(curves, NOTHING_SOLD, 101n, 0n)).to.equal(undefined);
    expect(bestSplit(curves, new Map([["a", 50n]]), 51n, 0n)).to.equal(undefined);
    expect(bestSplit(curves, new Map([["a", 50n]]), 50n, 0n)?.proceeds).to.equal(45n);
  });

  it("does not take two ways through one pool for two markets", () => {
    const [a, b, c] = ["1", "2", "3"].map((digit) => `0x${digit.repeat(40)}`) as [string, string, string];
    const paths = [encodePath([a, 500, b, 3_000, c]), encodePath([a, 500, c]), encodePath([a, 3_000, b, 3_000, c])];
    expect(poolsOf(paths[0] ?? "")).to.have.length(2);
    expect(withoutSharedPools(paths)).to.deep.equal(paths.slice(0, 2));
    // A pool is the same from both sides.
    expect(poolsOf(encodePath([a, 500, b]))).to.deep.equal(poolsOf(encodePath([b, 500, a])));
  });
});
