import { formatAmount, formatCash, formatPercent, parsePositiveAmount } from "../../../sdk/client/amounts.js";
import { facilityOf } from "../../../sdk/client/facility.js";
import { type LoanQuote, quoteLoan } from "../../../sdk/client/quote.js";
import { joined } from "../arguments.js";
import { pairs } from "../output.js";
import { type Session, addressArgument } from "../session.js";
import { amountJson, outlookJson, outlooksText, priceJson, priceText } from "../views.js";

export interface QuoteOptions {
  readonly facility: string;
  readonly collateral: readonly string[];
  readonly borrow?: readonly string[];
  readonly owner?: string;
}

export async function quote(session: Session, options: QuoteOptions): Promise<void> {
  const { client, output } = session;
  const known = facilityOf(client.deployment, options.facility);
  const owner = options.owner === undefined ? session.address : addressArgument(options.owner, "--owner");
  const result = await quoteLoan(client, {
    facility: known.id,
    collateral: parsePositiveAmount(joined(options.collateral), known.collateral),
    ...(options.borrow === undefined ? {} : { principal: parsePositiveAmount(joined(options.borrow), known.loan) }),
    ...(owner === undefined ? {} : { owner }),
  });
  output.data(quoteJson(result), () => quoteText(result));
}

function quoteJson(q: LoanQuote) {
  const { facility, rate } = q;
  return {
    facility: facility.id,
    most: amountJson(q.most, facility.loan),
    principal: amountJson(q.principal, facility.loan),
    leastCollateral: q.leastCollateral === undefined ? null : amountJson(q.leastCollateral, facility.collateral),
    rate: rate === undefined ? null : { nominalWad: rate.nominalWad, effectiveWad: rate.effectiveWad },
    maxLtvWad: q.maxLtvWad,
    price: priceJson(facility.price, facility),
    borrowPrice: priceJson(facility.borrowPrice, facility),
    ...outlookJson(q.outlook, facility),
  };
}

function quoteText(q: LoanQuote): string {
  const { facility, rate } = q;
  const least = q.leastCollateral;
  const rows: [string, string][] = [
    ["facility", `${facility.id} (${facility.name})`],
    ["price", priceText(facility.price, facility)],
    ["most that can be borrowed", `${formatCash(q.most, facility.loan)}, up to ${formatPercent(q.maxLtvWad)} LTV`],
    [
      "rate once lent",
      rate === undefined
        ? `the pool holds only ${formatCash(facility.cash, facility.loan)}`
        : `${formatPercent(rate.nominalWad)} a year, variable (${formatPercent(rate.effectiveWad)} with compounding)`,
    ],
    [
      "least collateral for it",
      least === undefined ? "–" : formatAmount(least, facility.collateral, { rounding: "up" }),
    ],
  ];
  if (facility.borrowPrice.refusal !== undefined) rows.push(["no borrowing now", facility.borrowPrice.refusal]);
  return `${pairs(rows)}\n${outlooksText([{ name: "if opened now", outlook: q.outlook }], facility)}`;
}
