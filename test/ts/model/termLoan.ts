import { expect } from "chai";
import { WAD, YEAR_SECONDS, instalmentUp, openTermLoan } from "../../../sdk/model/index.js";

const DAY = 86_400n;
const TERMS = {
  ...{ openedAt: 1_800_000_000n, annualRateWad: WAD / 10n, intervalSeconds: 30n * DAY, count: 12n },
  ...{ graceSeconds: 10n * DAY, latePremiumWad: WAD / 20n, lateFee: 25_000_000n, prepaymentFeeWad: WAD / 100n },
};

describe("model: a term loan", () => {
  it("begins with its principal and nothing due, paid or charged", () => {
    const [principal, balloon] = [50_000_000_000n, 5_000_000_000n];
    const { annualRateWad, intervalSeconds, count, openedAt } = TERMS;
    expect(openTermLoan(principal, balloon, TERMS)).to.deep.equal({
      ...{ principal, arrears: 0n, ahead: 0n, credit: 0n, interestDue: 0n, interestNumerator: 0n },
      instalment: instalmentUp({ principal, annualRateWad, intervalSeconds, count, balloon }),
      ...{ lateFees: 0n, lateNumerator: 0n, passed: 0n, paid: 0n, feesFor: 0n, settledAt: openedAt },
    });
    expect(YEAR_SECONDS).to.equal(365n * DAY);
  });
});
