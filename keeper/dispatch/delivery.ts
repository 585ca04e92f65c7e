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
