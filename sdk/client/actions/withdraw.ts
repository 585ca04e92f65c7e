import { getAddress } from "ethers";
import { subtractOrZero } from "../../model/index.js";
import { formatAmount, formatCash } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { leastCollateralUp, outlookOf } from "../outlook.js";
import { type LoanRequest, permission } from "./permission.js";
import type { Plan } from "./plan.js";
import {
  type AmountOrMost,
  ImpossibleAction,
  MINING_SECONDS,
  type Situation,
  interestOver,
  named,
  outlookNow,
  situationOf,
  toReceiver,
} from "./situation.js";

/** Takes collateral out. "most" is all of it where nothing is owed, else what leaves the loan at its max LTV. */
export async function planWithdraw(
  client: Client,
  request: LoanRequest & { readonly collateral: AmountOrMost; readonly receiver?: string },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  const collateral = request.collateral === "most" ? mostWithdrawable({ loan, facility }) : request.collateral;
  if (collateral === 0n) {
    throw new ImpossibleAction(
      `no collateral of ${named(loan)} can be taken out now: ${whyNotOut({ loan, facility })}`,
    );
  }
  const receiver = getAddress(request.receiver ?? from);
  return {
    action: "withdraw",
    summary: `takes ${formatAmount(collateral, facility.collateral)} out of ${named(loan)}${toReceiver(from, receiver)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("withdraw", [loan.id, collateral, receiver]),
    },
    ...(await permission(client, { ...request, from }, loan, "withdraw", { collateral })),
    now: outlookNow({ loan, facility }),
    then: outlookOf(facility, subtractOrZero(loan.collateral, collateral), loan.debt),
    context: { facility, request: { action: "withdraw", amount: collateral } },
  };
}

function mostWithdrawable({ loan, facility }: Situation): bigint {
  if (loan.debt === 0n) return loan.collateral;
  const least = leastCollateralUp(facility, loan.debt + interestOver(facility, loan.debt, MINING_SECONDS));
  return least === undefined ? 0n : subtractOrZero(loan.collateral, least);
}

function whyNotOut({ loan, facility }: Situation): string {
  if (facility.borrowPrice.refusal !== undefined) return facility.borrowPrice.refusal;
  return `all ${formatAmount(loan.collateral, facility.collateral)} is needed to carry its debt of ${formatCash(loan.debt, facility.loan, "up")} at the max LTV; repay some first`;
}
