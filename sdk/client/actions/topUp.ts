import { getAddress } from "ethers";
import { formatAmount } from "../amounts.js";
import { type Client, erc20At, loansOf } from "../client.js";
import { paymentNeeds } from "../needs.js";
import { outlookOf } from "../outlook.js";
import type { Plan } from "./plan.js";
import { type AmountOrMost, ImpossibleAction, named, outlookNow, situationOf } from "./situation.js";

/** Adds collateral to a loan, anybody's. "most" is all the caller holds. */
export async function planTopUp(
  client: Client,
  request: { readonly from: string; readonly id: bigint; readonly collateral: AmountOrMost },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { loan, facility } = await situationOf(client, request.id);
  const manager = loansOf(client, facility.id);
  const collateral =
    request.collateral === "most"
      ? await erc20At(facility.collateral.address).read(client.provider, "balanceOf", [from])
      : request.collateral;
  if (collateral === 0n) throw new ImpossibleAction(`${from} holds no ${facility.collateral.symbol} to add`);
  return {
    action: "top up",
    summary: `adds ${formatAmount(collateral, facility.collateral)} to ${named(loan)}`,
    facility,
    loanId: loan.id,
    transaction: {
      from,
      to: manager.address,
      data: manager.encode("topUp", [loan.id, collateral, "0x"]),
    },
    before: [],
    needs: await paymentNeeds(
      client,
      { token: facility.collateral, from, spender: facility.vault, spenderIs: "vault", amount: collateral },
      true,
    ),
    now: outlookNow({ loan, facility }),
    then: outlookOf(facility, loan.collateral + collateral, loan.debt),
    context: { facility },
  };
}
