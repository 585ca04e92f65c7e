import type { Head, Receipt } from "../chain/node.js";
import { NonceTaken } from "../store/errors.js";
import type { LaneContext } from "./context.js";
import { abandon, written } from "./delivery.js";
import { effectOf } from "./effects.js";
import type { Fence } from "./fence.js";
import type { LaneBook } from "./laneBook.js";
import type { MinedIn, Pending, Settled } from "./pending.js";

/** How long a nonce must be used up without a receipt of ours until that is believed: a receipt may come later than the count. */
const SUPERSEDED_AFTER_BLOCKS = 1;
const SUPERSEDED_AFTER_MS = 1_000;
/** Blocks to wait for transactions of this key that nobody here knows of. */
const STRANGERS_PATIENCE_BLOCKS = 5;
/** Final ones kept for a reorganisation deeper than that. */
const KEPT_FINAL = 64;

/** Finds out what became of what waits. What it finds goes to `found` one by one: a node that fails half-way loses nothing. */
export async function settle(
  context: LaneContext,
  lane: LaneBook,
  head: Head,
  fence: Fence,
  found: (settled: Settled) => void,
): Promise<void> {
  await watchStrangers(context, lane, head);
  await finalise(context, lane, head, fence);
  if (lane.waiting.length === 0) return;
  const mined = await context.node.transactionCount(lane.address, "latest");
  const due = lane.waiting.filter(({ nonce }) => nonce < mined);
  const receipts = await Promise.all(due.map(async (pending) => receiptOf(context, pending)));
  for (const [index, pending] of due.entries()) {
    const receipt = receipts[index];
    const settled =
      receipt === undefined
        ? await supersede(context, lane, pending, head, fence)
        : await settleMined(context, lane, pending, head, receipt, fence);
    if (settled !== undefined) found(settled);
  }
  for (const pending of [...lane.waiting]) {
    if (pending.nonce >= mined) await takeBack(context, lane, pending, fence);
  }
}

async function receiptOf({ node }: LaneContext, { attempts }: Pending): Promise<Receipt | undefined> {
  // The latest is the likeliest.
  for (const { hash } of [...attempts].reverse()) {
    const receipt = await node.receipt(hash);
    if (receipt !== undefined) return receipt;
  }
  return undefined;
}

async function settleMined(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  head: Head,
  receipt: Receipt,
  fence: Fence,
): Promise<Settled | undefined> {
  pending.missing = undefined;
  // Mined after the head that is being decided: the next decision's business.
  if (receipt.blockNumber > head.number) return undefined;
  const attempt = pending.attempts.find(({ hash }) => hash.toLowerCase() === receipt.transactionHash.toLowerCase());
  if (attempt === undefined) return undefined;
  const minedIn = { hash: attempt.hash, block: receipt.blockNumber };
  if (!(await writeMined(context, lane, pending, minedIn, fence))) return undefined;
  lane.remove(pending);
  lane.mined.push(pending);
  const effect = effectOf(receipt, attempt.intent, context.contracts);
  return { kind: "mined", pending, attempt, receipt, effect };
}

async function writeMined(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  minedIn: MinedIn,
  fence: Fence,
): Promise<boolean> {
  const { hash, block } = pending.writtenMinedIn ?? { hash: "", block: -1 };
  if (hash !== minedIn.hash || block !== minedIn.block) {
    if (pending.isFinalWritten && !(await takeBack(context, lane, pending, fence))) return false;
    if (!(await written(context, async () => context.journal.mined(pending.id, minedIn)))) return false;
    pending.writtenMinedIn = minedIn;
  }
  pending.isSentWritten = true;
  pending.minedIn = minedIn;
  return true;
}

