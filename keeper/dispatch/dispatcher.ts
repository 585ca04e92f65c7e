import type { Logger } from "pino";
import { maxOf, minOf, subtractOrZero } from "../../sdk/model/index.js";
import type { Head } from "../chain/node.js";
import { isAnswerError } from "../chain/rpcErrors.js";
import { KeeperError } from "../errors.js";
import type { Signer } from "../keys/signer.js";
import { FenceLost, StoreFailed } from "../store/errors.js";
import type { Trace } from "../serve/trace.js";
import type { Journal } from "../store/store.js";
import { adopt } from "./adoption.js";
import { Breaker } from "./breaker.js";
import type { Alarms, DispatchOptions, LaneContext, SendNode } from "./context.js";
import { ExtraCosts, type ExtraFees } from "./costs.js";
import type { KnownContracts } from "./effects.js";
import { writeSent } from "./delivery.js";
import { ALONE, type Fence } from "./fence.js";
import { feeCeiling, openingFees } from "./fees.js";
import type { Intent } from "./intent.js";
import { LaneBook } from "./laneBook.js";
import { type Pending, type Settled, type Submitted, refused } from "./pending.js";
import { type Placement, place, strangersOf } from "./placing.js";
import { rollBack, settle } from "./settling.js";
import { tend } from "./tending.js";

export interface DispatchDeps {
  readonly node: SendNode;
  /** One lane each. */
  readonly signers: readonly Signer[];
  readonly journal: Journal;
  readonly rollupFees: ExtraFees;
  readonly contracts: KnownContracts;
  readonly options: DispatchOptions;
  readonly log: Logger;
  readonly alarms: Alarms;
  readonly stillWanted: (pending: Pending) => Promise<boolean>;
  /** The right to send, now; left out where this keeper is alone with its accounts and its store. */
  readonly fence?: () => Fence | undefined;
  readonly clock?: () => number;
}

/** One lane, for people and metrics. */
export interface LaneView {
  readonly address: string;
  readonly waiting: number;
  readonly nextNonce: number;
  readonly balanceWei: bigint | undefined;
  readonly reservedWei: bigint;
  /** Why it is not used, or used last; empty where nothing is wrong. */
  readonly trouble: string;
}

/** Transactions that may wait in one lane; nodes' pools take no more of one account. */
const MOST_WAITING = 16;
/** Room for the L1 fee to rise between a decision and its block. */
const L1_HEADROOM_PERCENT = 25n;
/** Most that planning and sending take, of a lease. */
const PLANNING_SECONDS = 2n;
const NO_FUNDS = "no lane has enough ether";

/**
 * Sends what was decided, over one or several accounts ("lanes"), each with nonces of its own. Everything is written into the
 * journal before it is sent, so that at whatever point the process ends, its successor knows what may be out. About one
 * subject only one transaction is under way at a time, whichever lane it is in.
 */
export class Dispatcher {
  /** Told what came of what was sent; while it is open nothing is sent. */
  readonly breaker = new Breaker();
  private readonly books: readonly LaneBook[];
  private readonly context: LaneContext;
  /** Subjects of what is being placed; those of what waits are in the books. */
  private readonly placing = new Set<string>();
  private readonly submitting = new Set<Promise<unknown>>();
  private readonly tending = new Map<LaneBook, Promise<void>>();
  private readonly found: Settled[] = [];
  /** Under which fence the journal was read; undefined where it was not, or this keeper does not lead. */
  private ledBy: bigint | undefined;
  private balances: { head: string; wei: Promise<readonly bigint[]> } | undefined;
  private known: readonly bigint[] = [];
  private stopping = false;
  private journalFailedAt: string | undefined;
  private fault: Error | undefined;

  constructor(private readonly deps: DispatchDeps) {
    const { clock = () => performance.now(), fence = () => ALONE, rollupFees, signers } = deps;
    this.context = { ...deps, clock, fence, costs: new ExtraCosts(rollupFees, L1_HEADROOM_PERCENT) };
    this.books = signers.map((signer) => new LaneBook(signer));
  }

  // ---- what others ask ----

