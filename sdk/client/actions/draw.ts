import { getAddress } from "ethers";
import { formatAmount, formatCash } from "../amounts.js";
import type { Client } from "../client.js";
import type { FacilityState } from "../facilityState.js";
import type { LoanState } from "../loanState.js";
import { outlookOf } from "../outlook.js";
import { type LoanRequest, permission } from "./permission.js";
import type { Plan } from "./plan.js";
import {
  type AmountOrMost,
  ImpossibleAction,
  mostDrawable,
  named,
  outlookNow,
  situationOf,
  toReceiver,
} from "./situation.js";

/** Borrows more on a loan. */
export async function planDraw(
  client: Client,
  request: LoanRequest & { readonly assets: AmountOrMost; readonly receiver?: string },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  if (facility.kind === "term") {
    throw new ImpossibleAction(`${named(loan)} is a term loan, which is not drawn on: open another, or roll it over`);
  }
  const assets = request.assets === "most" ? mostDrawable(facility, loan.drawable, loan.debt) : request.assets;
  if (assets === 0n) {
    throw new ImpossibleAction(`nothing more can be drawn on ${named(loan)} now: ${whyNothingMore(facility, loan)}`);
  }
  const receiver = getAddress(request.receiver ?? from);
  return {
    action: "draw",
    summary: `draws ${formatCash(assets, facility.loan)} on ${named(loan)}${toReceiver(from, receiver)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: client.manager.address,
      data: client.manager.encode("draw", [loan.id, assets, receiver]),
    },
    ...(await permission(client, { ...request, from }, loan, "draw", { cash: assets })),
    now: outlookNow({ loan, facility }),
    then: outlookOf(facility, loan.collateral, loan.debt + assets),
    context: { facility, request: { action: "draw", amount: assets } },
  };
}

function whyNothingMore(facility: FacilityState, loan: LoanState): string {
  if (facility.newLoansStopped) return "the guardian has stopped new loans";
  if (facility.borrowPrice.refusal !== undefined) return facility.borrowPrice.refusal;
  if (facility.borrowable === 0n) return "the pool has no cash left, or a cap is reached";
  return `it owes ${formatCash(loan.debt, facility.loan, "up")}, about as much as ${formatAmount(loan.collateral, facility.collateral)} supports`;
}
