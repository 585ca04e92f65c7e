import type { JournalTransaction } from "../store/store.js";
import { StoreFailed } from "../store/errors.js";
import type { LaneContext } from "./context.js";
import type { LaneBook } from "./laneBook.js";
import type { Pending } from "./pending.js";

/** How many of the journal's latest entries are looked through for some that a reorganisation took back. */
const LOOK_BACK = 256;

/**
 * Takes up what the journal says of a lane, after a start or when this keeper begins to lead: what was signed may be out, so it
 * is pending; what was not signed never was, and its nonce is free. The chain is asked for the rest.
 */
export async function adopt(context: LaneContext, lane: LaneBook, fence: bigint): Promise<void> {
  const [mined, known] = await counts(context, lane);
  const [unfinished, recent] = await Promise.all([
    context.journal.unfinished(lane.address),
    context.journal.recent(LOOK_BACK),
  ]);
  lane.clear();
  for (const entry of unfinished) {
    if (entry.attempts.length > 0) lane.add(pendingOf(entry, context));
    else await context.journal.abandoned(entry.id, "nothing was signed before its process ended", fence);
  }
  for (const entry of recent) {
    if (entry.lane !== lane.address || entry.state !== "final" || entry.attempts.length === 0) continue;
    // An older entry of the same nonce is one that was taken back before.
    if (lane.owns(entry.nonce) || lane.final.some(({ nonce }) => nonce === entry.nonce)) continue;
    const pending = pendingOf(entry, context);
    // Kept, as a reorganisation may still take it back.
    if (entry.nonce < mined) lane.final.push({ ...pending, minedIn: pending.writtenMinedIn });
    // Called final, and yet the chain counts its nonce as free: one that happened while nobody watched.
    else lane.add(pending);
  }
  lane.next = Math.max(mined, known, lane.afterOwn);
  let own = mined;
  while (lane.owns(own)) own += 1;
  if (known > own) lane.strangers = { below: known, since: undefined };
  if (lane.waiting.length > 0) {
    context.log.info({ lane: lane.address, transactions: lane.waiting.length }, "taking up what was sent before");
  }
}

/** Takes up what another process wrote into the journal meanwhile under nonces this one wanted. */
export async function adoptUnknown(context: LaneContext, lane: LaneBook, fence: bigint): Promise<void> {
  for (const entry of await context.journal.unfinished(lane.address)) {
    if (lane.knows(entry.id)) continue;
    if (entry.attempts.length > 0) lane.add(pendingOf(entry, context));
    else await context.journal.abandoned(entry.id, "nothing was signed under it", fence);
  }
  lane.next = Math.max(lane.next, lane.afterOwn);
}

function pendingOf(entry: JournalTransaction, { clock }: LaneContext): Pending {
  const attempts = [...entry.attempts];
  const live = attempts.at(-1);
  if (live === undefined) throw new StoreFailed(`journal entry ${entry.id} was signed, but has no bytes`);
  const { minedHash: hash, minedBlock: block } = entry;
  return {
    ...{ id: entry.id, lane: entry.lane, nonce: entry.nonce, intent: entry.intent, attempts, live },
    ...{ sentAtBlock: -1, sentAtMs: clock(), isSentWritten: entry.state !== "signed", isUnanswered: true },
    ...{ isRefused: false, missing: undefined, floor: undefined, extraWei: undefined, minedIn: undefined },
    writtenMinedIn: hash === undefined || block === undefined ? undefined : { hash, block },
    isFinalWritten: entry.state === "final",
  };
}

/** Nonces used up on chain, and with what waits in the node's pool. */
export async function counts({ node }: LaneContext, { address }: LaneBook): Promise<[mined: number, known: number]> {
  const [mined, known] = await Promise.all([
    node.transactionCount(address, "latest"),
    node.transactionCount(address, "pending"),
  ]);
  return [mined, Math.max(mined, known)];
}
