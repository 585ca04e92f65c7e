import type { FacilityState } from "../facilityState.js";
import { type Client } from "../client.js";
import { ClientError } from "../errors.js";
import { readFacility } from "../facilityState.js";
import { WAD, interestDown, subtractOrZero } from "../../model/index.js";
import { shortLoanId } from "../loanIds.js";
import { type LoanState, readLoan } from "../loanState.js";
import { type Outlook, outlookOf } from "../outlook.js";

/** An amount, or as much as there can be. */
export type AmountOrMost = bigint | "most";

/** An action that makes no sense as asked, found before any transaction. */
export class ImpossibleAction extends ClientError {}

/** Seconds of interest that "as much as possible" leaves room for, between reading the chain and being mined. */
export const MINING_SECONDS = 120n;

/** Seconds of interest by which the approval for paying a whole debt exceeds it: nobody knows when it is mined. */
export const APPROVAL_SECONDS = 86_400n;

/** Interest on a debt at the facility's present rate, with a unit for rounding. */
export function interestOver(facility: FacilityState, debt: bigint, seconds: bigint): bigint {
  return interestDown(debt, facility.borrowRatePerSecondWad * WAD, seconds) + 1n;
}

/** A loan and the facility it is in. */
export interface Situation {
  readonly loan: LoanState;
  readonly facility: FacilityState;
}

export async function situationOf(client: Client, id: bigint): Promise<Situation> {
  const loan = await readLoan(client, id);
  return { loan, facility: await readFacility(client, loan.facility.id) };
}

/** As a summary calls a loan. */
export function named({ id }: LoanState): string {
  return `loan ${shortLoanId(id)}`;
}

/** " for 0x…", where what an action pays out goes to somebody else. */
export function toReceiver(from: string, receiver: string): string {
  return receiver === from ? "" : ` for ${receiver}`;
}

/** How a loan stands now. */
export function outlookNow({ loan, facility }: Situation): Outlook {
  return outlookOf(facility, loan.collateral, loan.debt);
}

/** What is left of `drawable`, most that may be drawn at this block, when the interest until mined is taken off. */
export function mostDrawable(facility: FacilityState, drawable: bigint, debt: bigint): bigint {
  // Close to cash or cap, it is everybody's interest that uses up the room; else the loan's own.
  const isShared = drawable >= facility.borrowable;
  return subtractOrZero(drawable, interestOver(facility, isShared ? facility.totalDebt : debt, MINING_SECONDS));
}
