import { getAddress } from "ethers";
import { type Client, trancheAt } from "./client.js";
import { type FacilityState, readFacility } from "./facilityState.js";
import { type QueuePosition, readQueue } from "./queue.js";
import { type TrancheName, trancheAddress, tranchesOf } from "./tranches.js";

/** An announcement of leaving a first-loss class. */
export interface ExitRequest {
  /** Most that may still leave under it. */
  readonly shares: bigint;
  /** What they are worth now, as the lender's assets. */
  readonly assets: bigint;
  /** First and last second in which they may leave. */
  readonly opensAt: bigint;
  readonly closesAt: bigint;
  readonly state: "waiting" | "open" | "over";
}

/** What a lender holds of one class in a facility, as of one block. Assets in units of the loan asset. */
export interface LenderPosition {
  readonly facility: FacilityState;
  readonly tranche: TrancheName;
  readonly lender: string;
  /** ERC-4626 shares; they have six decimals more than the loan asset. */
  readonly shares: bigint;
  /** What they are worth to the lender, rounded down: losses that were marked are counted. */
  readonly assets: bigint;
  /** What as many would cost one who enters, rounded up: they are not. */
  readonly entryAssets: bigint;
  /** Most that redeeming pays out now. */
  readonly withdrawable: bigint;
  /** Seconds from a request to its window, and the window's length; undefined where shares leave at once. */
  readonly exitTerms: { readonly cooldown: bigint; readonly window: bigint } | undefined;
  /** Undefined where nothing was requested, or all of it has left. */
  readonly exit: ExitRequest | undefined;
}

/** All that a lender holds in a facility, as of one block. */
export interface LenderHoldings {
  readonly facility: FacilityState;
  readonly lender: string;
  /** Of the classes of which the lender has shares. */
  readonly positions: readonly LenderPosition[];
  /** What the lender has asked the queue for; undefined in a facility without one. */
  readonly queue: QueuePosition | undefined;
}

interface Moment {
  readonly blockTag: number;
  readonly time: bigint;
}

async function now({ provider }: Client): Promise<Moment> {
  const block = await provider.getBlock("latest");
  return { blockTag: block?.number ?? 0, time: BigInt(block?.timestamp ?? 0) };
}

async function positionAt(
  { provider }: Client,
  facility: FacilityState,
  lender: string,
  tranche: TrancheName,
  { blockTag, time }: Moment,
): Promise<LenderPosition> {
  const contract = trancheAt(trancheAddress(facility, tranche));
  const at = { blockTag };
  const [shares, withdrawable, [cooldown, window], request] = await Promise.all([
    contract.read(provider, "balanceOf", [lender], at),
    contract.read(provider, "maxWithdraw", [lender], at),
    contract.read(provider, "exitTerms", [], at),
    contract.read(provider, "exitRequestOf", [lender], at),
  ]);
  const [assets, entryAssets, leaving] = await Promise.all([
    contract.read(provider, "convertToAssets", [shares], at),
    contract.read(provider, "previewMint", [shares], at),
    contract.read(provider, "convertToAssets", [request.shares], at),
  ]);
  const state = time < request.opensAt ? "waiting" : time <= request.closesAt ? "open" : "over";
  return {
    ...{ facility, tranche, lender: getAddress(lender), shares, assets, entryAssets, withdrawable },
    exitTerms: cooldown === 0n ? undefined : { cooldown, window },
    exit: request.shares === 0n ? undefined : { ...request, assets: leaving, state },
  };
}

/** What a lender holds of one class, the senior one where none is named. */
export async function readLenderPosition(
  client: Client,
  facility: number | string,
  lender: string,
  tranche: TrancheName = "senior",
): Promise<LenderPosition> {
  const moment = await now(client);
  const state = await readFacility(client, facility, { blockTag: moment.blockTag });
  return positionAt(client, state, lender, tranche, moment);
}

/**
 * What a lender holds of all classes, and waits for in the queue.
 *
 * @example
 * const { positions, queue } = await readLenderHoldings(client, 1, lender);
 * for (const { tranche, assets } of positions) console.log(tranche, assets);
 */
export async function readLenderHoldings(
  client: Client,
  facility: number | string,
  lender: string,
): Promise<LenderHoldings> {
  const moment = await now(client);
  const state = await readFacility(client, facility, { blockTag: moment.blockTag });
  const all = await Promise.all(tranchesOf(state).map((tranche) => positionAt(client, state, lender, tranche, moment)));
  return {
    facility: state,
    lender: getAddress(lender),
    positions: all.filter(({ shares }) => shares > 0n),
    queue: await readQueue(client, state, lender, moment.blockTag),
  };
}
