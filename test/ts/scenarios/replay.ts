import { expect } from "chai";
import { lineProgress } from "../../../scenarios/progress/lines.js";
import { stateOf } from "../../../scenarios/replay/course.js";
import { l1FeesAt } from "../../../scenarios/replay/l1Fees.js";
import { quantilesOf } from "../../../scenarios/replay/quantiles.js";
import type { Moment } from "../../../scenarios/result.js";
import { sampleResult } from "./sample.js";

describe("scenarios: small parts of a replay", () => {
  it("quantiles lie between neighbours in proportion, whatever the order", () => {
    expect(quantilesOf([3, 1, 2, 5, 4])).to.deep.equal({ least: 1, p10: 1.4, p25: 2, median: 3, p75: 4, p90: 4.6 });
    expect(quantilesOf([2])).to.deep.equal({ least: 2, p10: 2, p25: 2, median: 2, p75: 2, p90: 2 });
    expect(quantilesOf([])).to.equal(undefined);
  });

  it("L1 fees rise tenfold on 12 March at 10:00 UTC, not a second earlier, and fall when the 13th ends", () => {
    const at = (time: string) => l1FeesAt(Date.parse(time) / 1000);
    const [calm, rough] = [at("2020-03-12T09:59:59Z"), at("2020-03-12T10:00:00Z")];
    expect(rough.baseFee).to.equal(calm.baseFee * 10n);
    expect(rough.blobBaseFee).to.equal(calm.blobBaseFee * 10n);
    expect(at("2020-03-13T23:59:59Z")).to.deep.equal(rough);
    expect(at("2020-03-14T00:00:00Z")).to.deep.equal(calm);
  });

  it("line progress writes a line for each mark and each event", () => {
    const lines: string[] = [];
    const progress = lineProgress((line) => lines.push(line));
    const moment: Moment = {
      ...sampleResult().moments[0]!,
      price: 792_005_600_000n,
      health: quantilesOf([1.25, 2]),
    };
    const report = { at: moment.at, done: 1, total: 9, state: stateOf(moment, 4) };
    progress.stage("Booting.");
    progress.step({ ...report, isMark: false });
    progress.step({ ...report, isMark: true });
    progress.event(moment.at, "something");
    progress.end();
    expect(lines).to.deep.equal([
      "Booting.",
      "12 Mar 00:03  BTC 7,920.06 · 60 loans · weakest 1.250 · median 1.625 · 2 below 1 · 4 liquidations",
      "12 Mar 00:03  something",
    ]);
  });
});
