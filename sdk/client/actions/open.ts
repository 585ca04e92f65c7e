import { getAddress } from "ethers";
import { formatAmount, formatCash } from "../amounts.js";
import type { Client } from "../client.js";
import { type FacilityState, readFacility } from "../facilityState.js";
import { encodeLoanId, shortLoanId } from "../loanIds.js";
import { nextFreeSalt } from "../loanState.js";
import { paymentNeeds } from "../needs.js";
import { leastCollateralUp, outlookOf } from "../outlook.js";
import type { Plan } from "./plan.js";
import { type AmountOrMost, ImpossibleAction, mostDrawable, toReceiver } from "./situation.js";

export interface OpenRequest {
  readonly from: string;
  /** Number or name. */
  readonly facility: number | string;
  readonly collateral: bigint;
  readonly principal: AmountOrMost;
  /** The next one under which the account has opened nothing, where none is named. */
  readonly salt?: bigint;
  /** Of the borrowed cash; the borrower where nobody is named. */
  readonly receiver?: string;
}

/**
 * Opens a loan.
 *
 * @example
 * const plan = await planOpen(client, { from, facility: 1, collateral: 50_000_000n, principal: 10_000_000_000n });
 * await sendPlan(client, signer, plan);
 */
export async function planOpen(client: Client, request: OpenRequest): Promise<Plan> {
  const { manager } = client;
  const from = getAddress(request.from);
  const facility = await readFacility(client, request.facility);
  if (facility.kind === "term") {
    throw new ImpossibleAction(`facility ${facility.id} (${facility.name}) lends by term sheets: name one (--term)`);
  }
  const { collateral } = request;
  const salt = request.salt ?? (await nextFreeSalt(client, from, facility.id));
  const id = encodeLoanId({ opener: from, facility: facility.id, salt });
  const principal =
    request.principal === "most" ? await mostToOpen(client, facility, from, collateral) : request.principal;
  const receiver = getAddress(request.receiver ?? from);
  const data = manager.encode("open", [BigInt(facility.id), salt, collateral, principal, receiver, "0x"]);
  return {
    action: "open",
    summary: `opens loan ${shortLoanId(id)}: puts in ${formatAmount(collateral, facility.collateral)}, borrows ${formatCash(principal, facility.loan)}${toReceiver(from, receiver)}`,
    facility,
    loanId: id,
    transaction: { from, to: manager.address, data },
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

/** As much as a new loan can take, with room for what happens until it is mined. */
export async function mostToOpen(
  { provider, lens }: Client,
  facility: FacilityState,
  owner: string,
  collateral: bigint,
): Promise<bigint> {
  const most = await lens.read(provider, "mostBorrowable", [BigInt(facility.id), owner, collateral]);
  const principal = mostDrawable(facility, most, 0n);
  if (principal !== 0n) return principal;
  throw new ImpossibleAction(
    `nothing can be borrowed against ${formatAmount(collateral, facility.collateral)} in facility ${facility.id} now: ${whyNothing(facility)}`,
  );
}

function whyNothing(facility: FacilityState): string {
  if (facility.newLoansStopped) return "the guardian has stopped new loans";
  if (facility.redemptionsQueued) return "lenders wait for cash, and nothing is lent before they have it";
  if (facility.borrowPrice.refusal !== undefined) return facility.borrowPrice.refusal;
  if (facility.borrowable < facility.minDebt) {
    return `only ${formatCash(facility.borrowable, facility.loan)} is left to lend, less than the smallest loan of ${formatCash(facility.minDebt, facility.loan)}`;
  }
  const least = leastCollateralUp(facility, facility.minDebt);
  const needed =
    least === undefined ? "" : `, which takes ${formatAmount(least, facility.collateral, { rounding: "up" })}`;
  return `the smallest loan is ${formatCash(facility.minDebt, facility.loan)}${needed}`;
}
