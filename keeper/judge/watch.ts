import { PRICE_SCALE, WAD, termLoanDebt } from "../../sdk/model/index.js";
import type { LoanBook } from "../index/loanBook.js";
import { ratio } from "../index/table/doubleDouble.js";
import type { LoanTable } from "../index/table/loanTable.js";
import { TermTable } from "../index/table/termTable.js";
import { descending } from "./descending.js";
import { AT_RISK_HEALTH, type DatedDebt, type FacilityFacts, type Judgement, judge, judgedPrice } from "./judge.js";
import { above, shareOf, thresholdOf } from "./scan.js";

/** Loans of a facility that are shown at most. */
const MOST_SHOWN = 100;
const AT_RISK = Number(AT_RISK_HEALTH) / Number(WAD);

/** The loan of a row, judged by itself. */
export function judgeRow(table: LoanTable, row: number, facts: FacilityFacts): Judgement {
  return judge(table.loanAt(row), facts, table instanceof TermTable ? datedDebtAt(table, row, facts.now) : undefined);
}

/** The same of a term loan as if its default were marked at the facts' second. */
export function judgeAsMarked(
  book: LoanBook,
  id: bigint,
  facts: ReadonlyMap<number, FacilityFacts>,
): Judgement | undefined {
  const found = book.locate(id);
  const known = found && facts.get(found.table.facility);
  if (known === undefined || !(found?.table instanceof TermTable)) return undefined;
  const { debt } = datedDebtAt(found.table, found.row, known.now);
  return judge(found.table.loanAt(found.row), known, { debt, defaultMarkedAt: known.now });
}

function datedDebtAt(table: TermTable, row: number, now: bigint): DatedDebt {
  const term = table.termLoanAt(row);
  if (term === undefined) return { debt: 0n, defaultMarkedAt: 0n };
  const second = now < term.balance.settledAt ? term.balance.settledAt : now;
  return { debt: termLoanDebt(term, second), defaultMarkedAt: term.inDefault?.markedAt ?? 0n };
}

/**
 * Loans to keep an eye on: those nearest to their limit without being beyond it, and, where there is no price, those whose LTV is
 * highest whatever the price. For people, so a hundred of each facility do.
 */
export function watched(book: LoanBook, facts: ReadonlyMap<number, FacilityFacts>): Judgement[] {
  const judgements: Judgement[] = [];
  for (const [facility, table] of book.tables) {
    const known = facts.get(facility);
    if (known === undefined) continue;
    const isPriced = judgedPrice(known.price) !== undefined;
    for (const row of nearest(table, known)) {
      const judgement = judgeRow(table, row, known);
      const { healthWad, verdict } = judgement;
      const isNear = verdict.kind === "healthy" && judgement.debt > 0n && (healthWad ?? 0n) < AT_RISK_HEALTH;
      if (isPriced ? isNear : verdict.kind === "unpriced") judgements.push(judgement);
    }
  }
  return judgements;
}

function nearest(table: LoanTable, facts: FacilityFacts): number[] {
  const priceE36 = judgedPrice(facts.price);
  const share = table instanceof TermTable ? 1 : shareOf(facts).high;
  const limit = priceE36 === undefined ? Infinity : thresholdOf(facts, ratio(priceE36, PRICE_SCALE), share);
  const rows: number[] = [];
  const { values } = table.keys;
  above(table, priceE36 === undefined ? 0 : limit / AT_RISK, (row) => {
    if (values[row]! <= limit) rows.push(row);
  });
  if (rows.length <= MOST_SHOWN) return rows;
  const keys = Float64Array.from(rows, (row) => values[row]!);
  return [...descending(keys, rows.length).subarray(0, MOST_SHOWN)].map((at) => rows[at]!);
}
