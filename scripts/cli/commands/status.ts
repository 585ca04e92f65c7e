import { formatLoanId } from "../../../sdk/client/loanIds.js";
import { type LoanState, readLoan, readLoansOf, readOffersTo } from "../../../sdk/client/loanState.js";
import { readTermLoan } from "../../../sdk/client/termLoan.js";
import { formatAmount, formatCash } from "../../../sdk/client/amounts.js";
import { UsageError } from "../exitCodes.js";
import { pairs } from "../output.js";
import { type Session, addressArgument } from "../session.js";
import { termJson, termRows } from "../termViews.js";
import { loanJson, loansText, outlooksText, priceText } from "../views.js";

export async function status(session: Session, loan: string | undefined, options: { owner?: string }): Promise<void> {
  const owner = options.owner === undefined ? session.address : addressArgument(options.owner, "--owner");
  if (loan !== undefined) return one(session, session.loanId(loan, owner));
  if (owner === undefined) throw new UsageError("whose loans? Name a loan, --owner, or a key");
  return all(session, owner);
}

async function one({ client, output }: Session, id: bigint): Promise<void> {
  const loan = await readLoan(client, id);
  const term = loan.facility.kind === "term" && loan.debt !== 0n ? await readTermLoan(client, id) : undefined;
  const json = { ...loanJson(loan), ...(term && { term: termJson(term) }) };
  output.data(json, () => {
    const { facility } = loan;
    const rows: [string, string][] = [
      ["id", `${formatLoanId(id)}\n${id.toString()}`],
      ["facility", `${facility.id} (${facility.name})`],
      ["owner", loan.owner],
      ["price", priceText(loan.price, facility)],
      ...(facility.kind === "term"
        ? []
        : [["can still draw", formatCash(loan.drawable, facility.loan)] satisfies [string, string]]),
      ...(term === undefined ? [] : termRows(term)),
      ["can take out", formatAmount(loan.withdrawable, facility.collateral)],
    ];
    if (loan.offeredTo !== undefined) rows.push(["offered to", loan.offeredTo]);
    return `${pairs(rows)}\n${outlooksText([{ name: "now", outlook: loan }], facility)}`;
  });
}

async function all({ client, output }: Session, owner: string): Promise<void> {
  const loans = await readLoansOf(client, owner);
  const offers = await readOffersTo(client, owner);
  output.data({ owner, loans: loans.map(loanJson), offered: offers.map(loanJson) }, () => {
    const own = loans.length === 0 ? `${owner} has no loan.` : `Loans of ${owner}:\n${withIds(loans)}`;
    return offers.length === 0 ? own : `${own}\nOffered to ${owner}:\n${withIds(offers)}`;
  });
}

function withIds(loans: readonly LoanState[]): string {
  return [loansText(loans), ...loans.map(({ id }) => formatLoanId(id))].join("\n");
}
