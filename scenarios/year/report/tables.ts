import { formatDay, formatTime, formatUnits } from "../../format.js";
import { html, table, type Html } from "../../report/html.js";
import { LOSS_ORDER, type LoanOutcome, type Month, type YearResult } from "../result.js";
import { cashOf, flowsOf, lossOf, monthName, total } from "../sums.js";

const writer = ({ tokens }: YearResult) => ({
  usd: (amount: bigint, places = 0) => (amount === 0n ? "" : formatUnits(amount, tokens.usd.decimals, places)),
  btc: (amount: bigint) => formatUnits(amount, tokens.btc.decimals, 6),
});

const numbersFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

/** Cash in and out of one facility's pool, month by month; each row is what its balance changed by. */
export function monthsTable(result: YearResult, id: number): Html {
  const { usd } = writer(result);
  const row = (name: string, months: readonly Month[]) => {
    const flows = flowsOf(months, id);
    const { lent, redeemed, principal, repaid, proceeds } = flows;
    const cash = [total(lent), -total(redeemed), -principal, repaid, proceeds, cashOf(flows)];
    return [name, ...cash.map((amount) => usd(amount))];
  };
  return table(
    ["", "Lenders brought", "Lenders took", "Lent out", "Paid by borrowers", "Paid by liquidators", "Cash changed by"],
    [...result.months.map((month) => row(monthName(month), [month])), row("year", result.months)],
    numbersFrom(1, 6),
  );
}

/** What was earned and lost in one facility, month by month, and what each class is worth at the end. */
export function incomeTable(result: YearResult, id: number): Html {
  const { usd } = writer(result);
  const holders = [...LOSS_ORDER].reverse().filter((holder) => holder !== "reserve");
  const tranches = result.facilities.find((facility) => facility.id === id)?.tranches ?? [];
  const present = holders.filter((holder) => tranches.includes(holder));
  const row = (name: string, months: readonly Month[]) => {
    const { income, reversed, losses, opened, liquidated, defaults, rolledOver } = flowsOf(months, id);
    const worth = months.at(-1)?.books[id]?.worth;
    return [
      name,
      ...present.map((holder) => usd(income[holder] - reversed[holder])),
      usd(income.reserve - reversed.reserve),
      usd(-total(losses)),
      ...present.map((holder) => usd(worth?.[holder] ?? 0n)),
      ...[opened, liquidated, defaults, rolledOver].map((count) => (count === 0 ? "" : String(count))),
    ];
  };
  const heads = [
    ...present.map((holder) => `Earned by ${holder}`),
    ...["by reserve", "Losses"],
    ...present.map((holder) => `Worth of ${holder}`),
    ...["Opened", "Sales", "Defaults", "Rolled over"],
  ];
  return table(
    ["", ...heads],
    [...result.months.map((month) => row(monthName(month), [month])), row("year", result.months)],
    numbersFrom(1, heads.length),
  );
}

/** Every sale that lenders lost by, and who bore it. */
export function lossesTable(result: YearResult): Html {
  const { usd, btc } = writer(result);
  const losing = result.sales.filter((sale) => lossOf(sale) > 0n);
  if (losing.length === 0) return html`<p>No sale left a loss.</p>`;
  return table(
    [
      "Time (UTC)",
      "Borrower",
      "Facility",
      "Repaid",
      "Sold, BTC",
      "Loss",
      ...LOSS_ORDER.map((holder) => `by ${holder}`),
    ],
    losing.map((sale) => [
      html`<span title="${sale.transaction}">${formatTime(sale.at)}</span>`,
      html`<span title="loan ${sale.loan}">${sale.borrower}</span>`,
      String(sale.facility),
      usd(sale.repaid, 2),
      btc(sale.seized),
      usd(lossOf(sale), 2),
      ...LOSS_ORDER.map((holder) => usd(sale.losses[holder], 2)),
    ]),
    numbersFrom(3, 3 + LOSS_ORDER.length),
  );
}

/** Every loan: how its owner behaved and what came of it. */
export function loansTable(result: YearResult): Html {
  const { usd } = writer(result);
  return table(
    ["Borrower", "Kind", "Habit", "LTV", "Principal", "Opened", "What happened"],
    result.loans.map((loan) => [
      loan.name,
      loan.kind === "term" ? `term, sheet ${loan.sheet ?? 0}` : "revolving",
      loan.habit,
      `${(loan.ltvBps / 100).toFixed(1)} %`,
      usd(loan.principal),
      loan.openedAt === undefined ? "never" : formatDay(loan.openedAt),
      whatHappened(loan),
    ]),
    [3, 4],
  );
}

function whatHappened({ daysRefused, refusal, sales, markedInDefault, rolledOver }: LoanOutcome): string {
  return [
    ...(daysRefused > 0 ? [`refused on ${daysRefused} days (${refusal ?? ""})`] : []),
    ...(rolledOver > 0 ? ["rolled over"] : []),
    ...(markedInDefault > 0 ? ["in default"] : []),
    ...(sales > 0 ? [`${sales} sale${sales === 1 ? "" : "s"}`] : []),
  ].join("; ");
}
