import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import {
  defaultsAfter,
  dueNow,
  lateChargesUp,
  nextPayment,
  openTermLoan,
  payOff,
  payTermLoan,
  settleTermLoan,
  type TermBalance,
  type TermTerms,
} from "../../../sdk/model/termLoan.js";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/credit.md"), "utf8");
const DAY = 86_400n;
const CENT = 10_000n;
const second = (date: string): bigint => BigInt(Date.parse(`${date}T00:00:00Z`) / 1000);
/** Rounded up to the cent, as the page says. */
const money = (units: bigint): string => {
  const cents = (units + CENT - 1n) / CENT;
  return `${(cents / 100n).toLocaleString("en")}.${String(cents % 100n).padStart(2, "0")}`;
};

const terms: TermTerms = {
  openedAt: second("2026-01-01"),
  annualRateWad: 12n * 10n ** 16n,
  intervalSeconds: 30n * DAY,
  count: 12n,
  graceSeconds: 10n * DAY,
  latePremiumWad: 6n * 10n ** 16n,
  lateFee: 25_000_000n,
  prepaymentFeeWad: 10n ** 16n,
};

describe("docs: the dated example of docs/credit.md", () => {
  it("says to the cent what the model computes, date by date", () => {
    let loan: TermBalance = openTermLoan(100_000_000_000n, 0n, terms);
    const row = (date: string, ...figures: string[]): void => {
      const line = page.split("\n").find((each) => each.split("|")[1]?.trim() === date) ?? "";
      for (const figure of figures) expect(line, date).to.contain(figure);
    };
    const until = (date: string): void => void (loan = settleTermLoan(loan, terms, second(date)));
    const pay = (assets: bigint): bigint => {
      let paid: bigint;
      [loan, paid] = payTermLoan(loan, terms, assets);
      return paid;
    };
    expect(page).to.contain(`Each instalment is ${money(loan.instalment)} dollars`);

    until("2026-01-31");
    row("31 January", `${money(loan.interestDue)} of it`, money(pay(dueNow(loan))), money(loan.principal));
    until("2026-02-20");
    row("20 February", money(pay(nextPayment(loan, terms))), money(loan.principal));
    until("2026-03-02");
    row("2 March", money(loan.principal));
    expect(loan.credit).to.equal(0n);
    until("2026-04-01");
    row("1 April", `${money(dueNow(loan))} are in`, money(loan.principal));
    until("2026-04-06");
    const lateInterest = lateChargesUp(loan) - terms.lateFee;
    row("6 April", `${money(lateInterest)} of late interest`, money(pay(dueNow(loan))), money(loan.principal));
    until("2026-04-20");
    expect(pay(30_000_000_000n)).to.equal(30_000_000_000n);
    row("20 April", `${money(loan.credit)} of credit`, `become ${money(loan.instalment)}`, money(loan.principal));
    until("2026-05-01");
    row("1 May", `${money(loan.credit)} are left`, money(loan.principal));
    until("2026-05-31");
    row("31 May", `${money(dueNow(loan))} are missing`, money(loan.principal));
    until("2026-06-10");
    expect(defaultsAfter(loan, terms)).to.equal(second("2026-06-10"));
    until("2026-06-12");
    row("12 June", `${money(lateChargesUp(loan))} of it late charges`, money(dueNow(loan)));
    pay(dueNow(loan));
    row("12 June", money(loan.principal));
    until("2026-07-01");
    row("1 July", money(payOff(loan, terms)));
  });

  it("quotes the gas of the snapshot", () => {
    const file = readFileSync(join(root, "test/bench/gas-snapshot.json"), "utf8");
    const gas = JSON.parse(file) as Record<string, number> &
      Record<"term" | "termWithFirstLoss", Record<string, number>>;
    const quoted = [
      ...[gas.open, gas.repay, gas.term.open, gas.term.payOnDate, gas.term.payAhead],
      gas.termWithFirstLoss.saleWithLoss,
    ];
    for (const figure of quoted) expect(page).to.contain(figure?.toLocaleString("en"));
  });
});
