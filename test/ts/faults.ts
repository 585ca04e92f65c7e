import { expect } from "chai";
import { gaps, knownFaults } from "../tools/faults.js";

describe("faults", () => {
  it("has a test for every fault that hit others", () => {
    expect(knownFaults(process.cwd())).to.have.length.above(70);
    expect(gaps(process.cwd())).to.deep.equal({ untested: [], unknown: [] });
  });
});