  /** Everything not known to be mined or lost, by lane and nonce. */
  get pending(): readonly Pending[] {
    return this.books.flatMap(({ waiting }) => waiting);
  }

  isPending(subject: string): boolean {
    return this.placing.has(subject) || this.pending.some(({ intent }) => intent.subjects.includes(subject));
  }

  /** All facilities are one dispatcher's. */
  shardOf(_facility: number): number {
    return 0;
  }

  /** Why nothing can be sent at that block; empty where something can. */
  halted(block: number, _facility?: number): string {
    if (this.context.fence() === undefined) return "another keeper leads: this one stands by";
    if (this.books.every(({ strangers }) => strangers !== undefined)) {
      return "waiting for transactions of this key that this keeper did not send";
    }
    return this.breaker.halted(block);
  }

  /** Whether this keeper is the one that sends about the facility; about all, where none is named. */
  leads(_facility?: number): boolean {
    return this.context.fence() !== undefined;
  }

  /** Why nothing can be sent although this keeper leads; that another does is no trouble. */
  trouble(block: number): string {
    return this.leads() ? this.halted(block) : "";
  }

  get lanes(): readonly LaneView[] {
    return this.books.map((lane, index) => ({
      ...{ address: lane.address, waiting: lane.waiting.length, nextNonce: lane.next },
      ...{ balanceWei: this.known[index], reservedWei: lane.reserved },
      trouble: troubleOf(lane),
    }));
  }

  /**
   * Last second for which a transaction may be made valid: the wished time, or the lease's end if that is before it.
   *
   * @returns undefined where this keeper does not lead
   */
  deadline(head: Head, seconds: bigint): bigint | undefined {
    const fence = this.context.fence();
    if (fence === undefined) return undefined;
    const wished = head.timestamp + seconds;
    const limit = fence.deadline(head.timestamp);
    // The lease runs while one plans: what is planned to its last second is refused when it is to be sent.
    return limit === undefined ? wished : minOf(wished, maxOf(limit - PLANNING_SECONDS, head.timestamp));
  }

  /** Ether of all lanes that nothing under way can take, wei. */
  async free(head: Head): Promise<bigint> {
    const [balances] = await Promise.all([this.balancesAt(head), this.completeReservations(head)]);
    const frees = this.books.map(({ reserved }, index) => subtractOrZero(balances[index] ?? 0n, reserved));
    return frees.reduce((sum, one) => sum + one, 0n);
  }

  // ---- the loop's steps ----

  /** Reads the journal, asks the chain, and takes up what was sent before; again whenever this keeper begins to lead. */
  async start(): Promise<void> {
    this.ledBy = undefined;
    await this.lead();
  }

  private async takeUp(fence: Fence): Promise<void> {
    this.ledBy = undefined;
    await Promise.all(
      this.books.map(async (lane) => lane.exclusive(async () => adopt(this.context, lane, fence.fence))),
    );
    this.ledBy = fence.fence;
  }

  /** Takes out what `head` has settled. A lane whose node fails is left for the next time; where all fail, that is thrown. */
  async collect(head: Head): Promise<Settled[]> {
    this.throwFault();
    const fence = await this.lead();
    if (fence === undefined) return [];
    const outcomes = await Promise.allSettled(
      this.books.map(async (lane) => settle(this.context, lane, head, fence, (one) => this.found.push(one))),
    );
    const failures = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    for (const failure of failures) {
      if (failure instanceof FenceLost) this.lose(failure);
      else if (!isOfNode(failure) || failures.length === this.books.length) throw failure;
    }
    return this.found.splice(0);
  }

  /**
   * Looks after what waits, all lanes at once. Nobody needs to wait for it: a lane that takes long holds up only itself, and
   * is not begun anew while it is being looked after. What goes wrong unforeseen is thrown by the next {@link collect}.
   */
  async tend(head: Head): Promise<void> {
    const fence = this.context.fence();
    if (fence === undefined || fence.fence !== this.ledBy || this.stopping) return;
    await Promise.all(
      this.books.map(async (lane) => {
        if (this.tending.has(lane)) return;
        const work = lane
          .exclusive(async () => tend(this.context, lane, head, fence))
          .catch((error: unknown) => {
            if (error instanceof FenceLost) this.lose(error);
            else if (isOfNode(error))
              this.deps.log.warn({ lane: lane.address, why: error.message }, "not looked after");
            else this.fault = error instanceof Error ? error : new KeeperError(String(error));
          });
        this.tending.set(lane, work);
        await work;
        this.tending.delete(lane);
      }),
    );
  }

