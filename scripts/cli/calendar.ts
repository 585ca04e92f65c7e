import ical, { ICalAlarmType } from "ical-generator";
import { formatCash } from "../../sdk/client/amounts.js";
import { shortLoanId } from "../../sdk/client/loanIds.js";
import type { Instalment, TermLoanState } from "../../sdk/client/termLoan.js";

const THREE_DAYS = 3 * 86_400;

/**
 * The instalments to come as an iCalendar file (RFC 5545), each with a reminder three days ahead.
 *
 * @param now when the file is written, in seconds
 */
export function calendarOf(loan: TermLoanState, schedule: readonly Instalment[], now: bigint): string {
  const name = `Loan ${shortLoanId(loan.id)} in ${loan.facility.name}`;
  const calendar = ical({ name, prodId: { company: "Ballast", product: "ballast" } });
  for (const { number, dueAt, interest, principal, left } of schedule) {
    const cash = (units: bigint): string => formatCash(units, loan.facility.loan, "up");
    // What was paid ahead is taken off the next one only.
    const due = number === loan.passed + 1n ? loan.nextPayment : interest + principal;
    const start = dateOf(dueAt);
    const event = calendar.createEvent({
      // The same instalment is the same event when the file is written anew after a payment.
      id: `${loan.id.toString(16)}-${number.toString()}@ballast`,
      stamp: dateOf(now),
      start,
      end: start,
      summary: `Pay ${cash(due)}: instalment ${number.toString()} of ${loan.count.toString()}, loan ${shortLoanId(loan.id)}`,
      description:
        `Interest ${cash(interest)}, principal ${cash(principal)}, principal left afterwards ${cash(left)}. ` +
        `In default if still unpaid after ${dateOf(dueAt + loan.graceSeconds).toISOString()}.`,
    });
    event.createAlarm({ type: ICalAlarmType.display, triggerBefore: THREE_DAYS, description: `${cash(due)} due` });
  }
  return calendar.toString();
}

const dateOf = (seconds: bigint): Date => new Date(Number(seconds) * 1000);
