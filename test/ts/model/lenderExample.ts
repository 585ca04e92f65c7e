import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Ledger, TrancheClass, bearLoss, divideInterest, exitNav } from "../../../sdk/model/waterfall.js";

const page = readFileSync(join(import.meta.dirname, "../../../docs/lender.md"), "utf8");
const CENT = 10_000n;
const dollars = (whole: bigint): bigint => whole * 1_000_000n;
/** Rounded down to the cent, as the page says. */
const money = (units: bigint): string => {
  const cents = units / CENT;
  return `${(cents / 100n).toLocaleString("en")}.${String(cents % 100n).padStart(2, "0")}`;
};

describe("docs: the worked example of docs/lender.md", () => {
  it("says to the cent what the waterfall makes of each event", () => {
    let ledger: Ledger = {
      ...{ cash: dollars(50_000n), debt: dollars(900_000n), senior: dollars(800_000n), junior: dollars(150_000n) },
      ...{ stake: dollars(50_000n), premium: 0n, reserve: 0n },
      ...{ reserveFeeBps: 1_000n, juniorSpreadBps: 1_500n, coverPremiumBps: 500n },
    };
    let marked = 0n;
    const { Senior, Junior, Cover } = TrancheClass;
    const lines = page.split("\n");
    let at = lines.findIndex((line) => line.startsWith("| what happens"));
    /** The page's next row is about this, and has these figures. */
    const row = (what: string): void => {
      at += 1;
      if (lines[at]?.startsWith("| ---")) at += 1;
      const { cash, debt, reserve } = ledger;
      const worth = [Senior, Junior, Cover].map((of) => exitNav(ledger, of, marked));
      const cells = lines[at]?.split("|").map((cell) => cell.trim());
      expect(cells?.slice(1, -1)).to.deep.equal([what, ...[cash, debt, ...worth, reserve].map(money)]);
      const { senior, junior, premium } = ledger;
      expect(senior + junior + reserve + premium, "POOL-1").to.equal(cash + debt);
    };
    const interest = (amount: bigint): void => {
      [ledger] = divideInterest({ ...ledger, debt: ledger.debt + amount });
    };
    const lose = (loss: bigint): void => {
      [ledger] = bearLoss(ledger, loss);
      ledger = { ...ledger, debt: ledger.debt - loss };
    };

    expect(page).to.match(/800,000 of senior, 150,000 of junior and 50,000 of cover\. 10 % of interest/);
    row("at first");
    interest(dollars(90_000n));
    row("90,000 of interest");
    ledger = { ...ledger, cash: ledger.cash + dollars(50n), junior: ledger.junior + dollars(50n) };
    row("a borrower pays 50 of late fees");
    ledger = { ...ledger, cash: ledger.cash - dollars(40_000n), senior: ledger.senior - dollars(40_000n) };
    row("a senior lender takes out 40,000");
    marked = dollars(60_000n);
    row("of a loan of 200,000, 60,000 are expected to be lost: marked");
    marked = dollars(40_000n);
    row("the price recovers a little: the mark is 40,000");
    ledger = { ...ledger, cash: ledger.cash + dollars(130_000n), debt: ledger.debt - dollars(130_000n) };
    marked = 0n;
    lose(dollars(70_000n));
    row("its collateral is sold for 130,000; 70,000 are lost");
    interest(dollars(10_000n));
    row("10,000 of interest, without cover no premium");
    lose(dollars(200_000n));
    row("200,000 are lost on other loans");
    interest(dollars(10_000n));
    row("10,000 of interest, without junior no spread");
    expect(lines[at + 1], "no row more").to.equal("");
  });
});