  /** Takes back what was mined in blocks after `to`, which are no longer part of the chain. */
  rolledBack(to: number): void {
    for (const lane of this.books) rollBack(lane, to);
  }

  /** Sends several: lanes work side by side, and within one they go in order. */
  async submitAll(intents: readonly Intent[], head: Head, trace?: Trace): Promise<Submitted[]> {
    return this.tracked(async () => {
      const submitted = await Promise.all(intents.map(async (intent) => this.begin(intent, head, trace?.fork())));
      for (const one of submitted) await this.writeSent(one);
      return submitted;
    });
  }

  /** Writes down and sends, in the lane where it comes first. Nothing is sent where it cannot be written down. */
  async submit(intent: Intent, head: Head, trace?: Trace): Promise<Submitted> {
    return this.tracked(async () => {
      const submitted = await this.begin(intent, head, trace);
      await this.writeSent(submitted);
      return submitted;
    });
  }

  /** Once all is on the wire: a durable write takes longer than anything else here, and this one may come late. */
  private async writeSent(submitted: Submitted): Promise<void> {
    if (submitted.ok) await writeSent(this.context, submitted.pending);
  }

  private async tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.submitting.add(running);
    try {
      return await running;
    } finally {
      this.submitting.delete(running);
    }
  }

  private async begin(intent: Intent, head: Head, trace: Trace | undefined): Promise<Submitted> {
    if (this.stopping) return refused("stopping", "the keeper is being stopped");
    const fence = this.context.fence();
    if (fence === undefined || fence.fence !== this.ledBy) return refused("not-leading", "this keeper does not lead");
    const limit = fence.deadline(head.timestamp);
    if (limit !== undefined && intent.deadline !== undefined && intent.deadline > limit) {
      return refused("beyond-lease", `valid until ${intent.deadline}, but the lease ends at ${limit}`);
    }
    if (this.journalFailedAt === head.hash) return refused("journal-failed", "the journal cannot be written");
    const taken = intent.subjects.find((subject) => this.isPending(subject));
    if (taken !== undefined) return refused("subject-taken", `something about ${taken} is under way`);
    const halted = this.breaker.halted(head.number);
    if (halted !== "") return refused("halted", halted);
    const isTrial = this.breaker.sending(head.number);
    for (const subject of intent.subjects) this.placing.add(subject);
    let isSent = false;
    try {
      const submitted = await this.submitInLane(intent, head, fence, trace);
      isSent = submitted.ok;
      if (!submitted.ok && submitted.outcome === "journal-failed") this.journalFailedAt = head.hash;
      return submitted;
    } catch (error) {
      if (error instanceof StoreFailed) {
        this.journalFailedAt = head.hash;
        return refused("journal-failed", error.message);
      }
      if (!(error instanceof FenceLost)) throw error;
      this.lose(error);
      return refused("not-leading", error.message);
    } finally {
      if (isTrial && !isSent) this.breaker.unclear();
      for (const subject of intent.subjects) this.placing.delete(subject);
    }
  }

  /** Begins nothing new from here on. */
  stop(): void {
    this.stopping = true;
  }

  /** Resolves when what was under way is sent and written down. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.submitting]);
    await Promise.all(this.books.map(async (lane) => lane.idle()));
  }

  // ---- lanes ----

  private async submitInLane(intent: Intent, head: Head, fence: Fence, trace: Trace | undefined): Promise<Submitted> {
    const { costs, options, alarms } = this.context;
    const [extraWei, balances] = await Promise.all([
      costs.atMost(intent.data, intent.gasLimit, head),
      this.balancesAt(head),
      this.completeReservations(head),
    ]);
    const fees = openingFees(head.baseFeePerGas, options.priorityFee, feeCeiling(intent, extraWei));
    const perGas = fees?.maxFeePerGas ?? head.baseFeePerGas + options.priorityFee;
    const worst = intent.gasLimit * perGas + extraWei;
    if (fees === undefined) {
      return refused("too-expensive", `could cost ${worst} wei, more than the ${intent.maxCostWei} it may`);
    }
    const usable = this.books.filter((lane) => lane.strangers === undefined && load(lane) < MOST_WAITING);
    if (usable.length === 0) {
      const troubles = this.books.map((lane) => `${lane.address}: ${troubleOf(lane) || "too many wait"}`);
      return refused("no-lane", `no lane can be used (${troubles.join("; ")})`);
    }
    const free = (lane: LaneBook): bigint => (balances[this.books.indexOf(lane)] ?? 0n) - lane.reserved;
    const affordable = usable.filter((lane) => free(lane) >= worst);
    const [lane] = affordable.sort(
      (a, b) => rank(a) - rank(b) || Number(free(b) > free(a)) - Number(free(a) > free(b)),
    );
    if (lane === undefined) {
      const most = usable.map(free).reduce((a, b) => (a > b ? a : b));
      alarms.begin(NO_FUNDS, { needed: worst, free: most });
      return refused("insufficient-funds", `needs ${worst} wei at most (${extraWei} beyond gas), ${most} are free`);
    }
    alarms.end(NO_FUNDS);
    return this.placeIn(lane, { intent, head, fence, extraWei, trace }, worst);
  }

  private async placeIn(lane: LaneBook, placement: Placement, worst: bigint): Promise<Submitted> {
    lane.placing += 1;
    lane.reserving += worst;
    try {
      return await lane.exclusive(async () => place(this.context, lane, placement));
    } finally {
      lane.placing -= 1;
      lane.reserving -= worst;
    }
  }

  /** Asked once a head. */
  private async balancesAt(head: Head): Promise<readonly bigint[]> {
    if (this.balances?.head !== head.hash) {
      const wei = Promise.all(this.books.map(async ({ address }) => this.context.node.balance(address)));
      this.balances = { head: head.hash, wei };
      wei.catch(() => (this.balances = undefined));
    }
    this.known = await this.balances.wei;
    return this.known;
  }

  /** What an earlier process sent is reserved for in full too. */
  private async completeReservations(head: Head): Promise<void> {
    for (const pending of this.pending) {
      const { data, gasLimit } = pending.live.intent;
      pending.extraWei ??= await this.context.costs.atMost(data, gasLimit, head);
    }
  }

  // ---- leadership ----

  /** The fence, with the journal read under it; undefined where this keeper does not lead. */
  private async lead(): Promise<Fence | undefined> {
    const fence = this.context.fence();
    // Without one for a while and then with the same again: nobody else led meanwhile.
    if (fence === undefined || fence.fence === this.ledBy) return fence;
    try {
      await this.takeUp(fence);
    } catch (error) {
      if (!(error instanceof FenceLost)) throw error;
      this.lose(error);
    }
    return this.ledBy === undefined ? undefined : fence;
  }

  private lose(error: FenceLost): void {
    this.ledBy = undefined;
    this.deps.log.warn({ why: error.message }, "the lead is lost: nothing more is sent");
  }

  private throwFault(): void {
    const { fault } = this;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
  }
}

const load = ({ waiting, placing }: LaneBook): number => waiting.length + placing;

/** A lane that is held up comes after all that are not. */
const rank = (lane: LaneBook): number => load(lane) + (lane.isStuck || lane.gap !== undefined ? MOST_WAITING : 0);

function troubleOf(lane: LaneBook): string {
  if (lane.strangers !== undefined) return strangersOf(lane);
  if (lane.gap !== undefined) return `nonce ${lane.gap.nonce} is missing below what waits`;
  return lane.isStuck ? `nonce ${lane.waiting[0]?.nonce ?? lane.next} holds up those behind it` : "";
}

const isOfNode = (error: unknown): error is Error => isAnswerError(error) || error instanceof StoreFailed;
