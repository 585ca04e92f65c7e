import { expect } from "chai";
import fc from "fast-check";
import { HealthAlerts, alertText, levelsOf } from "../../../scripts/cli/alerts.js";
import type { FacilityState } from "../../../sdk/client/facilityState.js";
import { encodeLoanId } from "../../../sdk/client/loanIds.js";
import type { LoanState } from "../../../sdk/client/loanState.js";
import { outlookOf } from "../../../sdk/client/outlook.js";
import { remedyFor } from "../../../sdk/client/remedy.js";
import { WAD } from "../../../sdk/model/index.js";

const facility = {
  id: 1,
  name: "WBTC / USDX",
  collateral: { address: "0x1", symbol: "WBTC", decimals: 8 },
  loan: { address: "0x2", symbol: "USDX", decimals: 6 },
  lltvBps: 8_000n,
} as FacilityState;

/** 1 WBTC that owes 40,000: its health is price × 0.8 / 40,000. */
function loanAt(price: number | undefined): LoanState {
  const state = { collateral: 100_000_000n, debt: 40_000_000_000n };
  const priced =
    price === undefined ? { refusal: "the feed is stale" } : { priceE36: BigInt(Math.round(price * 100)) * 10n ** 32n };
  const parts = { opener: `0x${"1".repeat(40)}`, facility: 1, salt: 0n };
  return {
    ...parts,
    id: encodeLoanId(parts),
    facility,
    owner: parts.opener,
    offeredTo: undefined,
    price: priced,
    ...outlookOf({ ...facility, price: priced }, state.collateral, state.debt),
    liquidationPriceE36: 50_000n * 10n ** 34n,
    drawable: 0n,
    withdrawable: 0n,
  };
}

describe("cli: health alerts", () => {
  const heard = (...prices: (number | undefined)[]): string[] => {
    const alerts = new HealthAlerts(levelsOf("1.2,1.1"));
    return prices.map((price) => {
      const alert = alerts.judge(loanAt(price), facility);
      return alert === undefined
        ? ""
        : `${alert.kind} ${alert.levelWad === undefined ? "" : Number(alert.levelWad) / 1e18}`.trim();
    });
  };

  it("say each fall once, and the way back once it is far enough", () => {
    expect(heard(70_000, 59_000, 58_000, 54_000, 49_000, 70_000)).to.deep.equal([
      "",
      "below 1.2",
      "",
      "below 1.1",
      "liquidatable 1",
      "recovered",
    ]);
  });

  it("fault K34: are one an episode for a loan that trembles on a level", () => {
    // 60,000 is health 1.2; the level is left at 1.212.
    expect(heard(59_999, 60_001, 59_999, 60_500, 59_000, 60_601, 59_999)).to.deep.equal([
      "below 1.2",
      "",
      "",
      "",
      "",
      "recovered",
      "below 1.2",
    ]);
  });

  it("say once that there is no price, and once that there is again", () => {
    expect(heard(70_000, undefined, undefined, 70_000, undefined, 49_000)).to.deep.equal([
      "",
      "no price",
      "",
      "price again",
      "no price",
      "liquidatable 1",
    ]);
  });

  it("read levels, and refuse what is none", () => {
    expect(levelsOf("1.1, 1.5,1.1")).to.deep.equal([(15n * WAD) / 10n, (11n * WAD) / 10n]);
    for (const text of ["1", "0.5", "abc", "", "1.2,"])
      expect(() => levelsOf(text), text).to.throw(/health factor above 1/);
  });

  it("name amounts either of which brings the loan back, and not a unit more than it takes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 41_000, max: 59_000 }), fc.bigInt(101n, 150n), (price, percent) => {
        const loan = loanAt(price);
        const target = (percent * WAD) / 100n;
        const remedy = remedyFor(facility, loan, target);
        if (remedy === undefined) throw new Error("there is a price");
        const health = (collateral: bigint, debt: bigint) =>
          outlookOf({ ...facility, price: loan.price }, collateral, debt).healthWad ?? 0n;
        expect(health(loan.collateral, loan.debt - remedy.repay) >= target).to.equal(true);
        expect(health(loan.collateral + remedy.topUp, loan.debt) >= target).to.equal(true);
        if (remedy.repay > 1n) expect(health(loan.collateral, loan.debt - remedy.repay + 1n) < target).to.equal(true);
        // A satoshi is worth hundreds of the dollar's units: one less is clearly too little, give or take a rounding.
        if (remedy.topUp > 2n) expect(health(loan.collateral + remedy.topUp - 2n, loan.debt) < target).to.equal(true);
      }),
    );
    expect(remedyFor(facility, loanAt(undefined), WAD)).to.equal(undefined);
  });

  it("are sentences with amounts", () => {
    const alert = new HealthAlerts(levelsOf("1.25")).judge(loanAt(60_000), facility);
    expect(alert === undefined ? "" : alertText(alert)).to.equal(
      "loan 1:0: health 1.200 is below 1.250 at 60,000.00 USDX: repay 1,600.00 USDX or add 0.04166667 WBTC",
    );
  });
});
