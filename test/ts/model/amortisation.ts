import { expect } from "chai";
import fc from "fast-check";
import { ModelInputError, WAD, amortisationSchedule, instalmentUp } from "../../../sdk/model/index.js";
import { type VectorRow, integer, readVectors } from "./vectors.js";

type Vector = VectorRow & { schedule: VectorRow[] };
const vectors = readVectors<Vector[]>("amortisation");

const terms = fc
  .record({
    principal: fc.oneof(fc.bigInt(0n, 1_000n), fc.bigInt(1n, 10n ** 15n), fc.bigInt(10n ** 15n, 10n ** 27n)),
    annualRateWad: fc.oneof(fc.constant(0n), fc.bigInt(10n ** 14n, 2n * WAD)),
    intervalSeconds: fc.constantFrom(86_400n, 604_800n, 2_592_000n, 7_776_000n),
    count: fc.bigInt(1n, 120n),
    balloonPercent: fc.bigInt(0n, 100n),
  })
  .map(({ balloonPercent, ...rest }) => ({ ...rest, balloon: (rest.principal * balloonPercent) / 100n }));

describe("model: instalments", () => {
  it("keeps 36 digits of the power and rounds them down, so that no instalment is too small", () => {
    const daily = {
      principal: 5n * 10n ** 33n,
      annualRateWad: 365n * 10n ** 9n,
      intervalSeconds: 86_400n,
      balloon: 0n,
    };
    // A billionth a day: the sixth power has 54 digits, the eighth 72. Worked out with fractions; the eighth's is a unit above.
    expect(instalmentUp({ ...daily, count: 6n })).to.equal(833333336250000002430555554340278n);
    expect(instalmentUp({ ...daily, count: 8n })).to.equal(625000002812500003281249998359376n);
    // 6 % in 30 days: nothing is left to round.
    const even = { principal: 10n ** 31n, annualRateWad: 73n * 10n ** 16n, intervalSeconds: 2_592_000n, balloon: 0n };
    expect(instalmentUp({ ...even, count: 1n })).to.equal(106n * 10n ** 29n);
    // The rate of a day itself has more than 36 digits.
    expect(instalmentUp({ ...daily, annualRateWad: 365n * 10n ** 9n + 1n, count: 1n })).to.equal(
      5000000005000000000013698631506850n,
    );
  });

  it("gives the instalment and every row of every reference vector", () => {
    expect(vectors).to.have.length(40);
    for (const vector of vectors) {
      const input = {
        principal: integer(vector, "principal"),
        annualRateWad: integer(vector, "annualRateWad"),
        intervalSeconds: integer(vector, "intervalSeconds"),
        count: integer(vector, "count"),
        balloon: integer(vector, "balloon"),
      };
      expect(instalmentUp(input)).to.equal(integer(vector, "instalment"));
      const expected = vector.schedule.map((row) => ({
        number: integer(row, "n"),
        interest: integer(row, "interest"),
        principal: integer(row, "principal"),
        payment: integer(row, "payment"),
        remaining: integer(row, "remaining"),
      }));
      expect(amortisationSchedule(input)).to.deep.equal(expected);
    }
  });

  it("TERM-1: principal parts sum to the principal and the last payment leaves nothing", () => {
    fc.assert(
      fc.property(terms, (input) => {
        const schedule = amortisationSchedule(input);
        expect(BigInt(schedule.length)).to.equal(input.count);
        expect(schedule.reduce((sum, { principal }) => sum + principal, 0n)).to.equal(input.principal);
        expect(schedule.at(-1)?.remaining).to.equal(0n);
        for (const { principal, interest, payment } of schedule) {
          expect(principal >= 0n && interest >= 0n).to.equal(true);
          expect(payment).to.equal(principal + interest);
        }
      }),
    );
  });

  it("ends with the balloon and one instalment, but for what rounding every interest up has left over", () => {
    fc.assert(
      fc.property(terms, (input) => {
        const last = amortisationSchedule(input).at(-1);
        const periodRate = (Number(input.annualRateWad) / 1e18) * (Number(input.intervalSeconds) / 31_536_000);
        // At most a unit each period, which then bears interest to the end; doubles are exact enough for a bound.
        const residue = BigInt(Math.ceil(1.01 * Number(input.count) * (1 + periodRate) ** Number(input.count)));
        expect((last?.payment ?? 0n) <= input.balloon + instalmentUp(input) + residue).to.equal(true);
      }),
    );
  });

  it("divides what is not the balloon among the payments where there is no interest, rounded up", () => {
    const free = { principal: 10n, annualRateWad: 0n, intervalSeconds: 86_400n, count: 3n };
    expect(instalmentUp({ ...free, balloon: 0n })).to.equal(4n);
    expect(instalmentUp({ ...free, balloon: 1n })).to.equal(3n);
    expect(instalmentUp({ ...free, balloon: 3n })).to.equal(3n);
    expect(amortisationSchedule({ ...free, balloon: 0n }).map(({ payment }) => payment)).to.deep.equal([4n, 4n, 2n]);
  });

  it("refuses a loan without payments and a balloon above the principal", () => {
    const base = { principal: 10n, annualRateWad: 0n, intervalSeconds: 1n, count: 1n, balloon: 0n };
    expect(() => instalmentUp({ ...base, count: 0n })).to.throw(ModelInputError, "count is 0");
    expect(() => instalmentUp({ ...base, balloon: 11n })).to.throw(ModelInputError, "balloon is 11");
  });
});
