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
      const growth = compoundedGrowth(integer(row, "ratePerSecondWad") * WAD, integer(row, "seconds"));
      expect(growth).to.equal(integer(row, "growthWad"));
    }
  });

  it("gives the known growth of 5 % in one year", () => {
    // 0.05 + 0.05²/2 + 0.05³/6, with the rate floored to a whole WAD a second first.
    expect(compoundedGrowth(fixedRatePerSecondDown(WAD / 20n) * WAD, YEAR_SECONDS)).to.equal(51270833327093113n);
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
      expect(result.averageRateE36 / WAD).to.equal(integer(row, "avgRate"));
      expect(result.endRateAtTarget).to.equal(integer(row, "endRateAtTarget"));
    }
  });

  it("passes through the published anchors", () => {
    const charged = (u: bigint): bigint => adaptiveCurveRate(INITIAL_RATE_AT_TARGET, u, 0n).averageRateE36 / WAD;
    expect(charged(0n)).to.equal(317097919n);
    expect(charged(TARGET_UTILIZATION)).to.equal(1268391679n);
    expect(charged(WAD)).to.equal(5073566716n);
  });

  it("stays within its bounds and moves towards the target from both sides", () => {
    fc.assert(
      fc.property(storedRate, utilization, seconds, (start, u, elapsed) => {
        const { averageRateE36, endRateAtTarget } = adaptiveCurveRate(start, u, elapsed);
        expect(endRateAtTarget >= MIN_RATE_AT_TARGET && endRateAtTarget <= MAX_RATE_AT_TARGET).to.equal(true);
        expect(averageRateE36 > 0n && averageRateE36 <= 4n * MAX_RATE_AT_TARGET * WAD).to.equal(true);
        if (u <= TARGET_UTILIZATION) expect(endRateAtTarget <= start).to.equal(true);
        if (u >= TARGET_UTILIZATION) expect(endRateAtTarget >= start).to.equal(true);
        if (elapsed === 0n) expect(endRateAtTarget).to.equal(start);
      }),
    );
  });

  it("ends between 0.1 % and 200 % a year, however long it drifts", () => {
    expect(adaptiveCurveRate(INITIAL_RATE_AT_TARGET, 0n, YEAR_SECONDS).endRateAtTarget).to.equal(31_709_791n);
    expect(adaptiveCurveRate(INITIAL_RATE_AT_TARGET, WAD, YEAR_SECONDS).endRateAtTarget).to.equal(63_419_583_967n);
  });

  it("charges more the more is borrowed", () => {
    fc.assert(
      fc.property(storedRate, utilization, utilization, seconds, (start, u1, u2, elapsed) => {
        const [low, high] = u1 < u2 ? [u1, u2] : [u2, u1];
        const lower = adaptiveCurveRate(start, low, elapsed).averageRateE36;
        expect(lower <= adaptiveCurveRate(start, high, elapsed).averageRateE36).to.equal(true);
      }),
    );
  });

  it("charges more for every second more (POOL-2)", () => {
    fc.assert(
      fc.property(
        storedRate,
        utilization,
        fc.bigInt(0n, 2n ** 40n - 2n),
        fc.bigInt(0n, 39n),
        (start, u, most, halvings) => {
          // As many short times as long ones: rates move within weeks.
          const elapsed = most >> halvings;
          const charged = (time: bigint): bigint => adaptiveCurveRate(start, u, time).averageRateE36 * time;
          expect(charged(elapsed) < charged(elapsed + 1n)).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("takes the exponential as the true one is", () => {
    // e^x by 80 terms of its series at a scale of 1e60: for |x| <= 8 what follows is less than 1e-45.
    const SCALE = 10n ** 60n;
    const truth = (x: bigint): bigint => {
      let [term, sum] = [SCALE, SCALE];
      for (let n = 1n; n <= 80n; ++n) {
        term = (term * x) / (n * WAD);
        sum += term;
      }
      return sum;
    };
    const most = 8n * WAD;
    fc.assert(
      fc.property(fc.bigInt(-most, most), (x) => {
        const expected = truth(x);
        const missed = exponentialToZero(x) * (SCALE / WAD) - expected;
        const allowed = expected / (2n * 10n ** 11n) + 20n * (SCALE / WAD);
        expect(missed < allowed && missed > -allowed, x.toString()).to.equal(true);
      }),
    );
    expect(exponentialToZero(0n)).to.equal(WAD);
    expect(exponentialToZero(-20n)).to.equal(WAD, "less than 32 units are none");
  });
});
