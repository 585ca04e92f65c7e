import { MAX_UINT256, collateralValueDown, quoteLiquidation } from "../../sdk/model/index.js";
import { termManagerAt } from "../chain/contracts.js";
import type { BookLoan } from "../index/loanBook.js";
import type { FacilityFacts } from "../judge/judge.js";
import type { Errand } from "./errand.js";

/**
 * A mark for each term loan that is in default and that nobody has marked; none while there is no price to judge a sale by.
 * Worth is what the sale that it opens leaves at the oracle's price, when its incentive has grown as far as it does.
 */
export function defaultMarks(loans: Iterable<BookLoan>, facts: FacilityFacts, termManager: string): Errand[] {
  const { dated, facility, now, price } = facts;
  if (dated === undefined || price.kind !== "price") return [];
  const errands: Errand[] = [];
  for (const loan of loans) {
    const state = dated.get(loan.id);
    if (state === undefined || state.debt === 0n || state.defaultMarkedAt !== 0n || now <= state.defaultsAfter)
      continue;
    const quote = quoteLiquidation({
      collateral: loan.collateral,
      debt: state.debt,
      priceE36: price.priceE36,
      terms: facility.terms,
      ramp: { seconds: facility.rampSeconds, rampSeconds: facility.rampSeconds },
      request: MAX_UINT256,
    });
    errands.push({
      kind: "mark",
      loan: loan.id,
      facility: facility.id,
      to: termManager,
      data: termManagerAt(termManager).encode("markDefault", [loan.id]),
      worth: quote.liquidatable ? collateralValueDown(quote.seized, price.priceE36) - quote.repaid : 0n,
      leadsToSale: true,
      what: "marks the default",
    });
  }
  return errands;
}
