import { expect } from "chai";
import { reportJson } from "../../../scenarios/report/json.js";
import { reportPage } from "../../../scenarios/report/page.js";
import { incentiveShares } from "../../../scenarios/report/incentive.js";
import { html } from "../../../scenarios/report/html.js";
import { sampleResult } from "./sample.js";

describe("scenarios: the report", () => {
  const result = sampleResult();
  const page = reportPage(result);

  it("is one document that fetches nothing", () => {
    expect(page).to.match(/^<!doctype html>/i);
    expect(page).to.not.match(/<script|<link|<img|@import|src=|url\((?!#)/i);
    // The one address in it is the name of the SVG language.
    expect([...new Set(page.match(/https?:\/\/[^"' ]+/g))].filter((url) => !url.includes("www.w3.org"))).to.deep.equal(
      [],
    );
  });

  it("has every chart, each with a name for those who cannot see it", () => {
    const names = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"/g)].map(([, name]) => name);
    expect(names).to.deep.equal([
      "Bitcoin price over time with the liquidations at each price",
      "Quantiles of the health factor of all loans over time",
      "Debt and value of the collateral of all loans over time",
      "Who got the liquidation incentive",
      "Fees paid by the keeper for each liquidation",
    ]);
  });

  it("lists every liquidation and every hold", () => {
    for (const { transaction } of result.liquidations) expect(page).to.include(`title="${transaction}"`);
    expect(page).to.include("the cap released it").and.to.include("the sources agreed again");
  });

  it("divides the incentive without remainder", () => {
    const { incentive, swapLoss, fees, keeperNet } = incentiveShares(result);
    expect(swapLoss + fees + keeperNet).to.equal(incentive);
    expect(fees).to.equal(2_020_000n); // 0.0101 ether at 200 dollars
  });

  it("shows a total that does not agree as such", () => {
    const [check, ...rest] = result.checks;
    if (!check) throw new Error("the sample has no checks");
    const wrong = { ...check, measured: { ...check.measured, amount: check.measured.amount + 1n } };
    expect(reportPage({ ...result, checks: [wrong, ...rest] }))
      .to.include("✗ differs")
      .and.to.include("NOT closed");
    expect(page).to.not.include("✗ differs");
  });

  it("stands without a single liquidation, hold or open loan", () => {
    const empty = {
      ...result,
      liquidations: [],
      holds: [],
      moments: result.moments.map((moment) => ({ ...moment, health: undefined, average: undefined })),
    };
    expect(reportPage(empty)).to.include("Nobody was liquidated.").and.to.include("it held nothing back");
  });

  it("never lets a name become markup", () => {
    expect(html`<td>${"<b>&\"'"}</td>`.text).to.equal("<td>&#60;b&#62;&#38;&#34;&#39;</td>");
    const named = { ...result, tokens: { ...result.tokens, usd: { symbol: "<script>", decimals: 6 } } };
    expect(reportPage(named)).to.not.include("<script>");
  });

  it("as JSON keeps every unit of every amount", () => {
    const parsed = JSON.parse(reportJson(result)) as { liquidations: { repaid: string }[]; checks: unknown[] };
    expect(parsed.liquidations.map(({ repaid }) => BigInt(repaid))).to.deep.equal(
      result.liquidations.map(({ repaid }) => repaid),
    );
    expect(parsed.checks).to.have.length(result.checks.length);
  });
});
