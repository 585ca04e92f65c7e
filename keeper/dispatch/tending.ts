import { isAnswerError } from "../chain/rpcErrors.js";
import type { Head } from "../chain/node.js";
import { SignerFailed } from "../keys/signer.js";
import { JournalMisuse, StoreFailed } from "../store/errors.js";
import { counts } from "./adoption.js";
import type { LaneContext } from "./context.js";
import { deliver, journalTrouble, maySendAgain, settleOrphans, writeSent } from "./delivery.js";
import type { Fence } from "./fence.js";
import { feeCeiling, feesAt, raisedFees } from "./fees.js";
import type { Intent } from "./intent.js";
import type { LaneBook } from "./laneBook.js";
import type { Pending } from "./pending.js";
import { callForStrangers, place, strangersOf } from "./placing.js";
import { isRefusal } from "./sendErrors.js";
import { cancellation, signed } from "./transaction.js";

/** Blocks a nonce may be missing below what waits before it is filled. */
const GAP_PATIENCE_BLOCKS = 5;
/** Rungs of the ladder climbed at once where a node finds the replacement still too cheap. */
const RUNGS_AT_ONCE = 3;

/**
 * Looks after what waits: sends again what the node lost, replaces with higher fees what holds up the lane, cancels what is no
 * longer wanted or too late, and fills a nonce that is missing below.
 */
export async function tend(context: LaneContext, lane: LaneBook, head: Head, fence: Fence): Promise<void> {
  await settleOrphans(context, lane, fence.fence);
  for (const pending of lane.waiting) await writeSent(context, pending);
  const stuck = `the oldest transaction of ${lane.address} holds up those behind it`;
  if (lane.waiting.length === 0) {
    lane.gap = undefined;
    context.alarms.end(stuck);
    if (lane.strangers === undefined) context.alarms.end(strangersOf(lane));
    return;
  }
  const [mined, known] = await counts(context, lane);
  noticeStrangers(context, lane, mined, known);
  await fillGap(context, lane, head, fence, mined);
  const lowest = lane.waiting.find(({ nonce }) => nonce >= mined);
  if (lowest !== undefined && isStuck(context, lowest, head)) {
    const { nonce, sentAtBlock, live } = lowest;
    lane.stuckNonce = nonce;
    context.alarms.begin(
      stuck,
      { nonce, sentAtBlock, hash: live.hash, waiting: lane.waiting.length },
      {
        ...{ kind: "lane-stuck", about: lane.address },
      },
    );
  }
  if (lane.stuckNonce !== lowest?.nonce) context.alarms.end(stuck);
  for (const pending of [...lane.waiting]) {
    // Used up: whether by us, the next look at receipts says.
    if (pending.nonce < mined || pending.missing !== undefined || pending.writtenMinedIn !== undefined) continue;
    if (hasEnded(lane, pending)) continue;
    if (context.fence()?.fence !== fence.fence) return;
    try {
      await tendOne(context, lane, pending, head, fence, { isLowest: pending === lowest, known });
    } catch (error) {
      // One that cannot be looked after now must not keep the others from it.
      if (!isPassing(error)) throw error;
      if (error instanceof StoreFailed) journalTrouble(context, error);
      context.log.warn({ lane: lane.address, nonce: pending.nonce, why: error.message }, "not looked after this time");
    }
  }
}

/** The next block may be decided, and settle it, while it is looked after here: the journal then takes no more bytes for it. */
const isPassing = (error: unknown): error is Error =>
  isAnswerError(error) || [SignerFailed, StoreFailed, JournalMisuse].some((kind) => error instanceof kind);

const hasEnded = ({ waiting }: LaneBook, pending: Pending): boolean => !waiting.includes(pending);

async function tendOne(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  head: Head,
  fence: Fence,
  { isLowest, known }: { isLowest: boolean; known: number },
): Promise<void> {
  const { deadline } = pending.intent;
  const isTooLate = deadline !== undefined && head.timestamp > deadline && pending.live.intent.kind !== "cancel";
  const isNews = pending.sentAtBlock !== head.number;
  if (isNews && (isTooLate || pending.isRefused || (isLowest && isStuck(context, pending, head)))) {
    await replace(context, lane, pending, head, fence, isTooLate);
  } else if (isNews || pending.isUnanswered) await sendAgainIfLost(context, pending, known);
}

function isStuck({ options, clock }: LaneContext, { sentAtBlock, sentAtMs }: Pending, head: Head): boolean {
  return head.number - sentAtBlock >= options.replaceAfterBlocks && clock() - sentAtMs >= options.replaceAfterMs;
}

/**
 * @param known nonces the node counts, with those that wait: what is below them it has, or something else under that nonce
 * @param isForced sent though it is no longer wanted, as nothing that takes its nonce away may be paid for
 */
