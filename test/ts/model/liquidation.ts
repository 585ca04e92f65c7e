import { expect } from "chai";
import fc from "fast-check";
import {
  type DefaultRamp,
  InvalidRiskTerms,
  type LiquidationRequest,
  MAX_UINT256,
  PRICE_SCALE,
  type RiskTerms,
  WAD,
  checkRiskTerms,
  collateralValueDown,
  healthFactorDown,
  incentiveDown,
  isLiquidatable,
  liquidationPriceUp,
  loanToValueUp,
  quoteLiquidation,
  secondsOnRamp,
} from "../../../sdk/model/index.js";
import { type VectorRow, integer, readVectors } from "./vectors.js";

const vectors = readVectors<VectorRow[]>("liquidation");

/** Risk terms in basis points that satisfy {@link checkRiskTerms}; whoever draws others sees the test fail. */
const terms: fc.Arbitrary<RiskTerms> = fc
  .record({
    lltv: fc.bigInt(2_000n, 9_200n),
    targetGap: fc.bigInt(2n, 1_500n),
    min: fc.bigInt(0n, 500n),
    span: fc.bigInt(0n, 800n),
    healthForMax: fc.bigInt(5_000n, 9_999n),
    minDebt: fc.bigInt(1n, 10n ** 9n),
    loanDecimals: fc.constantFrom(0n, 12n),
  })
  .map(({ lltv, targetGap, min, span, healthForMax, minDebt, loanDecimals }) => {
    const wad = (points: bigint): bigint => (points * WAD) / 10_000n;
    const room = (10_000n * 10_000n) / lltv - 10_000n;
    const incentiveMin = min < room ? min : room;
    const incentiveMax = incentiveMin + span < room ? incentiveMin + span : room;
    const drawn = {
      lltvWad: wad(lltv),
      targetLtvWad: wad(lltv - targetGap),
      incentiveMinWad: wad(incentiveMin),
      incentiveMaxWad: wad(incentiveMax),
      healthForMaxIncentiveWad: wad(healthForMax),
      minDebt: minDebt * 10n ** loanDecimals,
    };
    checkRiskTerms(drawn, drawn.targetLtvWad + wad(1n));
    return drawn;
  });

const ramp: fc.Arbitrary<DefaultRamp> = fc.record({
  seconds: fc.bigInt(0n, 10n ** 7n),
  rampSeconds: fc.bigInt(1n, 5n * 10n ** 6n),
});

/**
 * Loans of 8- and 18-decimal collateral against 6- and 18-decimal assets. The LTV is drawn from all of (0, 300 %), with the
 * neighbourhoods of lltv and of the border of being covered, where rounding decides, drawn as often as the rest.
 */
function loan(withRamp: boolean): fc.Arbitrary<LiquidationRequest> {
  return fc
    .record({
      terms,
      collateral: fc.oneof(
        fc.bigInt(1n, 10n ** 5n),
        fc.bigInt(10n ** 5n, 10n ** 11n),
        fc.bigInt(10n ** 15n, 10n ** 21n),
      ),
      price: fc.bigInt(1n, 10n ** 9n),
      priceZeros: fc.constantFrom(20n, 24n, 30n, 34n, 42n),
      around: fc.constantFrom("anywhere", "lltv", "covered"),
      ltv: fc.bigInt(1n, 30_000n),
      off: fc.bigInt(-3n, 3n),
      ask: fc.oneof(fc.constant(undefined), fc.bigInt(1n, 10_000n)),
      ramp,
    })
    .map((drawn) => {
      const priceE36 = drawn.price * 10n ** drawn.priceZeros;
      const value = collateralValueDown(drawn.collateral, priceE36);
      const at = {
        anywhere: (value * drawn.ltv) / 10_000n,
        lltv: (value * drawn.terms.lltvWad) / WAD + drawn.off,
        covered: (value * WAD) / (WAD + drawn.terms.incentiveMinWad) + drawn.off,
      }[drawn.around];
      const debt = at > 0n ? at : 1n;
      const request = drawn.ask === undefined ? MAX_UINT256 : (debt * drawn.ask) / 10_000n;
      const base = { collateral: drawn.collateral, debt, priceE36, terms: drawn.terms, request };
      return withRamp ? { ...base, ramp: drawn.ramp } : base;
    });
}

const anyLoan = fc.oneof(loan(false), loan(true));
const many = { numRuns: 3000 };

