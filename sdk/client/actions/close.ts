import { getAddress } from "ethers";
import { formatAmount, formatCash } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { debtNeeds } from "./debtNeeds.js";
import { type LoanRequest, permission } from "./permission.js";
import type { Plan } from "./plan.js";
import { named, outlookNow, situationOf, toReceiver } from "./situation.js";

/** Pays all the debt and takes out all the collateral. */
export async function planClose(client: Client, request: LoanRequest & { readonly receiver?: string }): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  const receiver = getAddress(request.receiver ?? from);
  const { before, needs } = await permission(client, { ...request, from }, loan, "close", {
    collateral: loan.collateral,
  });
  const payOff = await manager.read(client.provider, "payOffOf", [loan.id]);
  const payment = loan.debt === 0n ? [] : await debtNeeds(client, from, { loan, facility }, undefined);
  return {
    action: "close",
    summary: `closes ${named(loan)}: pays ${formatCash(payOff, facility.loan, "up")}${loan.debt === 0n ? "" : " and the interest until mined"}, takes out ${formatAmount(loan.collateral, facility.collateral)}${toReceiver(from, receiver)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("close", [loan.id, receiver, "0x"]),
    },
    before,
    needs: [...needs, ...payment],
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}
