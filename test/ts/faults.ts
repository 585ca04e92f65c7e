import { expect } from "chai";
import { faultTests, gaps, knownFaults } from "../tools/faults.js";

describe("faults", () => {
  it("has a test for every fault that hit others", () => {
    expect(knownFaults(process.cwd())).to.have.length.above(70);
    expect(gaps(process.cwd())).to.deep.equal({ untested: [], unknown: [] });
  });

  it("tries every fault of the keeper on its real process too", () => {
    const tests = faultTests(process.cwd()).filter(({ file }) => /^test\/ts\/keeper\/process\w*\.ts$/.test(file));
    const tried = new Set(tests.map(({ id }) => id));
    const ofKeeper = knownFaults(process.cwd()).filter((id) => id.startsWith("K"));
    expect(ofKeeper.filter((id) => !tried.has(id))).to.deep.equal([]);
  });
});
