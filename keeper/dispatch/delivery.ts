import { StoreFailed } from "../store/errors.js";
import type { LaneContext } from "./context.js";
import type { LaneBook } from "./laneBook.js";
import type { Pending } from "./pending.js";
import { type SendOutcome, sendOutcome } from "./sendErrors.js";

export const JOURNAL_TROUBLE = "the journal cannot be written";

/** Says that it is so, and calls people: what cannot be written down is not sent. */
export function journalTrouble({ alarms }: LaneContext, { message: why }: StoreFailed): void {
  alarms.begin(JOURNAL_TROUBLE, { why }, { kind: "store-failing", about: "journal" });
}

/** Hands bytes to the node, once. */
export async function deliver({ node }: LaneContext, raw: string): Promise<{ outcome: SendOutcome; why: string }> {
  try {
    await node.send(raw);
    return { outcome: "accepted", why: "" };
  } catch (error) {
    return { outcome: sendOutcome(error), why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Whether what the node does not have is to be handed to it. That may have been signed long ago, by a process that ended before
 * it could send: by now its reason may be gone. Then its nonce is taken away instead, as others may have it or get it yet.
 */
export async function maySendAgain(context: LaneContext, pending: Pending): Promise<boolean> {
  if (pending.live.intent.kind === "cancel" || (await context.stillWanted(pending))) return true;
  pending.isRefused = true;
  return false;
}

/** Runs a write of the journal that may also be made later. @returns whether it was made */
export async function written(context: LaneContext, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    context.alarms.end(JOURNAL_TROUBLE);
    return true;
  } catch (error) {
    if (!(error instanceof StoreFailed)) throw error;
    journalTrouble(context, error);
    return false;
  }
}

/** Writes down that a node has it, or may have. What is out is out: where this fails it is made up for later. */
export async function writeSent(context: LaneContext, pending: Pending): Promise<void> {
  if (pending.isSentWritten) return;
  pending.isSentWritten = await written(context, async () => context.journal.sent(pending.id));
}

/** Gives a nonce back that certainly nothing uses. */
export async function abandon(
  context: LaneContext,
  lane: LaneBook,
  id: number,
  why: string,
  fence: bigint,
): Promise<boolean> {
  const done = await written(context, async () => context.journal.abandoned(id, why, fence));
  if (done) lane.orphans.delete(id);
  else lane.orphans.set(id, why);
  return done;
}

/** Tells the journal what it could not be told before. @returns whether nothing is left to tell */
export async function settleOrphans(context: LaneContext, lane: LaneBook, fence: bigint): Promise<boolean> {
  for (const [id, why] of [...lane.orphans]) {
    if (!(await abandon(context, lane, id, why, fence))) return false;
  }
  return true;
}
