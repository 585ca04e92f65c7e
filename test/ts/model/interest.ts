import { expect } from "chai";
import fc from "fast-check";
import {
  INITIAL_RATE_AT_TARGET,
  MAX_RATE_AT_TARGET,
  MIN_RATE_AT_TARGET,
  TARGET_UTILIZATION,
  WAD,
  YEAR_SECONDS,
  adaptiveCurveRate,
  compoundedGrowth,
  exponentialToZero,
  fixedRatePerSecondDown,
  interestDown,
} from "../../../sdk/model/index.js";
import { type VectorRow, integer, readVectors } from "./vectors.js";

const vectors = readVectors<{ taylor: VectorRow[]; adaptiveCurve: VectorRow[] }>("interest");

const rate = fc.bigInt(0n, 4n * MAX_RATE_AT_TARGET);
const storedRate = fc.bigInt(MIN_RATE_AT_TARGET, MAX_RATE_AT_TARGET);
const utilization = fc.bigInt(0n, WAD);
const seconds = fc.bigInt(0n, 30n * YEAR_SECONDS);

describe("model: interest of revolving debt", () => {
  it("gives the growth of every reference vector", () => {
    expect(vectors.taylor).to.have.length(40);
    for (const row of vectors.taylor) {
      const growth = compoundedGrowth(integer(row, "ratePerSecondWad"), integer(row, "seconds"));
      expect(growth).to.equal(integer(row, "growthWad"));
    }
  });

  it("gives the known growth of 5 % in one year", () => {
    // 0.05 + 0.05²/2 + 0.05³/6, with the rate floored to a whole WAD a second first.
    expect(compoundedGrowth(fixedRatePerSecondDown(WAD / 20n), YEAR_SECONDS)).to.equal(51270833327093113n);
  });

  it("TIME-1: charges nothing for zero seconds", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 112n), rate, (debt, perSecond) => interestDown(debt, perSecond, 0n) === 0n),
    );
  });

  it("grows with the rate and with time", () => {
    fc.assert(
      fc.property(rate, rate, seconds, seconds, (r1, r2, t1, t2) => {
        const [lowRate, highRate] = r1 < r2 ? [r1, r2] : [r2, r1];
        const [short, long] = t1 < t2 ? [t1, t2] : [t2, t1];
        expect(compoundedGrowth(lowRate, long) <= compoundedGrowth(highRate, long)).to.equal(true);
        expect(compoundedGrowth(highRate, short) <= compoundedGrowth(highRate, long)).to.equal(true);
      }),
    );
  });

  it("POOL-3: accruing in two steps never charges less than in one, but for what the roundings lose", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 100n), storedRate, seconds, seconds, (debt, perSecond, t1, t2) => {
        const once = debt + interestDown(debt, perSecond, t1 + t2);
        const between = debt + interestDown(debt, perSecond, t1);
        const twice = between + interestDown(between, perSecond, t2);
        // The first step loses a unit and two WAD units of growth, which the second then misses to grow; so does the second.
        const lost = ((between / WAD + 1n) * 2n * (WAD + compoundedGrowth(perSecond, t2))) / WAD + 4n;
        expect(twice + lost >= once).to.equal(true);
      }),
    );
  });
});

describe("model: adaptive curve", () => {
  it("gives both rates of every reference vector", () => {
    expect(vectors.adaptiveCurve).to.have.length(40);
    for (const row of vectors.adaptiveCurve) {
      const start = integer(row, "startRateAtTarget");
      const result = adaptiveCurveRate(start, integer(row, "utilizationWad"), integer(row, "elapsedSeconds"));
      expect(result).to.deep.equal({
        averageRate: integer(row, "avgRate"),
        endRateAtTarget: integer(row, "endRateAtTarget"),
      });
    }
  });

  it("passes through the published anchors", () => {
    const charged = (u: bigint): bigint => adaptiveCurveRate(INITIAL_RATE_AT_TARGET, u, 0n).averageRate;
    expect(charged(0n)).to.equal(317097919n);
    expect(charged(TARGET_UTILIZATION)).to.equal(1268391679n);
    expect(charged(WAD)).to.equal(5073566716n);
  });

  it("stays within its bounds and moves towards the target from both sides", () => {
    fc.assert(
      fc.property(storedRate, utilization, seconds, (start, u, elapsed) => {
        const { averageRate, endRateAtTarget } = adaptiveCurveRate(start, u, elapsed);
        expect(endRateAtTarget >= MIN_RATE_AT_TARGET && endRateAtTarget <= MAX_RATE_AT_TARGET).to.equal(true);
        expect(averageRate > 0n && averageRate <= 4n * MAX_RATE_AT_TARGET).to.equal(true);
        if (u <= TARGET_UTILIZATION) expect(endRateAtTarget <= start).to.equal(true);
        if (u >= TARGET_UTILIZATION) expect(endRateAtTarget >= start).to.equal(true);
        if (elapsed === 0n) expect(endRateAtTarget).to.equal(start);
      }),
    );
  });

  it("charges more the more is borrowed", () => {
    fc.assert(
      fc.property(storedRate, utilization, utilization, seconds, (start, u1, u2, elapsed) => {
        const [low, high] = u1 < u2 ? [u1, u2] : [u2, u1];
        const lower = adaptiveCurveRate(start, low, elapsed).averageRate;
        expect(lower <= adaptiveCurveRate(start, high, elapsed).averageRate).to.equal(true);
      }),
    );
  });

  it("takes the exponential within 1 % of the true one", () => {
    // Doubles are good to 1e-15 here; the approximation claims no better than 0.7 %.
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 60_000 }), (thousandths) => {
        const x = BigInt(thousandths) * 10n ** 15n;
        const truth = Math.exp(thousandths / 1000);
        const ratio = Number(exponentialToZero(x)) / 1e18 / truth;
        expect(ratio).to.be.within(0.99, 1.01);
      }),
    );
    expect(exponentialToZero(0n)).to.equal(WAD);
    expect(exponentialToZero(-50n * WAD)).to.equal(0n);
    expect(exponentialToZero(100n * WAD)).to.equal(exponentialToZero(1000n * WAD));
  });
});
