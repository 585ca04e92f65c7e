import { getAddress } from "ethers";
import { formatCash, formatPercent } from "../amounts.js";
import { type Client, erc20At, trancheAt } from "../client.js";
import { readFacility } from "../facilityState.js";
import { readLenderPosition } from "../lender.js";
import { paymentNeeds } from "../needs.js";
import { type AmountOrMost, ImpossibleAction } from "./situation.js";
import type { Plan } from "./plan.js";

/** Deposits into a facility's senior tranche. "most" is all the caller holds. */
export async function planLend(
  client: Client,
  request: { readonly from: string; readonly facility: number | string; readonly assets: AmountOrMost },
): Promise<Plan> {
  const from = getAddress(request.from);
  const facility = await readFacility(client, request.facility);
  const assets =
    request.assets === "most"
      ? await erc20At(facility.loan.address).read(client.provider, "balanceOf", [from])
      : request.assets;
  if (assets === 0n) throw new ImpossibleAction(`${from} holds no ${facility.loan.symbol} to lend`);
  return {
    action: "lend",
    summary: `lends ${formatCash(assets, facility.loan)} to facility ${facility.id} (${facility.name}), ${formatPercent(facility.utilisationWad)} of which is lent out`,
    facility,
    transaction: { from, to: facility.tranche, data: trancheAt(facility.tranche).encode("deposit", [assets, from]) },
    before: [],
    needs: await paymentNeeds(
      client,
      { token: facility.loan, from, spender: facility.tranche, spenderIs: "tranche", amount: assets },
      // A tranche has no permit of its own, and the LoanManager's does not act for it.
      false,
    ),
    context: { facility },
  };
}

/** Takes assets out of the senior tranche, as far as the pool has cash. "most" is all the caller's shares are worth. */
export async function planRedeem(
  client: Client,
  request: { readonly from: string; readonly facility: number | string; readonly assets: AmountOrMost },
): Promise<Plan> {
  const from = getAddress(request.from);
  const position = await readLenderPosition(client, request.facility, from);
  const { facility, shares, assets, withdrawable } = position;
  if (shares === 0n) throw new ImpossibleAction(`${from} has lent nothing to facility ${facility.id}`);
  const all = request.assets === "most";
  const wanted = all ? assets : request.assets;
  if (wanted > assets) {
    throw new ImpossibleAction(
      `the shares of ${from} are worth ${formatCash(assets, facility.loan)}, not ${formatCash(wanted, facility.loan, "up")}`,
    );
  }
  if (wanted > withdrawable) {
    throw new ImpossibleAction(
      `the pool holds ${formatCash(facility.cash, facility.loan)} in cash, less than ${formatCash(wanted, facility.loan, "up")}; ` +
        `the rest is lent out: redeem at most ${formatCash(withdrawable, facility.loan)}, or wait for repayments`,
    );
  }
  const tranche = trancheAt(facility.tranche);
  return {
    action: "redeem",
    summary: `takes ${all ? `everything, about ${formatCash(assets, facility.loan)},` : formatCash(wanted, facility.loan)} out of facility ${facility.id} (${facility.name})`,
    facility,
    transaction: {
      from,
      to: facility.tranche,
      // Shares for all of it, so that interest until mined comes along and nothing stays behind.
      data: all ? tranche.encode("redeem", [shares, from, from]) : tranche.encode("withdraw", [wanted, from, from]),
    },
    before: [],
    needs: [],
    context: { facility },
  };
}
