import { getAddress } from "ethers";
import { MAX_UINT256, minOf, subtractOrZero } from "../../model/index.js";
import { formatCash } from "../amounts.js";
import { type Client, loansOf } from "../client.js";
import { outlookOf } from "../outlook.js";
import { isTermLoan } from "../termLoan.js";
import { debtNeeds } from "./debtNeeds.js";
import { planPay } from "./pay.js";
import type { Plan } from "./plan.js";
import { type AmountOrMost, ImpossibleAction, named, outlookNow, situationOf } from "./situation.js";

/** Pays a debt, anybody's; of a term loan as planPay does. "most" pays all of it; the collateral stays in the loan. */
export async function planRepay(
  client: Client,
  request: { readonly from: string; readonly id: bigint; readonly assets: AmountOrMost },
): Promise<Plan> {
  if (isTermLoan(client, request.id)) {
    return planPay(client, { ...request, payment: request.assets === "most" ? "all" : request.assets });
  }
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  if (loan.debt === 0n) throw new ImpossibleAction(`${named(loan)} owes nothing: withdraw its collateral or close it`);
  const all = request.assets === "most" || request.assets >= loan.debt;
  // The contract cuts a payment that would leave dust; say so before, not after.
  const cut = all ? loan.debt : minOf(request.assets, subtractOrZero(loan.debt, facility.minDebt));
  const isCut = !all && cut < request.assets;
  if (isCut && cut === 0n) {
    throw new ImpossibleAction(
      `${named(loan)} owes ${formatCash(loan.debt, facility.loan, "up")}, and a debt may not be left below ${formatCash(facility.minDebt, facility.loan)}: repay all of it`,
    );
  }
  const why = isCut
    ? `, not more, so as to leave the smallest debt of ${formatCash(facility.minDebt, facility.loan)}`
    : "";
  const assets = all ? MAX_UINT256 : request.assets;
  return {
    action: "repay",
    summary: all
      ? `repays all of ${named(loan)}: ${formatCash(loan.debt, facility.loan, "up")} and the interest until mined; the collateral stays in it`
      : `repays ${formatCash(cut, facility.loan)} of ${named(loan)}${why}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("repay", [loan.id, assets, "0x"]),
    },
    before: [],
    needs: await debtNeeds(client, from, { loan, facility }, all ? undefined : cut, request.assets),
    now: outlookNow({ loan, facility }),
    then: outlookOf(facility, loan.collateral, loan.debt - cut),
    context: { facility },
  };
}
