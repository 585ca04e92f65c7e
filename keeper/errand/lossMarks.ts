import { WAD, collateralValueDown, mulDivDown, subtractOrZero } from "../../sdk/model/index.js";
import { managerAt, read } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import type { BookLoan } from "../index/loanBook.js";
import { type FacilityFacts, debtOf } from "../judge/judge.js";
import type { Errand } from "./errand.js";

/** What the lenders must expect to lose of a loan at that price (ILoans.mark), as far as its debt is what the pool counts. */
export function expectedLoss(loan: BookLoan, facts: FacilityFacts, priceE36: bigint): bigint {
  const value = collateralValueDown(loan.collateral, priceE36);
  return subtractOrZero(debtOf(loan, facts), mulDivDown(value, WAD, WAD + facts.facility.terms.incentiveMinWad));
}

/**
 * Marks of expected losses that differ from what is marked by at least `least` loan units. They earn nothing: an operator sends
 * them for the lenders' sake, its own or others'.
 *
 * @param manager of the facility's loans
 */
export async function lossMarks(
  node: Node,
  manager: string,
  loans: Iterable<BookLoan>,
  facts: FacilityFacts,
  least: bigint,
  head: Head,
): Promise<Errand[]> {
  const { facility, price } = facts;
  if (price.kind !== "price") return [];
  const errands: Errand[] = [];
  for (const loan of loans) {
    if (loan.facility !== facility.id) continue;
    const loss = expectedLoss(loan, facts, price.priceE36);
    // What could be marked already is asked only where there is something to say; a mark that is too high is taken back by those
    // who leave, for whom alone it counts.
    if (loss < least) continue;
    const marked = await read(node, managerAt(manager), "markOf", [loan.id], head.number);
    if (subtractOrZero(loss, marked) < least) continue;
    errands.push({
      kind: "mark",
      loan: loan.id,
      facility: facility.id,
      to: manager,
      data: managerAt(manager).encode("mark", [loan.id]),
      worth: undefined,
      leadsToSale: false,
      what: `marks an expected loss of about ${loss}`,
    });
  }
  return errands;
}
