import { expect } from "chai";
import fc from "fast-check";
import { ModelInputError, squareRootDown } from "../../../sdk/model/index.js";

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
