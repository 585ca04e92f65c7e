import { maxOf } from "../../sdk/model/index.js";
import type { Head } from "../chain/node.js";
import type { Call } from "../episodes.js";
import { SignerFailed } from "../keys/signer.js";
import type { Trace } from "../serve/trace.js";
import { NonceTaken, StoreFailed } from "../store/errors.js";
import { adoptUnknown, counts } from "./adoption.js";
import type { LaneContext } from "./context.js";
import { JOURNAL_TROUBLE, abandon, deliver, journalTrouble, maySendAgain, settleOrphans } from "./delivery.js";
import type { Fence } from "./fence.js";
import { type GasFees, feeCeiling, feesAt, openingFees, raisedFees } from "./fees.js";
import type { Intent } from "./intent.js";
import type { LaneBook } from "./laneBook.js";
import { type Attempt, type Pending, type Submitted, refused } from "./pending.js";
import { signed } from "./transaction.js";

/** Most times one submission is sent, each time for another reason. */
const MOST_ATTEMPTS = 5;

export interface Placement {
  readonly intent: Intent;
  readonly head: Head;
  readonly fence: Fence;
  /** The most the rollup takes beyond gas. */
  readonly extraWei: bigint;
  /** The nonce to fill; the lane's next where none is given. */
  readonly nonce?: number;
  /** Where its time goes. */
  readonly trace?: Trace | undefined;
}

/** A nonce taken in the journal. */
interface Row {
  readonly id: number;
  readonly nonce: number;
  readonly attempts: Attempt[];
}

/**
 * Takes a nonce, signs, writes down, sends. Taking the nonce and signing go side by side: a signature that nobody wrote down is
 * sent nowhere. What the node answers decides whether the nonce is used, free or uncertain: only where it certainly is free,
 * it is given back.
 */
export async function place(context: LaneContext, lane: LaneBook, placement: Placement): Promise<Submitted> {
  const { intent, head, fence, extraWei } = placement;
  const { priorityFee, feeBumpPercent } = context.options;
  if (!(await settleOrphans(context, lane, fence.fence))) {
    return refused("journal-failed", `${JOURNAL_TROUBLE}: nothing is sent`);
  }
  const ceiling = feeCeiling(intent, extraWei);
  let baseFee = head.baseFeePerGas;
  let fees = openingFees(baseFee, priorityFee, ceiling);
  let row: Row | undefined;
  let last: Submitted = refused("too-expensive", tooExpensive(intent, baseFee + priorityFee, extraWei, ceiling));
  try {
    for (let attempts = 0; attempts < MOST_ATTEMPTS && fees !== undefined; attempts++) {
      const written = await write(context, lane, placement, row, fees);
      if ("outcome" in written) return written;
      if ("again" in written) {
        if (placement.nonce !== undefined) return refused("no-lane", "the journal has something under this nonce");
        const taken = lane.waiting.find((one) => sharesSubject(one.intent, intent));
        if (taken !== undefined && intent.kind !== "cancel") {
          return refused("subject-taken", `another process has nonce ${taken.nonce} for it under way`);
        }
        continue;
      }
      row = written.row;
      const { attempt } = written;
      // Between this look and the node there is nothing but the wire; for that, the deadline on chain stands.
      if (context.fence()?.fence !== fence.fence) return refused("not-leading", "another keeper leads: not sent");
      placement.trace?.mark("signed");
      const { outcome, why } = await deliver(context, attempt.raw);
      placement.trace?.mark("sent");
      last = refused(outcome, why);
      switch (outcome) {
        case "accepted":
        case "unknown":
        case "rate-limited":
          return keep(context, lane, placement, row, attempt, outcome === "accepted");
        case "nonce-too-low":
          if (await mayKnow(context, attempt.hash)) return keep(context, lane, placement, row, attempt, true);
          if (!(await giveBack(context, lane, row, `its nonce was used up by another: ${why}`, fence))) return last;
          row = undefined;
          if (placement.nonce !== undefined) return last;
          await recount(context, lane, "its nonce was used up by another");
          break;
        case "nonce-too-high":
          if (placement.nonce !== undefined) break;
          await sendLost(context, lane);
          if (await nextChanges(context, lane, row.nonce)) {
            if (!(await giveBack(context, lane, row, why, fence))) return last;
            row = undefined;
            await recount(context, lane, "the node waits for a nonce below");
          }
          break;
        case "replacement-underpriced": {
          const [, known] = await counts(context, lane);
          if (placement.nonce === undefined && known > row.nonce) {
            const details = { lane: lane.address, nonce: row.nonce };
            context.alarms.begin(strangersOf(lane), details, callForStrangers(lane));
            if (!(await giveBack(context, lane, row, `a stranger's transaction has its nonce: ${why}`, fence)))
              return last;
            row = undefined;
            await recount(context, lane, "a transaction of this key waits that nobody here sent");
          } else fees = raisedFees(fees, feesAt(baseFee, priorityFee), feeBumpPercent, ceiling);
          break;
        }
        case "tip-too-low":
        case "pool-full":
          fees = raisedFees(fees, feesAt(baseFee, priorityFee), feeBumpPercent, ceiling);
          break;
        case "fee-cap-too-low":
          baseFee = maxOf((await context.node.head())?.baseFeePerGas ?? 0n, (baseFee * 9n) / 8n + 1n);
          fees = openingFees(baseFee, priorityFee, ceiling);
          break;
        case "insufficient-funds":
        case "gas-limit":
        case "rejected":
          await giveBack(context, lane, row, why, fence);
          return last;
      }
    }
  } catch (error) {
    // Whatever was sent under it so far was refused: its nonce is free.
    if (row !== undefined) lane.orphans.set(row.id, "given up half-way, after nodes had refused it");
    throw error;
  }
  if (fees === undefined)
    last = refused("too-expensive", tooExpensive(intent, baseFee + priorityFee, extraWei, ceiling));
  if (row !== undefined) await giveBack(context, lane, row, last.ok ? "" : last.why, fence);
  return last;
}

