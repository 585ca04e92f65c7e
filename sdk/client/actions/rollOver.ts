import { formatCash, formatPercent } from "../amounts.js";
import type { Client } from "../client.js";
import { outlookOf } from "../outlook.js";
import { readOfferedRate, readTermLoan } from "../termLoan.js";
import { type TermRequest, limitsOf, offeredSheet } from "./openTerm.js";
import { type LoanRequest, permission } from "./permission.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction, named, outlookNow, situationOf } from "./situation.js";
import { getAddress } from "ethers";

/** Makes all that a term loan owes the principal of new terms. No cash moves and no collateral. */
export async function planRollOver(client: Client, request: LoanRequest & TermRequest): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const term = await readTermLoan(client, request.id);
  if (term.debt === 0n) throw new ImpossibleAction(`${named(loan)} owes nothing that could be rolled over`);
  const { sheet } = request;
  const { count } = await offeredSheet(client, facility.id, sheet);
  // No cash leaves the pool.
  const annualRateWad = await readOfferedRate(client, { facility: facility.id, sheet, drawn: 0n });
  const limits = await limitsOf(client, request, annualRateWad);
  const fee = term.payOff - term.debt;
  const { termManager } = client;
  const args = [loan.id, BigInt(sheet), limits.maxAnnualRate, limits.deadline, limits.agreement] as const;
  return {
    action: "roll over",
    summary:
      `rolls ${named(loan)} over into term sheet ${sheet}: ${formatCash(term.payOff, facility.loan, "up")}` +
      `${fee === 0n ? "" : ` (with a prepayment fee of ${formatCash(fee, facility.loan, "up")})`} at about ${formatPercent(annualRateWad)} a year ` +
      `(at most ${formatPercent(limits.maxAnnualRate)}), in ${count.toString()} instalments from now`,
    facility,
    loanId: loan.id,
    transaction: { from, to: termManager.address, data: termManager.encode("rollOver", args) },
    ...(await permission(client, { ...request, from }, loan, "rollOver", { cash: fee })),
    now: outlookNow({ loan, facility }),
    then: outlookOf(facility, loan.collateral, term.payOff),
    context: { facility },
  };
}
