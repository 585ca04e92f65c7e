import {
  PRICE_SCALE,
  WAD,
  collateralValueDown,
  countedTermDebt,
  mulDivDown,
  subtractOrZero,
} from "../../sdk/model/index.js";
import { managerAt } from "../chain/contracts.js";
import type { LoanBook } from "../index/loanBook.js";
import { ratio } from "../index/table/doubleDouble.js";
import type { LoanTable } from "../index/table/loanTable.js";
import { TermTable } from "../index/table/termTable.js";
import { type FacilityFacts, revolvingDebt } from "../judge/judge.js";
import { above, shareOf, thresholdOf } from "../judge/scan.js";
import type { Errand } from "./errand.js";

/** What the lenders must expect to lose of a row's loan at that price (ILoans.mark). */
export function expectedLossAt(table: LoanTable, row: number, facts: FacilityFacts, priceE36: bigint): bigint {
  const loan = table.loanAt(row);
  const value = collateralValueDown(loan.collateral, priceE36);
  const covered = mulDivDown(value, WAD, WAD + facts.facility.terms.incentiveMinWad);
  return subtractOrZero(
    table instanceof TermTable ? recognised(table, row, facts.now) : revolvingDebt(loan, facts),
    covered,
  );
}

/** What the pool counts of a term loan among its assets. */
function recognised(table: TermTable, row: number, now: bigint): bigint {
  const term = table.termLoanAt(row);
  return term === undefined ? 0n : countedTermDebt(term, now < term.balance.settledAt ? term.balance.settledAt : now);
}

/**
 * Marks of expected losses that differ from what is marked by at least `least` loan units. They earn nothing: an operator sends
 * them for the lenders' sake, its own or others'. A mark that is too high is taken back by those who leave, for whom alone it counts.
 *
 * A loss is expected of loans whose LTV is beyond 1 / (1 + least incentive): found by their keys, as those to be liquidated are.
 *
 * @param manager of the facility's loans
 */
export function lossMarks(
  book: LoanBook,
  table: LoanTable,
  manager: string,
  facts: FacilityFacts,
  least: bigint,
): Errand[] {
  const { facility, price } = facts;
  if (price.kind !== "price") return [];
  if (table instanceof TermTable) table.advance(Number(facts.now));
  const share = table instanceof TermTable ? 1 : shareOf(facts).high;
  const ltv = 1 / (1 + Number(facility.terms.incentiveMinWad) / 1e18);
  const errands: Errand[] = [];
  above(table, thresholdOf(facts, ratio(price.priceE36, PRICE_SCALE), share, ltv), (row) => {
    const loss = expectedLossAt(table, row, facts, price.priceE36);
    if (loss < least) return;
    const { id } = table.loanAt(row);
    if (subtractOrZero(loss, book.expectedLossOf(id)) < least) return;
    errands.push({
      kind: "mark",
      loan: id,
      facility: facility.id,
      to: manager,
      data: managerAt(manager).encode("mark", [id]),
      worth: undefined,
      leadsToSale: false,
      what: `marks an expected loss of about ${loss}`,
    });
  });
  return errands;
}