/** The nonce and the bytes in the journal, or why not. */
async function write(
  context: LaneContext,
  lane: LaneBook,
  { intent, fence, nonce: fixed }: Placement,
  row: Row | undefined,
  fees: GasFees,
): Promise<{ row: Row; attempt: Attempt } | { again: true } | Extract<Submitted, { ok: false }>> {
  const { journal, options, alarms } = context;
  const nonce = row?.nonce ?? fixed ?? lane.next;
  const entry = {
    lane: lane.address,
    nonce,
    intent,
    subjects: intent.subjects,
    fence: fence.fence,
    at: Date.now(),
  };
  const [taken, signature] = await Promise.allSettled([
    row === undefined ? journal.intend(entry) : Promise.resolve(row.id),
    signed(lane.signer, intent, nonce, fees, options.chainId),
  ]);
  if (taken.status === "rejected") {
    if (taken.reason instanceof StoreFailed) return journalFailed(context, taken.reason);
    if (!(taken.reason instanceof NonceTaken)) throw taken.reason;
    await adoptUnknown(context, lane, fence.fence);
    return { again: true };
  }
  const id = taken.value;
  if (signature.status === "rejected") {
    await abandon(context, lane, id, "it could not be signed", fence.fence);
    if (!(signature.reason instanceof SignerFailed)) throw signature.reason;
    const call = { kind: "signer-failing", about: lane.address } as const;
    alarms.begin(`the signer of ${lane.address} does not sign`, { why: signature.reason.message }, call);
    return { ok: false, outcome: "signer-failed", why: signature.reason.message };
  }
  alarms.end(`the signer of ${lane.address} does not sign`);
  const attempt = signature.value;
  try {
    await journal.sign(id, attempt, fence.fence);
  } catch (error) {
    if (!(error instanceof StoreFailed)) throw error;
    lane.orphans.set(id, "its bytes could not be written down, and were not sent");
    return journalFailed(context, error);
  }
  alarms.end(JOURNAL_TROUBLE);
  return { row: { id, nonce, attempts: [...(row?.attempts ?? []), attempt] }, attempt };
}

function journalFailed(context: LaneContext, error: StoreFailed): Extract<Submitted, { ok: false }> {
  journalTrouble(context, error);
  return { ok: false, outcome: "journal-failed", why: `${JOURNAL_TROUBLE}, so nothing is sent: ${error.message}` };
}

/** It is out, or may be: it is pending from here on. */
function keep(
  context: LaneContext,
  lane: LaneBook,
  { intent, head, extraWei, trace }: Placement,
  { id, nonce, attempts }: Row,
  live: Attempt,
  isAnswered: boolean,
): Submitted {
  const pending: Pending = {
    ...{ id, lane: lane.address, nonce, intent, attempts, live, extraWei, trace },
    ...{ sentAtBlock: head.number, sentAtMs: context.clock(), isSentWritten: false, isUnanswered: !isAnswered },
    ...{ isRefused: false, missing: undefined, floor: undefined },
    ...{ minedIn: undefined, writtenMinedIn: undefined, isFinalWritten: false },
  };
  lane.add(pending);
  if (!isAnswered) {
    context.log.warn({ lane: lane.address, nonce, hash: live.hash }, "sent, but whether it arrived is not known");
  }
  return { ok: true, pending, hash: live.hash };
}

/** Whether the node has it after all; where it does not say, it may. */
async function mayKnow({ node }: LaneContext, hash: string): Promise<boolean> {
  try {
    return await node.knows(hash);
  } catch {
    return true;
  }
}

async function giveBack(
  context: LaneContext,
  lane: LaneBook,
  { id }: Row,
  why: string,
  { fence }: Fence,
): Promise<boolean> {
  return abandon(context, lane, id, why, fence);
}

/** Where the next nonce is by chain, pool and what is known here. */
async function recount(context: LaneContext, lane: LaneBook, why: string): Promise<void> {
  const [mined, known] = await counts(context, lane);
  lane.next = Math.max(mined, known, lane.afterOwn);
  context.log.warn({ lane: lane.address, nextNonce: lane.next, why }, "the nonce was another than expected");
}

async function nextChanges(context: LaneContext, lane: LaneBook, nonce: number): Promise<boolean> {
  const [mined, known] = await counts(context, lane);
  return Math.max(mined, known, lane.afterOwn) !== nonce;
}

/** What waits below and the node does not know of. */
async function sendLost(context: LaneContext, lane: LaneBook): Promise<void> {
  for (const pending of lane.waiting) {
    const { live } = pending;
    if ((await context.node.knows(live.hash)) || !(await maySendAgain(context, pending))) continue;
    await deliver(context, live.raw);
  }
}

export const strangersOf = ({ address }: LaneBook): string =>
  `transactions of ${address} are under way that this keeper did not send`;

export const callForStrangers = ({ address }: LaneBook): Call => ({ kind: "key-shared", about: address });

const sharesSubject = (a: Intent, b: Intent): boolean => a.subjects.some((subject) => b.subjects.includes(subject));

function tooExpensive({ maxCostWei, gasLimit }: Intent, perGas: bigint, extraWei: bigint, ceiling: bigint): string {
  return (
    `could cost ${gasLimit * perGas + extraWei} wei at ${perGas} wei of gas and ${extraWei} beyond it, ` +
    `more than the ${maxCostWei} it may (${ceiling} wei of gas)`
  );
}