async function supersede(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  head: Head,
  fence: Fence,
): Promise<Settled | undefined> {
  for (const { hash } of pending.attempts) {
    if (!(await context.node.knows(hash))) continue;
    pending.missing = undefined;
    return undefined;
  }
  const now = context.clock();
  pending.missing ??= { block: head.number, ms: now };
  const { block, ms } = pending.missing;
  if (head.number - block < SUPERSEDED_AFTER_BLOCKS || now - ms < SUPERSEDED_AFTER_MS) return undefined;
  if (!(await takeBack(context, lane, pending, fence))) return undefined;
  const why = "its nonce went to another transaction";
  if (!(await abandon(context, lane, pending.id, why, fence.fence))) return undefined;
  lane.remove(pending);
  return { kind: "superseded", pending };
}

/**
 * Has the journal say what the chain says: that it is mined no more. What was called final stays so there; it waits again under
 * an entry of its own.
 */
async function takeBack(context: LaneContext, lane: LaneBook, pending: Pending, fence: Fence): Promise<boolean> {
  if (pending.writtenMinedIn === undefined) return true;
  try {
    const back = async (): Promise<void> =>
      pending.isFinalWritten ? writeAnew(context, pending, fence) : context.journal.mined(pending.id, undefined);
    if (!(await written(context, back))) return false;
    pending.writtenMinedIn = undefined;
    return true;
  } catch (error) {
    if (!(error instanceof NonceTaken)) throw error;
    // Something else is under way under its nonce by now: that decides.
    lane.remove(pending);
    return false;
  }
}

async function writeAnew({ journal }: LaneContext, pending: Pending, { fence }: Fence): Promise<void> {
  const { lane, nonce, intent } = pending;
  const id = await journal.intend({ lane, nonce, intent, subjects: intent.subjects, fence, at: Date.now() });
  for (const attempt of pending.attempts) await journal.sign(id, attempt, fence);
  pending.id = id;
  pending.isFinalWritten = false;
  pending.isSentWritten = false;
}

/** Calls final what has its confirmations and is still there; what is not waits again. */
async function finalise(context: LaneContext, lane: LaneBook, head: Head, fence: Fence): Promise<void> {
  for (const pending of [...lane.mined]) {
    const { minedIn } = pending;
    if (minedIn === undefined || head.number - minedIn.block < context.options.confirmations) continue;
    const receipt = await context.node.receipt(minedIn.hash);
    if (receipt === undefined) reopen(lane, pending);
    else if (receipt.blockNumber !== minedIn.block) {
      await writeMined(context, lane, pending, { hash: minedIn.hash, block: receipt.blockNumber }, fence);
    } else if (await written(context, async () => context.journal.final(pending.id))) {
      lane.remove(pending);
      pending.isFinalWritten = true;
      lane.final.push(pending);
      if (lane.final.length > KEPT_FINAL) lane.final.shift();
    }
  }
}

/** Takes back what was mined in blocks that are no longer part of the chain: it waits again, under the same nonce. */
export function rollBack(lane: LaneBook, to: number): void {
  for (const pending of [...lane.mined]) if ((pending.minedIn?.block ?? -1) > to) reopen(lane, pending);
  for (const pending of [...lane.final]) {
    if ((pending.minedIn?.block ?? -1) <= to) continue;
    lane.final.splice(lane.final.indexOf(pending), 1);
    reopen(lane, pending);
  }
}

function reopen(lane: LaneBook, pending: Pending): void {
  lane.remove(pending);
  pending.minedIn = undefined;
  pending.missing = undefined;
  pending.isUnanswered = true;
  lane.add(pending);
}

/** Blocks a lane while transactions of its key wait that nobody here sent; they are given a few blocks. */
async function watchStrangers({ node }: LaneContext, lane: LaneBook, head: Head): Promise<void> {
  const { strangers } = lane;
  if (strangers === undefined) return;
  strangers.since ??= head.number;
  const mined = await node.transactionCount(lane.address, "latest");
  if (mined >= strangers.below || head.number - strangers.since >= STRANGERS_PATIENCE_BLOCKS)
    lane.strangers = undefined;
}
