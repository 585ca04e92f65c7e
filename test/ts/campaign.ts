import { expect } from "chai";
import { Tally, callsOf, linesOf, tallyTable } from "../tools/campaignLog.js";

const LOG = `{"name":"open","tried":[3,0,1],"done":[2,0,0],"refused":{"0x4e487b71":1,"0x00000000":1}}
{"name":"crash","tried":[0,0,0],"done":[1,0,0],"refused":{}}
{"name":"open","tried":[1,0,0],"done":[0,0,0],"refused":{"0x4e487b71":1}}
{"name":"serve","tried":[5,0,0],"done":[0,0,0],"refused":{}}
`;

describe("what a campaign says of its calls", () => {
  const tally = new Tally();
  for (const line of linesOf(LOG)) tally.add(line);

  it("adds runs up by action, and counts as calls what was tried, not what that turned out to be", () => {
    expect(tally.actions["open"]).to.deep.equal({
      tried: [4, 0, 1],
      done: [2, 0, 0],
      refused: { Panic: 2, "(nothing)": 1 },
    });
    expect(callsOf(tally)).to.equal(10);
  });

  it("names the actions that were tried often and never succeeded", () => {
    expect(tally.neverDone(5)).to.deep.equal(["serve"]);
    expect(tally.neverDone(6)).to.deep.equal([]);
  });

  it("shows why actions were refused, most often first", () => {
    expect(tallyTable(tally)).to.match(/open .* 5 .* 2 \/ 0 \/ 0 .* Panic 2, \(nothing\) 1/);
  });
});
