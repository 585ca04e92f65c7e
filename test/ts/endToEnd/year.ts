import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireAll } from "../../../scenarios/accounting/checks.js";
import { Resources } from "../../../scenarios/replay/resources.js";
import { reportJson } from "../../../scenarios/report/json.js";
import { assembleYear } from "../../../scenarios/year/assemble.js";
import { yearPage } from "../../../scenarios/year/report/page.js";
import type { YearResult } from "../../../scenarios/year/result.js";
import { flowsOf, total } from "../../../scenarios/year/sums.js";
import { summaryOf } from "../../../scenarios/year/summary.js";
import { liveYear } from "../../../scenarios/year/year.js";

describe("scenarios: two and a half months, end to end", function () {
  this.timeout(900_000);
  const resources = new Resources();
  let out: string;
  let result: YearResult;

  before(async () => {
    out = mkdtempSync(join(tmpdir(), "ballast-year-"));
    const silent = { stage: () => undefined, step: () => undefined, event: () => undefined, end: () => undefined };
    const options = { scenario: "year" as const, loans: 10, seed: 2, days: 75, out };
    result = await assembleYear(await liveYear(options, silent, resources));
  });
  after(async () => {
    await resources.stopAll();
    rmSync(out, { recursive: true, force: true });
  });

  it("reconciles every month of both facilities, and who got what, to the unit", () => {
    requireAll(result.checks);
    expect(result.months.map(({ isSettlement }) => isSettlement)).to.deep.equal([false, false, false, true]);
    // Two tokens four ways, five a month and facility, and the totals.
    expect(result.checks.length).to.equal(2 * 4 + 5 * 2 * 4 + 14);
  });

  it("has loans of both kinds, and losses that land in their order: cover first and all of it, then junior", () => {
    const { income } = flowsOf(result.months);
    for (const kind of ["revolving", "term"])
      expect(result.loans.some((loan) => loan.kind === kind && loan.openedAt !== undefined)).to.be.true;
    expect(total(income) > 0n).to.be.true;
    const [first, ...later] = result.sales.filter(({ facility, losses }) => facility !== 1 && total(losses) > 0n);
    if (!first) throw new Error("the term facility lost nothing");
    const { cover, junior, senior } = first.losses;
    expect(cover > 0n && junior > 0n, "more than there was of cover").to.be.true;
    expect(senior, "nothing of senior while there is junior").to.equal(0n);
    for (const { losses } of later) expect(losses.cover, "no cover is left").to.equal(0n);
  });

  it("leaves nobody with a debt, and no claim unpaid but the seeds'", () => {
    const last = result.months.at(-1)?.books ?? {};
    for (const { debt, worth } of Object.values(last)) {
      expect(debt < 100n, `debt ${debt}`).to.be.true;
      expect(worth.senior < 30_000_000_000n).to.be.true;
    }
  });

  it("makes a page, a summary and JSON of it", () => {
    const page = yearPage(result);
    expect(page).to.match(/^<!doctype html>/i);
    expect(page).to.not.match(/<script|<link|<img|@import|src=|url\((?!#)/i);
    const names = [...page.matchAll(/<svg role="img" aria-label="([^"]+)"/g)].map(([, name]) => name);
    expect(names).to.have.length(6);
    for (const { transaction, losses } of result.sales) if (total(losses) > 0n) expect(page).to.include(transaction);
    expect(summaryOf(result)).to.include(`${result.checks.length} of ${result.checks.length}`);
    expect((JSON.parse(reportJson(result)) as YearResult).months).to.have.length(4);
  });
});
