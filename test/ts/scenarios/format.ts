import { expect } from "chai";
import { formatDuration, formatExactly, formatTime, formatUnits } from "../../../scenarios/format.js";

describe("scenarios: amounts for people", () => {
  it("groups thousands and rounds the last place half away from zero", () => {
    expect(formatUnits(1_234_567_894_999n, 6, 2)).to.equal("1,234,567.89");
    expect(formatUnits(1_234_567_895_000n, 6, 2)).to.equal("1,234,567.90");
    expect(formatUnits(999_999_999n, 6, 0)).to.equal("1,000");
    expect(formatUnits(-1_500n, 3, 0)).to.equal("−2");
    expect(formatUnits(12n, 8, 8)).to.equal("0.00000012");
    expect(formatUnits(5n, 0, 2)).to.equal("5.00");
  });

  it("writes no minus before a zero", () => expect(formatUnits(-4n, 3, 2)).to.equal("0.00"));

  it("can show every unit", () => expect(formatExactly(-100_000_001n, 8)).to.equal("−1.00000001"));

  it("tells times in UTC and durations in words", () => {
    expect(formatTime(1583971200 + 605)).to.equal("12 Mar 00:10");
    expect([12, 300, 3600, 7500].map(formatDuration)).to.deep.equal(["12 s", "5 min", "1 h", "2 h 5 min"]);
  });
});
