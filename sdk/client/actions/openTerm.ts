import { ZeroHash, getAddress } from "ethers";
import { formatAmount, formatCash, formatDuration, formatPercent } from "../amounts.js";
import type { Client } from "../client.js";
import { readFacility } from "../facilityState.js";
import { encodeLoanId, shortLoanId } from "../loanIds.js";
import { nextFreeSalt } from "../loanState.js";
import { paymentNeeds } from "../needs.js";
import { outlookOf } from "../outlook.js";
import { type TermSheet, quoteTermLoan, readTermSheets, termFacilityOf } from "../termLoan.js";
import type { OpenRequest } from "./open.js";
import { mostToOpen } from "./open.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction, toReceiver } from "./situation.js";

/** What a term loan's terms may turn out to be, and how long an offer to take them stands. */
export interface TermRequest {
  /** Number of one of the facility's sheets. */
  readonly sheet: number;
  /** Most a year that is accepted, WAD; a hundredth of the rate offered now on top of it where none is named. */
  readonly maxAnnualRateWad?: bigint;
  /** Last second at which the transaction may be mined; half an hour from now where none is named. */
  readonly deadline?: bigint;
  /** Hash of the signed paper, or of the loan's purpose; it stands in the event, nowhere else. */
  readonly agreement?: string;
}

const DEADLINE_SECONDS = 1_800n;

/** The sheet that a request names. @throws ImpossibleAction where the facility does not lend by it now */
export async function offeredSheet(client: Client, facility: number, sheet: number): Promise<TermSheet> {
  const sheets = await readTermSheets(client, facility);
  const found = sheets[sheet];
  if (found !== undefined && !found.retired) return found;
  const offered = sheets.filter(({ retired }) => !retired).map(({ number }) => number);
  throw new ImpossibleAction(
    `facility ${facility} does not lend by term sheet ${sheet}; it offers ${offered.join(", ") || "none now"}`,
  );
}

/** What a request leaves open, filled in. @param annualRateWad that is offered now */
export async function limitsOf(client: Client, request: TermRequest, annualRateWad: bigint) {
  const block = await client.provider.getBlock("latest");
  return {
    maxAnnualRate: request.maxAnnualRateWad ?? annualRateWad + annualRateWad / 100n,
    deadline: request.deadline ?? BigInt(block?.timestamp ?? 0) + DEADLINE_SECONDS,
    agreement: request.agreement ?? ZeroHash,
  };
}

/**
 * Opens a term loan: rate, dates and sheet are fixed for its life.
 *
 * @example
 * const plan = await planOpenTerm(client, { from, facility: 1_000_001, sheet: 0, collateral: 50_000_000n, principal: "most" });
 */
export async function planOpenTerm(client: Client, request: OpenRequest & TermRequest): Promise<Plan> {
  const { termManager } = client;
  const from = getAddress(request.from);
  const facility = await readFacility(client, termFacilityOf(client, request.facility).id);
  const { collateral } = request;
  const salt = request.salt ?? (await nextFreeSalt(client, from, facility.id));
  const id = encodeLoanId({ opener: from, facility: facility.id, salt });
  const principal =
    request.principal === "most" ? await mostToOpen(client, facility, from, collateral) : request.principal;
  const { count, intervalSeconds } = await offeredSheet(client, facility.id, request.sheet);
  const asked = { facility: facility.id, sheet: request.sheet, principal };
  const { annualRateWad, schedule } = await quoteTermLoan(client, asked);
  const limits = await limitsOf(client, request, annualRateWad);
  const receiver = getAddress(request.receiver ?? from);
  const [first] = schedule;
  const opening = {
    facility: BigInt(facility.id),
    salt,
    sheet: BigInt(request.sheet),
    collateral,
    principal,
    maxAnnualRate: limits.maxAnnualRate,
    deadline: limits.deadline,
    receiver,
    agreement: limits.agreement,
  };
  const payment = first === undefined ? 0n : first.interest + first.principal;
  return {
    action: "open",
    summary:
      `opens term loan ${shortLoanId(id)}: puts in ${formatAmount(collateral, facility.collateral)}, borrows ${formatCash(principal, facility.loan)}${toReceiver(from, receiver)} ` +
      `at ${formatPercent(annualRateWad)} a year (at most ${formatPercent(limits.maxAnnualRate)}), to be paid in ${count.toString()} instalment${count === 1n ? "" : "s"}, ` +
      `one every ${formatDuration(intervalSeconds)}, the first of ${formatCash(payment, facility.loan, "up")}`,
    facility,
    loanId: id,
    transaction: { from, to: termManager.address, data: termManager.encode("open", [opening, "0x"]) },
    before: [],
    needs: await paymentNeeds(
      client,
      { token: facility.collateral, from, spender: facility.vault, spenderIs: "vault", amount: collateral },
      true,
    ),
    then: outlookOf(facility, collateral, principal),
    context: { facility, request: { action: "open", amount: principal } },
  };
}
