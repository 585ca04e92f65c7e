import { expect } from "chai";
import { expectNear } from "../support/near.js";
import { MARCH_2020, readSeries } from "../../../scenarios/prices/files.js";
import { endOf, openingPrice, pathOf } from "../../../scenarios/prices/path.js";
import { parseSeries } from "../../../scenarios/prices/series.js";

const T = Date.parse("2020-01-01T00:00Z") / 1000;
const hours = parseSeries("timestamp,low,close\n2020-01-01T00:00Z,100,400\n2020-01-01T01:00Z,100,800", "day.csv");

describe("scenarios: the path of the market", () => {
  it("reaches each hour's low at :20 and its close at :50, exactly", () => {
    const ends = pathOf(hours).filter((step) => step.endsLeg);
    expect(ends).to.deep.equal([
      { at: T + 1200, price: 100_00000000n, endsLeg: "low" },
      { at: T + 3000, price: 400_00000000n, endsLeg: "close" },
      { at: T + 4800, price: 100_00000000n, endsLeg: "low" },
      { at: T + 6600, price: 800_00000000n, endsLeg: "close" },
    ]);
  });

  it("takes six steps a leg, each of the same ratio and, but for the shorter first leg, of five minutes", () => {
    const path = pathOf(hours);
    expect(path).to.have.length(24);
    const leg = [openingPrice(hours), ...path.slice(0, 6).map(({ price }) => price)];
    for (let i = 1; i <= 6; i++) expectNear(Number(leg[i]) / Number(leg[i - 1]), (1 / 4) ** (1 / 6), 1e-9);
    expect(path.slice(0, 6).map(({ at }) => at - T)).to.deep.equal([200, 400, 600, 800, 1000, 1200]);
    expect(path.slice(5).every(({ at }, i) => at === T + 1200 + 300 * i)).to.equal(true);
  });

  it("with one step a leg, jumps", () => {
    expect(pathOf(hours, 1).map(({ price }) => price / 100000000n)).to.deep.equal([100n, 400n, 100n, 800n]);
  });

  it("the two days of the built-in crash is 576 steps of rising time and positive price, ending with its last close", () => {
    const march = readSeries(MARCH_2020);
    const path = pathOf(march);
    expect(path).to.have.length(576);
    path.forEach((step, i) => {
      expect(step.price > 0n && step.at > (path[i - 1]?.at ?? 0)).to.equal(true);
    });
    expect(path.at(-1)).to.deep.equal({ at: endOf(march) - 600, price: 565303000000n, endsLeg: "close" });
  });
});
