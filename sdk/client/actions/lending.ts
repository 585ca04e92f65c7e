import { getAddress } from "ethers";
import { formatCash, formatDuration, formatPercent, formatTime } from "../amounts.js";
import { type Client, erc20At, poolAt, trancheAt } from "../client.js";
import { readFacility } from "../facilityState.js";
import { type LenderPosition, readLenderPosition } from "../lender.js";
import { paymentNeeds } from "../needs.js";
import { type TrancheName, trancheAddress, trancheClass } from "../tranches.js";
import { type AmountOrMost, ImpossibleAction } from "./situation.js";
import type { Plan } from "./plan.js";

/** What a lender does with one class of a facility, the senior one where none is named. */
export interface LenderRequest {
  readonly from: string;
  /** Number or name. */
  readonly facility: number | string;
  readonly tranche?: TrancheName;
  readonly assets: AmountOrMost;
}

/** The pool has not the cash that a senior lender wants; the queue would pay when it has. */
export class NotEnoughCash extends ImpossibleAction {}

/** Deposits into one class of a facility's lenders. "most" is all the caller holds. */
export async function planLend(client: Client, request: LenderRequest): Promise<Plan> {
  const { provider } = client;
  const { tranche = "senior" } = request;
  const from = getAddress(request.from);
  const facility = await readFacility(client, request.facility);
  const contract = trancheAt(trancheAddress(facility, tranche));
  const assets =
    request.assets === "most"
      ? await erc20At(facility.loan.address).read(provider, "balanceOf", [from])
      : request.assets;
  if (assets === 0n) throw new ImpossibleAction(`${from} holds no ${facility.loan.symbol} to lend`);
  const nav = await poolAt(facility.pool).read(provider, "entryNavOf", [trancheClass(tranche)]);
  if (nav === 0n) {
    throw new ImpossibleAction(
      `the ${tranche} lenders of facility ${facility.id} have lost everything while shares of theirs are out: new money would pay that loss`,
    );
  }
  const [cooldown, window] = await contract.read(provider, "exitTerms", []);
  const leaving =
    cooldown === 0n
      ? ""
      : `; it bears losses before senior and leaves ${formatDuration(cooldown)} after a request, within ${formatDuration(window)}`;
  return {
    action: "lend",
    summary: `lends ${formatCash(assets, facility.loan)} to facility ${facility.id} (${facility.name}) as ${tranche}, ${formatPercent(facility.utilisationWad)} of which is lent out${leaving}`,
    facility,
    transaction: { from, to: contract.address, data: contract.encode("deposit", [assets, from]) },
    before: [],
    needs: await paymentNeeds(
      client,
      { token: facility.loan, from, spender: contract.address, spenderIs: trancheLabel(tranche), amount: assets },
      // A tranche has no permit of its own, and the LoanManager's does not act for it.
      false,
    ),
    context: { facility },
  };
}

const trancheLabel = (tranche: TrancheName): string => (tranche === "senior" ? "tranche" : `${tranche} tranche`);

/**
 * Takes assets out: of the senior class as far as the pool has cash, of the others what was requested, in its window. "most" is all
 * the caller's shares are worth, or all that was requested.
 */
export async function planRedeem(client: Client, request: LenderRequest): Promise<Plan> {
  const from = getAddress(request.from);
  const { tranche = "senior" } = request;
  const position = await readLenderPosition(client, request.facility, from, tranche);
  const { facility, withdrawable } = position;
  const { shares, assets } = leavingOf(position);
  const all = request.assets === "most";
  const wanted = all ? assets : request.assets;
  if (wanted > assets) {
    const what =
      position.exitTerms === undefined ? `the shares of ${from}` : `the shares of which the exit was requested`;
    throw new ImpossibleAction(
      `${what} are worth ${formatCash(assets, facility.loan)}, not ${formatCash(wanted, facility.loan, "up")}`,
    );
  }
  if (wanted > withdrawable) throw await notPaid(client, position, wanted);
  const contract = trancheAt(trancheAddress(facility, tranche));
  const what = all
    ? `${position.exitTerms === undefined ? "everything" : "all that was requested"}, about ${formatCash(assets, facility.loan)},`
    : formatCash(wanted, facility.loan);
  return {
    action: "redeem",
    summary: `takes ${what} out of facility ${facility.id} (${facility.name}) as ${tranche}`,
    facility,
    transaction: {
      from,
      to: contract.address,
      // Shares for all of it, so that interest until mined comes along and nothing stays behind.
      data: all ? contract.encode("redeem", [shares, from, from]) : contract.encode("withdraw", [wanted, from, from]),
    },
    before: [],
    needs: [],
    context: { facility },
  };
}

/** What of a position may leave now, whether or not there is cash. */
function leavingOf(position: LenderPosition): Pick<LenderPosition, "shares" | "assets"> {
  const { facility, tranche, lender, shares, exit, exitTerms } = position;
  if (shares === 0n) throw new ImpossibleAction(`${lender} has lent nothing to facility ${facility.id} as ${tranche}`);
  if (exitTerms === undefined) return position;
  if (exit === undefined) {
    throw new ImpossibleAction(
      `${tranche} shares leave after a cooldown: request the exit first; they may leave ${formatDuration(exitTerms.cooldown)} later, within ${formatDuration(exitTerms.window)}`,
    );
  }
  if (exit.state === "waiting") {
    throw new ImpossibleAction(
      `the exit opens at ${formatTime(exit.opensAt)} and closes at ${formatTime(exit.closesAt)}: wait for it`,
    );
  }
  if (exit.state === "over") {
    throw new ImpossibleAction(`the exit was open until ${formatTime(exit.closesAt)}: request it again`);
  }
  return exit;
}

/** Why the pool does not pay what the lender owns. */
async function notPaid(client: Client, position: LenderPosition, wanted: bigint): Promise<ImpossibleAction> {
  const { facility, tranche, withdrawable } = position;
  const asked = formatCash(wanted, facility.loan, "up");
  const most = formatCash(withdrawable, facility.loan);
  if (tranche === "cover") {
    return new ImpossibleAction(
      `the stake that can be paid out is ${most}, less than ${asked}; the rest is premium that comes when the pool has cash: redeem at most that`,
    );
  }
  if (facility.redemptionsQueued) {
    return tranche === "senior"
      ? new NotEnoughCash("other lenders wait in the redemption queue for cash, and nobody is paid before them")
      : new ImpossibleAction("senior lenders wait in the redemption queue for cash, and no junior is paid before them");
  }
  if (tranche === "junior") {
    const spare = await poolAt(facility.pool).read(client.provider, "juniorBeyondRequired", []);
    if (spare < wanted) {
      return new ImpossibleAction(
        `the capital ratio lets only ${formatCash(spare, facility.loan)} of the junior capital go, not ${asked}: redeem at most ${most}, or wait until less is lent`,
      );
    }
  }
  const message =
    `the pool holds ${formatCash(facility.cash, facility.loan)} in cash, less than ${asked}; ` +
    `the rest is lent out: redeem at most ${most}, or wait for repayments`;
  return tranche === "senior" && facility.queue !== undefined
    ? new NotEnoughCash(message)
    : new ImpossibleAction(message);
}
