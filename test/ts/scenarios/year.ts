import { expect } from "chai";
import { passes, requireAll } from "../../../scenarios/accounting/checks.js";
import { yearChecks, type Evidence } from "../../../scenarios/year/checks.js";
import { planPeople } from "../../../scenarios/year/people.js";
import { yearOfPrices } from "../../../scenarios/year/prices.js";
import { nothing, type FacilityBooks, type MonthOfEvents } from "../../../scenarios/year/result.js";
import { flowsOf } from "../../../scenarios/year/sums.js";

const START = Date.parse("2026-01-01T00:00Z") / 1000;
const OPENING = 88_000n * 10n ** 8n;

describe("scenarios: a year of prices", () => {
  const year = yearOfPrices(1, OPENING, START);

  it("is the same for the same seed and another for another", () => {
    expect(yearOfPrices(1, OPENING, START)).to.deep.equal(year);
    expect(yearOfPrices(2, OPENING, START).map(({ steps }) => steps[0])).to.not.deep.equal(
      year.map(({ steps }) => steps[0]),
    );
  });

  it("has 365 days, each beginning at midnight where the last ended, at the opening price first", () => {
    expect(year).to.have.length(365);
    expect(year.every(({ startsAt, steps }, day) => startsAt === START + day * 86_400 && steps[0]?.at === startsAt)).to
      .be.true;
    expect(year[0]?.steps[0]?.price).to.equal(OPENING);
  });

  it("has one crash in its middle third: an hour in which more than a fifth is lost", () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const days = yearOfPrices(seed, OPENING, START);
      const [crash, ...more] = days.filter(({ kind }) => kind === "crash");
      expect(more).to.be.empty;
      expect(crash?.day).to.be.within(121, 243);
      const prices = crash?.steps.map(({ price }) => Number(price)) ?? [];
      expect(Math.min(...prices.slice(1).map((price, hour) => price / (prices[hour] ?? 1)))).to.be.lessThan(0.8);
    }
  });

  it("goes hour by hour through days that move by more than 4 %, and through the others at once", () => {
    for (const { kind, steps } of year) expect(steps).to.have.length(kind === "quiet" ? 1 : 24);
    expect(year.some(({ kind }) => kind === "wild")).to.be.true;
    for (const { kind, steps } of year.filter((day) => day.kind !== "quiet")) {
      const first = Number(steps[0]?.price);
      const most = Math.max(...steps.map(({ price }) => Math.abs(Math.log(Number(price) / first))));
      expect(most, kind).to.be.greaterThan(0.04);
    }
  });
});

describe("scenarios: the people of a year", () => {
  const options = { loans: 20, seed: 1, days: 365 };

  it("have every habit among ten of them, six in ten with dates", () => {
    const ten = planPeople({ ...options, loans: 10 }, 7_500, 6);
    expect(ten.filter(({ kind }) => kind === "term")).to.have.length(6);
    expect(new Set(ten.map(({ habit }) => habit)).size).to.equal(8);
  });

  it("stay within what the facility lends, and within the year", () => {
    for (const seed of [1, 2, 3])
      for (const plan of planPeople({ ...options, seed }, 7_500, 6)) {
        expect(plan.ltvBps).to.be.within(3_500, 7_350);
        expect(plan.opensOn).to.be.within(0, 270);
        if (plan.habit === "prepays" || plan.habit === "rolls over")
          expect(plan.opensOn + (plan.days ?? 0)).to.be.lessThan(365);
      }
  });

  it("are refused when too few to have every habit", () =>
    expect(() => planPeople({ ...options, loans: 9 }, 7_500, 6)).to.throw("at least 10 loans"));
});

describe("scenarios: the checks of a year", () => {
  const flow = { btc: 0n, usd: 0n };
  const quiet = (): MonthOfEvents => flowsOf([]);
  const books = (): FacilityBooks => ({
    balance: 1_000n,
    worth: { ...nothing(), senior: 900n, junior: 100n },
    debt: 0n,
  });

  /** A month in which lenders bring 50, junior earns 7 and loses 3, and 4 come in on loans. */
  function evidence(): Evidence {
    const after: FacilityBooks = { balance: 1_054n, worth: { ...nothing(), senior: 950n, junior: 104n }, debt: 0n };
    const events = quiet();
    events.lent.senior = 50n;
    events.repaid = 4n;
    events.income.junior = 7n;
    events.losses.junior = 3n;
    const groups = { lenders: { btc: 0n, usd: -50n }, borrowers: { btc: 0n, usd: -4n }, keeper: flow };
    return {
      groups: { ...groups, ballast: { btc: 0n, usd: 54n }, market: flow, others: flow },
      ...{ pools: { btc: 0n, usd: 54n }, vaults: flow, uniswap: flow, swapped: flow },
      before: { 1: books() },
      months: [{ number: 1, isSettlement: false, block: 9, at: START, books: { 1: after }, events: { 1: events } }],
      events: {
        ...{ months: [{ 1: events }], collateral: { put: 0n, taken: 0n, seized: 0n }, counts: new Map() },
        sales: [
          {
            ...{ block: 5, transaction: "0x", facility: 1, loan: "1", repaid: 0n, seized: 0n },
            losses: { ...nothing(), junior: 3n },
          },
        ],
      },
      keeper: { profit: 0n, cost: 0n },
      ether: { spent: 0n, fees: 0n },
    };
  }

  it("pass when cash, worth and losses agree", () => requireAll(yearChecks(evidence())));

  for (const [what, spoil] of [
    ["cash in less cash out", (e: Evidence) => (e.months[0]!.books[1]!.balance += 1n)],
    ["worth of junior", (e: Evidence) => (e.months[0]!.books[1]!.worth.junior -= 1n)],
    ["worth of cover", (e: Evidence) => (e.months[0]!.events[1]!.income.cover += 1n)],
    ["Losses", (e: Evidence) => (e.events.sales[0]!.losses.junior = 2n)],
    ["Lenders: redeemed less lent", (e: Evidence) => (e.groups.lenders = { btc: 0n, usd: -49n })],
    ["Collateral left in the vaults", (e: Evidence) => (e.vaults = { btc: 1n, usd: 0n })],
    ["Keeper's fees", (e: Evidence) => (e.ether = { spent: 1n, fees: 0n })],
  ] as const)
    it(`fail by one unit: ${what}`, () => {
      const wrong = evidence();
      spoil(wrong);
      const failed = yearChecks(wrong).filter((check) => !passes(check));
      expect(failed.some((check) => check.what.includes(what))).to.be.true;
    });
});