describe("model: health and liquidation", () => {
  it("gives every field of every reference vector", () => {
    expect(vectors).to.have.length(40);
    for (const row of vectors) {
      const quote = quoteLiquidation({
        collateral: integer(row, "collateral"),
        debt: integer(row, "debt"),
        priceE36: integer(row, "priceE36"),
        request: row["request"] === null ? MAX_UINT256 : integer(row, "request"),
        terms: {
          lltvWad: integer(row, "lltvWad"),
          targetLtvWad: integer(row, "targetLtvWad"),
          incentiveMinWad: integer(row, "incentiveMinWad"),
          incentiveMaxWad: integer(row, "incentiveMaxWad"),
          healthForMaxIncentiveWad: integer(row, "healthForMaxIncentiveWad"),
          minDebt: integer(row, "minDebt"),
        },
      });
      expect(quote.value).to.equal(integer(row, "collateralValue"));
      expect(quote.healthFactorWad).to.equal(integer(row, "healthFactorWad"));
      expect(quote.liquidatable).to.equal(row["liquidatable"]);
      if (!quote.liquidatable) continue;
      for (const field of [
        "incentiveWad",
        "allowance",
        "repaid",
        "seized",
        "loss",
        "debtAfter",
        "collateralAfter",
      ] as const) {
        expect(quote[field], field).to.equal(integer(row, field));
      }
    }
  });

  it("LIQ-1: sells nothing of a healthy loan without default mark", () => {
    fc.assert(
      fc.property(loan(false), (input) => {
        const quote = quoteLiquidation(input);
        expect(quote.liquidatable).to.equal(
          quote.healthFactorWad < WAD || isLiquidatable(input.debt, quote.value, input.terms.lltvWad),
        );
        if (quote.liquidatable) return;
        expect([quote.repaid, quote.seized, quote.debtClosed]).to.deep.equal([0n, 0n, 0n]);
      }),
      many,
    );
  });

  it("agrees with the health factor: liquidatable exactly where it is below 1", () => {
    fc.assert(
      fc.property(loan(false), ({ collateral, debt, priceE36, terms: { lltvWad } }) => {
        const value = collateralValueDown(collateral, priceE36);
        expect(isLiquidatable(debt, value, lltvWad)).to.equal(healthFactorDown(value, debt, lltvWad) < WAD);
      }),
      many,
    );
  });

  it("LIQ-2: never lowers the health of what remains, at any price", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const { collateralAfter, debtAfter } = quoteLiquidation(input);
        // Collateral per unit of debt before and after; the price cancels out.
        expect(collateralAfter * input.debt >= input.collateral * debtAfter).to.equal(true);
      }),
      many,
    );
  });

  it("LIQ-3: leaves at least minDebt or none", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const quote = quoteLiquidation(input);
        if (quote.repaid === 0n) return;
        expect(quote.debtAfter === 0n || quote.debtAfter >= input.terms.minDebt).to.equal(true);
      }),
      many,
    );
  });

  it("LIQ-4: seizes no more value than was repaid and its incentive", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const { seized, repaid, incentiveWad } = quoteLiquidation(input);
        const seizedValue = collateralValueDown(seized, input.priceE36);
        expect(seizedValue * WAD <= repaid * (WAD + incentiveWad)).to.equal(true);
        expect(incentiveWad <= input.terms.incentiveMaxWad).to.equal(true);
      }),
      many,
    );
  });

  it("LIQ-5: parts sum to the whole, and a payment always counts in full", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const quote = quoteLiquidation(input);
        expect(quote.seized + quote.collateralAfter).to.equal(input.collateral);
        expect(quote.repaid + quote.loss + quote.debtAfter).to.equal(input.debt);
        expect(quote.loss >= 0n && quote.debtAfter >= 0n && quote.collateralAfter >= 0n).to.equal(true);
        expect(quote.repaid <= input.request && quote.repaid <= quote.allowance).to.equal(true);
      }),
      many,
    );
  });

  it("DEBT-1: no debt is left without collateral", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const { collateralAfter, debtAfter } = quoteLiquidation(input);
        if (collateralAfter === 0n) expect(debtAfter).to.equal(0n);
      }),
      many,
    );
  });

  it("a covered loan costs no one but its borrower", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const quote = quoteLiquidation(input);
        const covered = quote.value * WAD >= input.debt * (WAD + input.terms.incentiveMinWad);
        if (covered) expect(quote.loss).to.equal(0n);
      }),
      many,
    );
  });

  it("fault C16: asking for everything always leaves something to liquidate", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const quote = quoteLiquidation({ ...input, request: MAX_UINT256 });
        if (quote.liquidatable) expect(quote.repaid > 0n).to.equal(true);
      }),
      many,
    );
  });

  it("brings a covered loan to its target and not beyond", () => {
    fc.assert(
      fc.property(loan(false), (input) => {
        const quote = quoteLiquidation({ ...input, request: MAX_UINT256 });
        if (!quote.liquidatable || quote.debtAfter === 0n || quote.loss > 0n) return;
        const { targetLtvWad } = input.terms;
        // Exact LTV, not through a floored value. One unit repaid less would leave it above target, but for the floor in `value`.
        const ltvAbove = (debt: bigint, collateral: bigint): boolean =>
          debt * WAD * PRICE_SCALE > targetLtvWad * collateral * input.priceE36;
        expect(ltvAbove(quote.debtAfter, quote.collateralAfter)).to.equal(false);
        const unitsOfRounding = input.priceE36 / PRICE_SCALE + 3n;
        expect(
          ltvAbove(quote.debtAfter + WAD / (WAD - targetLtvWad) + unitsOfRounding, quote.collateralAfter),
        ).to.equal(true);
      }),
      many,
    );
  });

  it("fault C18: many small liquidations take no more collateral than the limit of one", () => {
    fc.assert(
      fc.property(loan(false), fc.array(fc.bigInt(1n, 4_000n), { minLength: 2, maxLength: 25 }), (input, shares) => {
        const once = quoteLiquidation({ ...input, request: MAX_UINT256 });
        if (!once.liquidatable) return;
        let { collateral, debt } = input;
        let seized = 0n;
        let repaid = 0n;
        for (const share of shares) {
          const step = quoteLiquidation({ ...input, collateral, debt, request: (input.debt * share) / 10_000n });
          collateral = step.collateralAfter;
          debt = step.debtAfter;
          seized += step.seized;
          repaid += step.repaid;
        }
        // A step sees its value floored, so its allowance is high by up to a unit over the allowance's denominator, and one more.
        const steps = BigInt(shares.length);
        const { targetLtvWad, incentiveMinWad, incentiveMaxWad, healthForMaxIncentiveWad } = input.terms;
        const target = (WAD * WAD) / (WAD * WAD - targetLtvWad * (WAD + incentiveMaxWad));
        // Health and incentive are floored at 1e-18, of which the curve's slope makes more.
        const slope = 2n + (incentiveMaxWad - incentiveMinWad) / (WAD - healthForMaxIncentiveWad);
        const units = steps * (2n + target + (input.debt * slope * target) / WAD);
        const unit = (units * (WAD + incentiveMaxWad) * (PRICE_SCALE / WAD)) / input.priceE36 + steps;
        expect(seized <= once.seized + unit).to.equal(true);
        // The last step may take all collateral for all debt, whose value was floored when it was judged not covered.
        const seizedValue = collateralValueDown(seized, input.priceE36);
        expect(seizedValue * WAD < repaid * (WAD + incentiveMaxWad) + WAD).to.equal(true);
      }),
      many,
    );
  });

  it("fault C15: selling an uncovered loan piece by piece realises no less loss and ends with nothing left", () => {
    fc.assert(
      fc.property(loan(false), fc.array(fc.bigInt(1n, 4_000n), { maxLength: 10 }), (input, shares) => {
        const once = quoteLiquidation({ ...input, request: MAX_UINT256 });
        if (!once.liquidatable || once.debtAfter > 0n || once.value * WAD >= input.debt * WAD) return;
        let { collateral, debt } = input;
        let repaid = 0n;
        let loss = 0n;
        for (const request of [...shares.map((share) => (input.debt * share) / 10_000n), MAX_UINT256]) {
          const step = quoteLiquidation({ ...input, collateral, debt, request });
          collateral = step.collateralAfter;
          debt = step.debtAfter;
          repaid += step.repaid;
          loss += step.loss;
        }
        expect(repaid + loss + debt).to.equal(input.debt);
        // Every step pays at least the price of what it takes; only the share of the debt it closes is rounded up, by a unit.
        expect(loss <= once.loss + BigInt(shares.length)).to.equal(true);
        if (debt > 0n) expect(debt >= input.terms.minDebt).to.equal(true);
      }),
      many,
    );
  });

  it("fault C25: the incentive fades to its minimum where paying it in full would create a loss", () => {
    fc.assert(
      fc.property(anyLoan, ({ collateral, debt, priceE36, terms: risk, ramp: defaultRamp }) => {
        const value = collateralValueDown(collateral, priceE36);
        const health = healthFactorDown(value, debt, risk.lltvWad);
        const incentive = incentiveDown(value, debt, health, risk, defaultRamp);
        if (incentive > risk.incentiveMinWad) expect(debt * (WAD + incentive) <= value * WAD).to.equal(true);
        expect(incentive >= risk.incentiveMinWad && incentive <= risk.incentiveMaxWad).to.equal(true);
      }),
      many,
    );
  });

  it("lets the incentive grow with the shortfall and, after default, with the ramp", () => {
    const risk: RiskTerms = {
      lltvWad: (86n * WAD) / 100n,
      targetLtvWad: (70n * WAD) / 100n,
      incentiveMinWad: WAD / 50n,
      incentiveMaxWad: WAD / 20n,
      healthForMaxIncentiveWad: (95n * WAD) / 100n,
      minDebt: 1n,
    };
    const health = (hundredths: bigint): bigint => (hundredths * WAD) / 100n;
    const at = (hundredths: bigint, seconds?: bigint): bigint =>
      incentiveDown(
        10n ** 12n,
        8n * 10n ** 11n,
        health(hundredths),
        risk,
        seconds === undefined ? undefined : { seconds, rampSeconds: 100n },
      );
    expect(at(100n)).to.equal(WAD / 50n);
    expect(at(98n)).to.equal(WAD / 50n + (3n * WAD * 2n) / 500n);
    expect(at(95n)).to.equal(WAD / 20n);
    expect(at(90n)).to.equal(WAD / 20n);
    // Healthy but default-marked: 1 − health is negative and must not pull the incentive below its minimum.
    expect(at(150n, 0n)).to.equal(WAD / 50n);
    expect(at(150n, 50n)).to.equal((WAD * 35n) / 1000n);
    expect(at(150n, 100n)).to.equal(WAD / 20n);
    expect(at(150n, 10_000n)).to.equal(WAD / 20n);
    expect(at(98n, 1n)).to.equal(at(98n));
  });

  it("fault C22: starts the ramp only when the sequencer's grace has ended", () => {
    expect(secondsOnRamp(1_000n, 400n, 0n)).to.equal(600n);
    expect(secondsOnRamp(1_000n, 400n, 900n)).to.equal(100n);
    expect(secondsOnRamp(1_000n, 400n, 1_200n)).to.equal(0n);
  });

  it("shows as liquidation price the lowest price that is still safe, to the last digit", () => {
    fc.assert(
      fc.property(loan(false), ({ collateral, debt, terms: { lltvWad } }) => {
        const price = liquidationPriceUp(debt, collateral, lltvWad);
        if (price === undefined) throw new Error("a loan with collateral has a liquidation price");
        expect(isLiquidatable(debt, collateralValueDown(collateral, price), lltvWad)).to.equal(false);
        expect(isLiquidatable(debt, collateralValueDown(collateral, price - 1n), lltvWad)).to.equal(true);
      }),
      many,
    );
    expect(liquidationPriceUp(0n, 5n, WAD)).to.equal(0n);
    expect(liquidationPriceUp(5n, 0n, WAD)).to.equal(undefined);
  });

  it("rounds to the unit as small numbers worked by hand do", () => {
    const worked = (
      loan: { collateral: bigint; debt: bigint; price: bigint; minDebt: bigint; min?: bigint; request?: bigint },
      is: Partial<ReturnType<typeof quoteLiquidation>>,
      why: string,
    ): void => {
      const risk: RiskTerms = {
        ...{
          lltvWad: (8n * WAD) / 10n,
          targetLtvWad: (6n * WAD) / 10n,
          incentiveMinWad: ((loan.min ?? 0n) * WAD) / 100n,
        },
        ...{ incentiveMaxWad: WAD / 10n, healthForMaxIncentiveWad: (85n * WAD) / 100n, minDebt: loan.minDebt },
      };
      const { collateral, debt, price, request = MAX_UINT256 } = loan;
      // Prices in twelfths of a unit.
      const quote = quoteLiquidation({ collateral, debt, priceE36: (price * PRICE_SCALE) / 12n, terms: risk, request });
      expect(quote, why).to.deep.include(is);
    };
    worked(
      { collateral: 48n, debt: 31n, price: 9n, minDebt: 5n },
      { allowance: 26n, repaid: 26n, seized: 36n, debtAfter: 5n },
      "what leaves just minDebt is no reason to sell all",
    );
    worked(
      { collateral: 5n, debt: 82n, price: 70n, minDebt: 12n, min: 5n, request: 28n },
      { allowance: 28n, repaid: 28n, seized: 5n, debtClosed: 82n, loss: 54n },
      "who asks for just what all collateral costs gets all, and the debt ends",
    );
    worked(
      { collateral: 36n, debt: 96n, price: 22n, minDebt: 20n, request: 59n },
      { repaid: 52n, seized: 28n, debtClosed: 75n, loss: 23n, debtAfter: 21n },
      "28 of 36 may go, or less than minDebt were left; they cost 51 and a third",
    );
    worked(
      { collateral: 3n, debt: 54n, price: 108n, minDebt: 20n, min: 5n, request: 15n },
      { repaid: 15n, seized: 1n, debtClosed: 18n, debtAfter: 36n },
      "the one unit of three that may go, for what was offered",
    );
    worked(
      { collateral: 19n, debt: 82n, price: 52n, minDebt: 25n },
      { value: 82n, allowance: 82n, repaid: 82n, seized: 18n, collateralAfter: 1n, loss: 0n },
      "whose value is just the debt is covered: what rounding leaves is the borrower's",
    );
    worked(
      { collateral: 0n, debt: 95n, price: 96n, minDebt: 18n },
      { liquidatable: true, allowance: 0n, repaid: 0n, seized: 0n, debtClosed: 0n, debtAfter: 95n },
      "without collateral nothing is sold, and no debt ends for nothing",
    );
    worked(
      { collateral: 19n, debt: 41n, price: 23n, minDebt: 29n, request: 14n },
      { repaid: 10n, seized: 5n, debtClosed: 11n, debtAfter: 30n },
      "five may go, of twelve forty-firsts of 19; more would leave less than minDebt",
    );
    worked(
      { collateral: 100n, debt: 60n, price: 12n, minDebt: 1n },
      {
        ...{ value: 100n, liquidatable: false, incentiveWad: 0n, allowance: 0n, repaid: 0n, seized: 0n },
        ...{ debtClosed: 0n, loss: 0n, debtAfter: 60n, collateralAfter: 100n },
      },
      "of a healthy loan nothing",
    );
  });

  it("sells nothing of a loan that owes nothing, marked as in default or not", () => {
    fc.assert(
      fc.property(anyLoan, (input) => {
        const quote = quoteLiquidation({ ...input, debt: 0n });
        expect(quote).to.deep.include({ liquidatable: false, repaid: 0n, seized: 0n, debtClosed: 0n });
      }),
    );
    expect(liquidationPriceUp(0n, 0n, WAD)).to.equal(0n);
  });

  it("says the loan to value rounded up, 0 without debt and beyond all for a debt that nothing covers", () => {
    expect(loanToValueUp(1n, 3n)).to.equal(333_333_333_333_333_334n);
    expect(loanToValueUp(3n, 4n)).to.equal((3n * WAD) / 4n);
    expect(loanToValueUp(1n, 1n)).to.equal(WAD);
    expect(loanToValueUp(0n, 5n)).to.equal(0n);
    expect(loanToValueUp(0n, 0n)).to.equal(0n);
    expect(loanToValueUp(1n, 0n)).to.equal(MAX_UINT256);
  });

  it("fault C39: refuses terms under which a liquidation could cost the lenders or never end", () => {
    const good: RiskTerms = {
      lltvWad: (80n * WAD) / 100n,
      targetLtvWad: (60n * WAD) / 100n,
      incentiveMinWad: WAD / 100n,
      incentiveMaxWad: WAD / 4n,
      healthForMaxIncentiveWad: (95n * WAD) / 100n,
      minDebt: 1n,
    };
    const maxLtv = (70n * WAD) / 100n;
    expect(() => checkRiskTerms(good, maxLtv)).not.to.throw();
    const [lltv, target, max] = [good.lltvWad, good.targetLtvWad, good.incentiveMaxWad];
    const bad: [Partial<RiskTerms>, bigint, rule: string, found: bigint[]][] = [
      [{ incentiveMaxWad: max + 1n }, maxLtv, "lltv × (1 + incentiveMax) <= 1", [lltv, max + 1n]],
      [{ minDebt: 0n }, maxLtv, "minDebt > 0", [0n]],
      [{ healthForMaxIncentiveWad: WAD }, maxLtv, "healthForMaxIncentive < 1", [WAD]],
      [{ incentiveMinWad: WAD / 3n }, maxLtv, "incentiveMin <= incentiveMax", [WAD / 3n, max]],
      [{}, lltv, "maxLtv < lltv", [lltv, lltv]],
      [{}, lltv + 1n, "maxLtv < lltv", [lltv + 1n, lltv]],
      [{}, target, "targetLtv < maxLtv", [target, target]],
      [{}, target - 1n, "targetLtv < maxLtv", [target, target - 1n]],
    ];
    for (const [change, ltv, rule, found] of bad) {
      expect(() => checkRiskTerms({ ...good, ...change }, ltv)).to.throw(
        InvalidRiskTerms,
        `${rule} is required, found ${found.join(", ")}`,
      );
    }
  });
});
