import { getAddress } from "ethers";
import { MAX_UINT256, minOf } from "../../model/index.js";
import { formatAmount, formatCash } from "../amounts.js";
import { type Client, queueAt, trancheAt } from "../client.js";
import { refusalOf } from "../explain.js";
import type { Facility } from "../facility.js";
import { type FacilityState, readFacility } from "../facilityState.js";
import { readLenderPosition } from "../lender.js";
import { readQueue } from "../queue.js";
import { sharesOf } from "../tranches.js";
import type { LenderRequest } from "./lending.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction } from "./situation.js";

function queueOf(facility: Facility) {
  if (facility.queue === undefined) {
    throw new ImpossibleAction(
      `facility ${facility.id} (${facility.name}) has no redemption queue: redeem what the pool has in cash`,
    );
  }
  return queueAt(facility.queue);
}

const senior = (facility: Facility, shares: bigint): string => formatAmount(shares, sharesOf(facility, "senior"));

/** Puts senior shares into the queue, which pays them in their order as cash comes in. "most" is all of them. */
export async function planQueue(client: Client, request: Omit<LenderRequest, "tranche">): Promise<Plan> {
  const { provider } = client;
  const { facility, lender: from, ...held } = await readLenderPosition(client, request.facility, request.from);
  const queue = queueOf(facility);
  if (held.shares === 0n) throw new ImpossibleAction(`${from} has lent nothing to facility ${facility.id} as senior`);
  const wanted = request.assets === "most" ? held.assets : request.assets;
  if (wanted > held.assets) {
    throw new ImpossibleAction(
      `the shares of ${from} are worth ${formatCash(held.assets, facility.loan)}, not ${formatCash(wanted, facility.loan, "up")}`,
    );
  }
  const tranche = trancheAt(facility.tranche);
  const [waiting, least, atOnce, forWanted] = await Promise.all([
    queue.read(provider, "waiting", []),
    queue.read(provider, "leastShares", []),
    tranche.read(provider, "maxRedeem", [from]),
    tranche.read(provider, "previewWithdraw", [wanted]),
  ]);
  const shares = request.assets === "most" ? held.shares : minOf(held.shares, forWanted);
  const isServed = waiting === 0n && shares <= atOnce;
  if (!isServed && shares < least) {
    const worth = await tranche.read(provider, "convertToAssets", [least]);
    throw new ImpossibleAction(
      `${senior(facility, shares)} are too few to wait in the queue: at least one whole share, worth ${formatCash(worth, facility.loan)}`,
    );
  }
  const order = isServed
    ? "there is cash, so they are served at once: claim it then"
    : `behind ${senior(facility, waiting)} that wait; they earn and bear losses until they are served, and cannot be taken back`;
  return {
    action: "queue",
    summary: `puts senior shares worth ${formatCash(wanted, facility.loan)} into the redemption queue of facility ${facility.id} (${facility.name}): ${order}`,
    facility,
    // The queue takes the shares of whoever asks without an approval.
    transaction: { from, to: queue.address, data: queue.encode("requestRedeem", [shares, from, from]) },
    before: [],
    needs: [],
    context: { facility },
  };
}

/**
 * Claims what the queue has served.
 *
 * @param request.id of the request; where none is named, the oldest of the caller's with anything to claim
 */
export async function planClaim(
  client: Client,
  request: {
    readonly from: string;
    readonly facility: number | string;
    readonly id?: bigint;
    readonly receiver?: string;
  },
): Promise<Plan> {
  const from = getAddress(request.from);
  const receiver = getAddress(request.receiver ?? from);
  const blockTag = await client.provider.getBlockNumber();
  const facility = await readFacility(client, request.facility, { blockTag });
  const queue = queueOf(facility);
  const { requests = [] } = (await readQueue(client, facility, from, blockTag)) ?? {};
  const ready = requests.filter(({ servedShares }) => servedShares > 0n);
  const claimed = request.id === undefined ? ready[0] : ready.find(({ id }) => id === request.id);
  if (claimed === undefined) throw new ImpossibleAction(whyNothing(facility, from, requests, request.id));
  const others = ready.length === 1 ? "" : `; ${ready.length - 1} more of your requests can be claimed`;
  return {
    action: "claim",
    summary: `claims ${formatCash(claimed.claimable, facility.loan)} of request ${claimed.id.toString()} in facility ${facility.id} (${facility.name})${receiver === from ? "" : ` for ${receiver}`}${others}`,
    facility,
    transaction: { from, to: queue.address, data: queue.encode("claim", [claimed.id, receiver]) },
    before: [],
    needs: [],
    context: { facility },
  };
}

function whyNothing(
  facility: FacilityState,
  from: string,
  requests: readonly { readonly id: bigint; readonly waiting: bigint; readonly ahead: bigint }[],
  id: bigint | undefined,
): string {
  const asked = id === undefined ? requests[0] : requests.find((each) => each.id === id);
  if (asked === undefined) {
    const which = id === undefined ? "nothing" : `no request ${id.toString()}`;
    return `${from} has ${which} in the redemption queue of facility ${facility.id}`;
  }
  return `nothing of request ${asked.id.toString()} is served yet: ${senior(facility, asked.waiting)} of it wait behind ${senior(facility, asked.ahead)}`;
}

/** Turns shares that wait into cash, as far as the pool has any; anyone may. */
export async function planServe(
  client: Client,
  request: { readonly from: string; readonly facility: number | string },
): Promise<Plan> {
  const from = getAddress(request.from);
  const facility = await readFacility(client, request.facility);
  const queue = queueOf(facility);
  const waiting = await queue.read(client.provider, "waiting", []);
  if (waiting === 0n) throw new ImpossibleAction(`nobody waits in the redemption queue of facility ${facility.id}`);
  const context = { facility };
  let served: readonly [bigint, bigint];
  try {
    served = await queue.read(client.provider, "serve", [MAX_UINT256], { from });
  } catch (error) {
    throw refusalOf(error, "to serve", context) ?? error;
  }
  const [shares, assets] = served;
  return {
    action: "serve",
    summary: `turns ${senior(facility, shares)} of ${senior(facility, waiting)} that wait in facility ${facility.id} (${facility.name}) into ${formatCash(assets, facility.loan)}, to be claimed by their owners`,
    facility,
    transaction: { from, to: queue.address, data: queue.encode("serve", [MAX_UINT256]) },
    before: [],
    needs: [],
    context,
  };
}
