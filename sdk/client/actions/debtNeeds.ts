import { minOf } from "../../model/index.js";
import type { Client } from "../client.js";
import { readTermLoan } from "../termLoan.js";
import { type Need, paymentNeeds } from "../needs.js";
import { marginOver } from "./pay.js";
import { APPROVAL_SECONDS, type AmountOrMost, type Situation, interestOver } from "./situation.js";

/** What paying takes: for the whole debt, the interest of a day beyond it, as nobody knows when it is mined. */
export async function debtNeeds(
  client: Client,
  from: string,
  { loan, facility }: Situation,
  part: bigint | undefined,
  asked: AmountOrMost = "most",
): Promise<Need[]> {
  const term = facility.kind === "term" ? await readTermLoan(client, loan.id) : undefined;
  const owed = term?.payOff ?? loan.debt;
  const whole =
    owed + (term ? marginOver(term, APPROVAL_SECONDS) : interestOver(facility, loan.debt, APPROVAL_SECONDS));
  // A payment that is cut may be cut less by the time it is mined, as the debt grows meanwhile.
  const amount = part === undefined || asked === "most" ? whole : minOf(asked, whole);
  const payment = { token: facility.loan, from, spender: facility.pool, spenderIs: "pool" };
  return paymentNeeds(client, { ...payment, amount, least: part ?? owed }, true);
}
