import { expect } from "chai";
import fc from "fast-check";
import { ModelInputError, divUp, mulDivDown, mulDivUp, squareRootDown } from "../../../sdk/model/index.js";

describe("model: square root", () => {
  it("is the largest whole number whose square is not above the value", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), (value) => {
        const root = squareRootDown(value);
        expect(root * root <= value && value < (root + 1n) ** 2n).to.equal(true);
      }),
    );
  });

  it("is exact at every square and one below the next", () => {
    for (let root = 0n; root < 2_000n; root++) {
      expect(squareRootDown(root * root)).to.equal(root);
      expect(squareRootDown((root + 1n) ** 2n - 1n)).to.equal(root);
    }
  });

  it("refuses a negative value", () => {
    expect(() => squareRootDown(-1n)).to.throw(ModelInputError, "value");
  });
});

describe("model: product and quotient", () => {
  it("rounds as its name says, and not at all where the numbers divide", () => {
    expect([mulDivDown(7n, 3n, 2n), mulDivUp(7n, 3n, 2n)]).to.deep.equal([10n, 11n]);
    expect([mulDivDown(7n, 4n, 2n), mulDivUp(7n, 4n, 2n)]).to.deep.equal([14n, 14n]);
    expect([mulDivDown(0n, 3n, 2n), mulDivUp(0n, 3n, 2n)]).to.deep.equal([0n, 0n]);
    expect([divUp(0n, 5n), divUp(1n, 5n), divUp(4n, 5n), divUp(5n, 5n), divUp(6n, 5n)]).to.deep.equal([
      0n,
      1n,
      1n,
      1n,
      2n,
    ]);
  });

  it("refuses what the contracts' numbers cannot be: negative factors, and a denominator that is not above zero", () => {
    for (const mulDiv of [mulDivDown, mulDivUp]) {
      expect(() => mulDiv(-1n, 1n, 1n)).to.throw(ModelInputError, "x is -1");
      expect(() => mulDiv(1n, -1n, 1n)).to.throw(ModelInputError, "y is -1");
      expect(() => mulDiv(-1n, -1n, 1n)).to.throw(ModelInputError, "x is -1");
      expect(() => mulDiv(1n, 1n, 0n)).to.throw(ModelInputError, "denominator is 0");
      expect(() => mulDiv(1n, 1n, -1n)).to.throw(ModelInputError, "denominator is -1");
    }
    expect(() => divUp(-1n, 1n)).to.throw(ModelInputError, "x is -1");
    expect(() => divUp(1n, 0n)).to.throw(ModelInputError, "denominator is 0");
    expect(() => divUp(1n, -1n)).to.throw(ModelInputError, "denominator is -1");
  });
});