async function sendAgainIfLost(context: LaneContext, pending: Pending, known: number, isForced = false): Promise<void> {
  const { live, nonce } = pending;
  if (nonce < known && !pending.isUnanswered) return;
  for (const { hash } of pending.attempts) {
    if (!(await context.node.knows(hash))) continue;
    pending.isUnanswered = false;
    await writeSent(context, pending);
    return;
  }
  if (!isForced && !(await maySendAgain(context, pending))) return;
  const { outcome, why } = await deliver(context, live.raw);
  context.log.warn({ lane: pending.lane, nonce, hash: live.hash, outcome, why }, "the node had lost it: sent again");
  if (outcome === "accepted") {
    pending.isUnanswered = false;
    pending.isRefused = false;
    await writeSent(context, pending);
  } else if (outcome === "insufficient-funds" || outcome === "gas-limit" || outcome === "rejected") {
    // An earlier delivery may still be under way somewhere, so the nonce is not free: it is taken away instead.
    pending.isRefused = true;
  } else if (isRefusal(outcome) && outcome !== "nonce-too-low" && outcome !== "nonce-too-high") {
    pending.floor = { ...live };
  }
}

async function replace(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  head: Head,
  fence: Fence,
  isTooLate: boolean,
): Promise<void> {
  const { options, log, alarms } = context;
  const intent = await replacementIntent(context, lane, pending, isTooLate);
  const extraWei = await context.costs.atMost(intent.data, intent.gasLimit, head);
  const ceiling = feeCeiling(intent, extraWei);
  const now = feesAt(head.baseFeePerGas, options.priorityFee);
  const dear = `a replacement in ${lane.address} would cost more than it may`;
  let last = pending.floor ?? pending.live;
  for (let rung = 0; rung < RUNGS_AT_ONCE; rung++) {
    const fees = raisedFees(last, now, options.feeBumpPercent, ceiling);
    if (fees === undefined) {
      alarms.begin(dear, { nonce: pending.nonce, kind: intent.kind, maxFeePerGas: last.maxFeePerGas, ceiling });
      return sendAgainIfLost(context, pending, pending.nonce, true);
    }
    alarms.end(dear);
    const attempt = await signed(lane.signer, intent, pending.nonce, fees, options.chainId);
    if (hasEnded(lane, pending)) return;
    await context.journal.sign(pending.id, attempt, fence.fence);
    if (!pending.attempts.some(({ hash }) => hash === attempt.hash)) pending.attempts.push(attempt);
    if (context.fence()?.fence !== fence.fence) return;
    const { outcome, why } = await deliver(context, attempt.raw);
    log.info(
      { lane: lane.address, nonce: pending.nonce, hash: attempt.hash, outcome, why, kind: intent.kind },
      "replaced what was stuck",
    );
    if (outcome === "accepted" || outcome === "unknown" || outcome === "rate-limited") {
      Object.assign(pending, {
        ...{ live: attempt, floor: undefined, isRefused: false, isUnanswered: outcome !== "accepted", extraWei },
        ...{ sentAtBlock: head.number, sentAtMs: context.clock() },
      });
      return writeSent(context, pending);
    }
    if (outcome !== "replacement-underpriced" && outcome !== "tip-too-low" && outcome !== "fee-cap-too-low") return;
    pending.floor = last = fees;
  }
}

/** The same again where it is still wanted, or what takes its nonce away. */
async function replacementIntent(
  context: LaneContext,
  lane: LaneBook,
  pending: Pending,
  isTooLate: boolean,
): Promise<Intent> {
  const { live } = pending;
  if (live.intent.kind === "cancel") return live.intent;
  const wanted = !isTooLate && !pending.isRefused && (await context.stillWanted(pending));
  return wanted ? live.intent : cancellation(lane.address, pending.intent, context.options.cancelCostWei);
}

/** Someone else has the key, or had it: what they use up is passed over, and said. */
function noticeStrangers(context: LaneContext, lane: LaneBook, mined: number, known: number): void {
  if (known <= lane.next) {
    if (lane.strangers === undefined) context.alarms.end(strangersOf(lane));
    return;
  }
  context.alarms.begin(strangersOf(lane), { mined, known, next: lane.next }, callForStrangers(lane));
  if (mined > lane.next) lane.next = mined;
}

/**
 * What waits above a nonce that nobody uses waits for ever. Such a gap is left by a stranger's transaction that vanished, or
 * one that is stuck; it is filled with nothing, by fees that outbid what may wait there.
 */
async function fillGap(context: LaneContext, lane: LaneBook, head: Head, fence: Fence, mined: number): Promise<void> {
  const [lowest] = lane.waiting;
  if (lowest === undefined || lowest.nonce <= mined || lane.owns(mined)) {
    lane.gap = undefined;
    return;
  }
  if (lane.gap?.nonce !== mined) lane.gap = { nonce: mined, block: head.number, ms: context.clock() };
  const { block, ms } = lane.gap;
  const hasPatience =
    head.number - block < GAP_PATIENCE_BLOCKS || context.clock() - ms < context.options.replaceAfterMs;
  if (hasPatience) return;
  const intent = cancellation(lane.address, undefined, context.options.cancelCostWei);
  const extraWei = await context.costs.atMost(intent.data, intent.gasLimit, head);
  for (let nonce = mined; nonce < lowest.nonce && !lane.owns(nonce); nonce++) {
    const placed = await place(context, lane, { intent, head, fence, extraWei, nonce });
    context.log.warn({ lane: lane.address, nonce, ...(placed.ok ? {} : placed) }, "a missing nonce was filled");
    if (!placed.ok) return;
  }
}
