import { type Log } from "ethers";
import { redemptionQueueAbi } from "./abi/index.js";
import { type Client, queueAt } from "./client.js";
import type { Facility } from "./facility.js";
import { scanLogs } from "./logs.js";
import { interfaceOf } from "./typedContract.js";

/** One of a lender's places in the queue of a facility. Shares are the senior tranche's. */
export interface QueuedRedemption {
  readonly id: bigint;
  /** Shares that are not served yet. */
  readonly waiting: bigint;
  /** Shares that are served before these. */
  readonly ahead: bigint;
  /** Served and not claimed: shares, and what they brought. */
  readonly servedShares: bigint;
  readonly claimable: bigint;
}

export interface QueuePosition {
  /** Shares of everybody that wait. */
  readonly waiting: bigint;
  /** Of the lender, oldest first; what is all claimed is not there any more. */
  readonly requests: readonly QueuedRedemption[];
}

const events = interfaceOf(redemptionQueueAbi);

async function logsOf(
  { provider, deployment }: Client,
  address: string,
  event: "RedeemRequest" | "Served",
  indexed: readonly (string | null)[],
  blockTag: number,
): Promise<Log[]> {
  const topics = events.encodeFilterTopics(event, [...indexed]);
  return scanLogs(provider, { address, topics }, deployment.fromBlock, blockTag);
}

/** How many of all shares that ever waited are served. */
async function servedTo(client: Client, queue: string, blockTag: number): Promise<bigint> {
  const logs = await logsOf(client, queue, "Served", [], blockTag);
  return logs.reduce((sum, log) => sum + ((events.parseLog(log)?.args["shares"] as bigint | undefined) ?? 0n), 0n);
}

/** A lender's places in a facility's queue as of a block; undefined where the facility has none. */
export async function readQueue(
  client: Client,
  facility: Facility,
  lender: string,
  blockTag: number,
): Promise<QueuePosition | undefined> {
  if (facility.queue === undefined) return undefined;
  const { provider } = client;
  const queue = queueAt(facility.queue);
  const at = { blockTag };
  const waiting = await queue.read(provider, "waiting", [], at);
  const asked = await logsOf(client, queue.address, "RedeemRequest", [lender], blockTag);
  const served = asked.length === 0 ? 0n : await servedTo(client, queue.address, blockTag);
  const requests = await Promise.all(
    asked.map(async (log): Promise<QueuedRedemption> => {
      const id = BigInt(log.topics[3] ?? 0);
      const [{ end }, own, [servedShares, claimable]] = await Promise.all([
        queue.read(provider, "requestOf", [id], at),
        queue.read(provider, "pendingRedeemRequest", [id, lender], at),
        queue.read(provider, "claimable", [id], at),
      ]);
      return { id, waiting: own, ahead: own === 0n ? 0n : end - own - served, servedShares, claimable };
    }),
  );
  return { waiting, requests: requests.filter((request) => request.waiting + request.servedShares > 0n) };
}
