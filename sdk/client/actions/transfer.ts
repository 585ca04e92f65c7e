import { ZeroAddress, getAddress } from "ethers";
import { formatAmount, formatCash } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { formatLoanId } from "../loanIds.js";
import { type LoanRequest, permission } from "./permission.js";
import type { Plan } from "./plan.js";
import { APPROVAL_SECONDS, ImpossibleAction, interestOver, named, outlookNow, situationOf } from "./situation.js";

/** Offers a loan to a new owner; undefined takes the offer back. */
export async function planOffer(
  client: Client,
  request: LoanRequest & { readonly newOwner: string | undefined },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  if (request.newOwner === undefined && loan.offeredTo === undefined) {
    throw new ImpossibleAction(`${named(loan)} is offered to nobody, so there is no offer to take back`);
  }
  const newOwner = request.newOwner === undefined ? ZeroAddress : getAddress(request.newOwner);
  return {
    action: "offer",
    summary:
      newOwner === ZeroAddress
        ? `takes back the offer of ${named(loan)} to ${loan.offeredTo ?? "nobody"}`
        : `offers ${named(loan)} to ${newOwner}, with its debt and its collateral`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("transferLoan", [loan.id, newOwner]),
    },
    ...(await permission(client, { ...request, from }, loan, "transfer")),
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}

/**
 * Takes over a loan that was offered to the caller.
 *
 * @param request.maxDebt most debt at which it is still wanted; where none is named, what it owes now and a day's interest
 * @param request.minCollateral least collateral; what it holds now where none is named
 */
export async function planAccept(
  client: Client,
  request: { readonly from: string; readonly id: bigint; readonly maxDebt?: bigint; readonly minCollateral?: bigint },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  const maxDebt =
    request.maxDebt ?? (loan.debt === 0n ? 0n : loan.debt + interestOver(facility, loan.debt, APPROVAL_SECONDS));
  const minCollateral = request.minCollateral ?? loan.collateral;
  return {
    action: "accept",
    summary: `takes over loan ${formatLoanId(loan.id)} from ${loan.owner}, if it owes at most ${formatCash(maxDebt, facility.loan)} with at least ${formatAmount(minCollateral, facility.collateral)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("acceptLoan", [loan.id, maxDebt, minCollateral]),
    },
    before: [],
    needs: [],
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}
