import {
  MAX_UINT256,
  collateralValueDown,
  defaultsAfter,
  quoteLiquidation,
  settleTermLoan,
  termDebt,
} from "../../sdk/model/index.js";
import { termManagerAt } from "../chain/contracts.js";
import type { TermTable } from "../index/table/termTable.js";
import type { FacilityFacts } from "../judge/judge.js";
import type { Errand } from "./errand.js";

/**
 * A mark for each term loan that is in default and that nobody has marked; none while there is no price to judge a sale by.
 * Worth is what the sale that it opens leaves at the oracle's price, when its incentive has grown as far as it does.
 *
 * Looks at the loans that the table's wheel found in default, and at no other.
 */
export function defaultMarks(table: TermTable, { facility, now, price }: FacilityFacts, termManager: string): Errand[] {
  if (price.kind !== "price") return [];
  table.advance(Number(now));
  const errands: Errand[] = [];
  for (const row of table.overdue) {
    const term = table.termLoanAt(row);
    if (term === undefined || term.balance.settledAt > now) continue;
    const balance = settleTermLoan(term.balance, term.terms, now);
    const debt = termDebt(balance);
    if (debt === 0n || now <= defaultsAfter(balance, term.terms)) continue;
    const { id, collateral } = table.loanAt(row);
    const quote = quoteLiquidation({
      collateral,
      debt,
      priceE36: price.priceE36,
      terms: facility.terms,
      ramp: { seconds: facility.rampSeconds, rampSeconds: facility.rampSeconds },
      request: MAX_UINT256,
    });
    errands.push({
      kind: "mark",
      loan: id,
      facility: facility.id,
      to: termManager,
      data: termManagerAt(termManager).encode("markDefault", [id]),
      worth: quote.liquidatable ? collateralValueDown(quote.seized, price.priceE36) - quote.repaid : 0n,
      leadsToSale: true,
      what: "marks the default",
    });
  }
  return errands;
}
