import { getAddress } from "ethers";
import { minOf } from "../../model/index.js";
import { formatCash, formatDuration, formatTime } from "../amounts.js";
import { type Client, trancheAt } from "../client.js";
import { readLenderPosition } from "../lender.js";
import { trancheAddress } from "../tranches.js";
import type { LenderRequest } from "./lending.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction } from "./situation.js";

/** Announces that first-loss shares are to leave, instead of any announcement before. "most" is all of them. */
export async function planRequestExit(
  client: Client,
  request: LenderRequest & { readonly tranche: "junior" | "cover" },
): Promise<Plan> {
  const { tranche } = request;
  const position = await readLenderPosition(client, request.facility, request.from, tranche);
  const { facility, lender: from, shares, assets, exitTerms, exit } = position;
  if (shares === 0n || exitTerms === undefined) {
    throw new ImpossibleAction(`${from} has lent nothing to facility ${facility.id} as ${tranche}`);
  }
  const wanted = request.assets === "most" ? assets : request.assets;
  if (wanted > assets) {
    throw new ImpossibleAction(
      `the ${tranche} shares of ${from} are worth ${formatCash(assets, facility.loan)}, not ${formatCash(wanted, facility.loan, "up")}`,
    );
  }
  const contract = trancheAt(trancheAddress(facility, tranche));
  const leaving =
    request.assets === "most"
      ? shares
      : minOf(shares, await contract.read(client.provider, "previewWithdraw", [wanted]));
  const before =
    exit === undefined || exit.state === "over"
      ? ""
      : `; the request for ${formatCash(exit.assets, facility.loan)}, open from ${formatTime(exit.opensAt)}, is replaced`;
  return {
    action: "request an exit",
    summary: `announces that ${tranche} shares worth ${formatCash(wanted, facility.loan)} are to leave facility ${facility.id} (${facility.name}): from ${formatDuration(exitTerms.cooldown)} after now on, for ${formatDuration(exitTerms.window)}, at what they are worth then${before}`,
    facility,
    transaction: { from, to: contract.address, data: contract.encode("requestExit", [leaving]) },
    before: [],
    needs: [],
    context: { facility },
  };
}

/** Takes an announcement back. */
export async function planCancelExit(
  client: Client,
  request: { readonly from: string; readonly facility: number | string; readonly tranche: "junior" | "cover" },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { tranche } = request;
  const { facility, exit } = await readLenderPosition(client, request.facility, from, tranche);
  if (exit === undefined || exit.state === "over") {
    throw new ImpossibleAction(`${from} has requested no exit from facility ${facility.id} as ${tranche}`);
  }
  const contract = trancheAt(trancheAddress(facility, tranche));
  return {
    action: "cancel an exit",
    summary: `takes back the request to leave with ${tranche} shares worth ${formatCash(exit.assets, facility.loan)}`,
    facility,
    transaction: { from, to: contract.address, data: contract.encode("requestExit", [0n]) },
    before: [],
    needs: [],
    context: { facility },
  };
}
