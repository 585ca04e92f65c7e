import { expect } from "chai";
import fc from "fast-check";
import {
  InvalidAmount,
  formatAmount,
  formatDuration,
  formatHealth,
  formatPercent,
  formatPrice,
  formatTime,
  formatUnits,
  parseAmount,
  parsePositiveAmount,
} from "../../../sdk/client/amounts.js";

const WBTC = { address: "0x0000000000000000000000000000000000000001", symbol: "WBTC", decimals: 8 };
const USDX = { address: "0x0000000000000000000000000000000000000002", symbol: "USDX", decimals: 6 };

describe("client: amounts", () => {
  it("reads digits with or without the symbol, in any case, with or without thousands", () => {
    for (const text of ["0.5", "0.5 WBTC", "0.5wbtc", " 0.50000000 ", "0.500000000000"]) {
      expect(parseAmount(text, WBTC), text).to.equal(50_000_000n);
    }
    expect(parseAmount("12,345.67 USDX", USDX)).to.equal(12_345_670_000n);
    expect(parseAmount("1,000,000", USDX)).to.equal(10n ** 12n);
    expect(parseAmount("1000000", USDX)).to.equal(10n ** 12n);
  });

  it("refuses what could be meant in two ways, and says how to write it", () => {
    for (const text of ["", "abc", "-1", "1e3", "0,5", "1,00", "12,34.5", ".5", "1.", "1.2.3", "0x10"]) {
      expect(() => parseAmount(text, WBTC), text).to.throw(InvalidAmount, /write|not an amount/);
    }
  });

  it("refuses another token's symbol, naming the right one", () => {
    expect(() => parseAmount("5 ETH", WBTC)).to.throw(InvalidAmount, /not an amount of WBTC/);
  });

  it("refuses more decimals than the token has, naming the limit", () => {
    expect(() => parseAmount("0.123456789", WBTC)).to.throw(
      InvalidAmount,
      "0.123456789 has 9 decimals, but WBTC has 8: the smallest amount is 0.00000001",
    );
  });

  it("refuses zero where nothing makes no sense", () => {
    expect(parseAmount("0", WBTC)).to.equal(0n);
    expect(() => parsePositiveAmount("0.0", WBTC)).to.throw(InvalidAmount, /above zero/);
  });

  it("reads back every amount it writes, with any decimals", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n), fc.integer({ min: 0, max: 30 }), (units, decimals) => {
        const token = { symbol: "T", decimals };
        expect(parseAmount(`${formatUnits(units, decimals)} T`, token)).to.equal(units);
      }),
    );
  });

  it("rounds the way it is told, and never shows 18 decimals to people", () => {
    const WRAPPED = { ...WBTC, decimals: 18 };
    expect(formatAmount(10n ** 18n / 3n, WRAPPED)).to.equal("0.33333333 WBTC");
    expect(formatAmount(10n ** 18n / 3n, WRAPPED, { rounding: "up" })).to.equal("0.33333334 WBTC");
    expect(formatAmount(12_345_670_000n, USDX, { least: 2 })).to.equal("12,345.67 USDX");
    expect(formatAmount(10_000_000_000n, USDX, { least: 2 })).to.equal("10,000.00 USDX");
    expect(formatAmount(999_999_999_999n, USDX, { most: 2, rounding: "up" })).to.equal("1,000,000 USDX");
    expect(formatUnits(0n, 0)).to.equal("0");
  });

  it("writes prices, percentages, health, times and durations as people read them", () => {
    expect(formatPrice(60_000n * 10n ** 34n, WBTC, USDX)).to.equal("60,000.00");
    expect(formatPrice(60_000n * 10n ** 36n, { decimals: 18 }, { decimals: 18 })).to.equal("60,000.00");
    expect(formatPercent(42_500_000_000_000_000n)).to.equal("4.25 %");
    expect(formatHealth(1_186_999_999_999_999_999n)).to.equal("1.186");
    expect(formatHealth(2n ** 256n - 1n)).to.equal("no debt");
    expect(formatTime(1_583_971_200n)).to.equal("2020-03-12 00:00:00 UTC");
    expect(formatTime(2n ** 40n)).to.match(/UTC$/);
    expect(formatTime(2n ** 256n - 1n)).to.match(/^second \d+$/);
    expect([0n, 59n, 3_600n, 7_500n, 90_061n].map(formatDuration)).to.deep.equal([
      "0 s",
      "59 s",
      "1 h",
      "2 h 5 min",
      "1 d 1 h",
    ]);
  });
});
