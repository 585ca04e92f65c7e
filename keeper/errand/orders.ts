import { collateralValueDown } from "../../sdk/model/index.js";
import { ordersAt, read } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import type { LoanBook } from "../index/loanBook.js";
import type { FacilityFacts } from "../judge/judge.js";
import type { Errand } from "./errand.js";

/** OrderKind of IProtectionOrders whose fee is in collateral. */
const AUTO_TOP_UP = 3n;
const NAMES = ["deleverages", "takes profit", "repays", "tops up"];
/** A fee that fell further since the quote is refused. */
const LEAST_FEE_PERCENT = 99n;

/** Executions of the owners' standing orders whose condition holds at `head`; worth is the keeper's fee. */
export async function dueOrders(
  node: Node,
  orders: string,
  operator: string,
  book: LoanBook,
  facts: ReadonlyMap<number, FacilityFacts>,
  head: Head,
): Promise<Errand[]> {
  const contract = ordersAt(orders);
  const errands: Errand[] = [];
  for (const { id, owner, kind } of book.orders) {
    const loan = book.loan(id);
    const known = loan && facts.get(loan.facility);
    // Without a price no order is executed.
    if (loan === undefined || known?.price.kind !== "price") continue;
    const [isDue, quote] = await read(node, contract, "executable", [id, kind], head.number);
    // Whoever had the loan before has no order for it.
    if (!isDue || quote.owner !== owner) continue;
    const worth = kind === AUTO_TOP_UP ? collateralValueDown(quote.fee, known.price.priceE36) : quote.fee;
    errands.push({
      kind: "order",
      loan: id,
      facility: loan.facility,
      to: orders,
      data: contract.encode("execute", [id, kind, operator, (quote.fee * LEAST_FEE_PERCENT) / 100n]),
      worth,
      leadsToSale: false,
      what: `${NAMES[Number(kind)] ?? "acts"} by its owner's order, for a fee of ${worth}`,
    });
  }
  return errands;
}
