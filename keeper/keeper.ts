import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Deployment } from "../sdk/client/deployment.js";
import { Bookkeeper } from "./account/bookkeeper.js";
import { eventTopics } from "./chain/contracts.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError, isAnswerError } from "./chain/rpcErrors.js";
import type { SocketLink } from "./chain/socketLink.js";
import type { Config } from "./config/schema.js";
import { Decider } from "./decide/decider.js";
import type { Decision, DecisionInput } from "./decide/input.js";
import { Backoff } from "./dispatch/backoff.js";
import type { Alarms } from "./dispatch/context.js";
import type { Pending } from "./dispatch/pending.js";
import type { Sender } from "./dispatch/sender.js";
import { Episodes } from "./episodes.js";
import { Inconsistent } from "./errors.js";
import { Indexer } from "./index/indexer.js";
import { LoanBook } from "./index/loanBook.js";
import { readTermSheet } from "./index/readTermSheet.js";
import { Snapshots } from "./index/snapshots.js";
import { scan } from "./judge/scan.js";
import { judgeAsMarked } from "./judge/watch.js";
import type { RollupFeeOracle } from "./plan/rollupFees.js";
import type { FacilityDesk } from "./plan/routes.js";
import { Board } from "./serve/board.js";
import type { Metrics } from "./serve/metrics.js";
import type { Overseer } from "./serve/overseer.js";
import type { Mode, ReportLine, StatusReport } from "./serve/status.js";
import { StoreFailed } from "./store/errors.js";
import { Survey } from "./survey.js";
import { announce } from "./watch/announce.js";
import { BlockStream, type View } from "./watch/blockStream.js";
import { LogWatch } from "./watch/bloom.js";
import { CHECKED_LOGS_DEFAULTS, CheckedLogs } from "./watch/checkedLogs.js";

/** What whoever sends for the keeper is given by it. */
export interface SenderMeans {
  readonly alarms: Alarms;
  /** Whether a transaction that waits would still do what it was sent for. */
  readonly stillWanted: (pending: Pending) => Promise<boolean>;
}

export interface KeeperDeps {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly liquidator: string;
  readonly node: Node;
  /** Accounts that send, a lane each; the first stands for all where one is asked for. */
  readonly operators: readonly [string, ...string[]];
  readonly sender: (means: SenderMeans) => Sender;
  readonly rollupFees: RollupFeeOracle;
  readonly metrics: Metrics;
  readonly overseer: Overseer;
  readonly mode: Mode;
  readonly log: Logger;
  readonly report: (line: ReportLine) => void;
  /** Where the loans are kept over a restart; undefined where they are read from the log each time. */
  readonly snapshotFile?: string | undefined;
  /** A decision failed for something the node or the store said, and is taken anew. */
  readonly onFailed?: (error: Error) => void;
  /** Sockets that announce new blocks. */
  readonly links?: readonly SocketLink[];
}

/** How often at least the head is polled for while it is announced. */
const PUSHED_POLL_MS = 1_000;
const NOT_SERVED = "the node does not serve us";
const UNDECIDED = "a decision failed and is taken anew";
/** How far back the log is read again when the sums do not agree; after that, all of it. */
const SHORT_RESCAN_BLOCKS = 64;

/**
 * Watch, index, judge, plan, dispatch, account: one decision for each new head, the newest only. Nothing is assumed to have
 * happened until the chain says so; a decision that fails half-way is taken anew, and what it had sent by then is pending.
 */
export class Keeper {
  private readonly desks = new Map<number, FacilityDesk>();
  private readonly episodes: Episodes;
  private readonly book: LoanBook;
  private readonly indexer: Indexer;
  private readonly logs: CheckedLogs;
  private readonly snapshots?: Snapshots;
  private readonly survey: Survey;
  private readonly sender: Sender;
  private readonly decider: Decider;
  private readonly bookkeeper: Bookkeeper;
  private readonly board: Board;
  private readonly stream: BlockStream;
  private readonly stopping = new AbortController();

  private rescans = 0;
  private rescannedAt = -1;
  /** First block of which the log has more than was read. */
  private incompleteFrom: number | undefined;
  private broken: Error | undefined;
  private isTaking = false;

  constructor(private readonly deps: KeeperDeps) {
    const { config, deployment, liquidator, log, metrics, mode, node, operators, overseer, report } = deps;
    const { rollupFees, snapshotFile } = deps;
    const [operator] = operators;
    const { loanManager, termLoanManager, protectionOrders, fromBlock, uniswap } = deployment;
    const managers = [loanManager, termLoanManager];
    const addresses = protectionOrders === undefined ? managers : [...managers, protectionOrders];
    const { desks } = this;
    this.episodes = new Episodes(log, Date.now, overseer.alerts);
    const { episodes } = this;
    this.stream = this.openStream();

    this.book = new LoanBook(deployment);
    const { book } = this;
    const checks = { ...CHECKED_LOGS_DEFAULTS, rescanBlocks: config.rescanBlocks };
    this.logs = new CheckedLogs(node, new LogWatch(addresses, eventTopics()), addresses, checks);
    this.indexer = new Indexer(this.logs, book, {
      ...{ addresses, fromBlock, logRange: config.logRange },
      readSheet: async (pool, sheet, at) => readTermSheet(node, pool, sheet, at),
    });
    if (snapshotFile !== undefined) this.snapshots = new Snapshots(snapshotFile, deployment, log);
    this.survey = new Survey({ config, deployment, node, operator, book, desks, episodes, metrics, overseer });

    this.sender = deps.sender({ alarms: episodes, stillWanted: async (pending) => this.passes(pending) });
    const { sender } = this;
    const backoff = new Backoff();
    this.decider = new Decider({
      ...{ config, node, operator, liquidator, rollupFees, backoff, episodes, log },
      ...{ chainId: BigInt(deployment.chainId), quoter: uniswap?.quoter, dispatcher: sender },
    });
    this.bookkeeper = new Bookkeeper({
      ...{ node, rollupFees, operators, managers, liquidator, desks, sender, backoff, metrics, overseer, log, report },
      ...{ orders: protectionOrders, etherPrice: config.etherPrice },
      onNoted: (oracle, at) => this.decider.noted(oracle, at),
    });
    this.board = new Board({
      ...{ deployment, liquidator, operator, mode, book, desks, sender, episodes, metrics, overseer, log, report },
    });
  }

  // ---- the loop ----

  /** Runs until {@link stop}. Faults of the node and of the store are waited out; anything unforeseen ends the process. */
  async run(): Promise<void> {
    while (!(await this.served(async () => this.begin())) && !this.stopping.signal.aborted) {
      await sleep(1_000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
    this.stream.start();
    for await (const view of this.stream) {
      if (!(await this.served(async () => this.take(view)))) this.stream.again(view);
    }
    await this.sender.idle();
    if (this.broken !== undefined) throw this.broken;
    this.deps.report({ type: "stopped", pending: this.sender.pending.length });
  }

  /** Ends {@link run} after the decision that is being taken; what is pending stays so and is found again at the next start. */
  stop(): void {
    this.stopping.abort();
    this.sender.stop();
    this.stream.stop();
  }

  status(): StatusReport {
    return this.board.status(this.stream.head, this.bookkeeper.books, this.bookkeeper.waiting);
  }

  private async begin(): Promise<void> {
    await this.sender.start();
    await this.snapshots?.restore(this.book, this.indexer);
  }

  private openStream(): BlockStream {
    const { config, links = [], log, node, overseer } = this.deps;
    const { pollMs, regressPatienceMs, chainStallMs: stalledMs, pendingView } = config;
    const pushedPollMs = Math.max(pollMs, PUSHED_POLL_MS);
    const options = { pollMs, pushedPollMs, regressPatienceMs, stalledMs, pendingView };
    const stalled = "the chain stands still, though the node answers";
    const stream = new BlockStream(node, options, {
      polled: () => {
        const { head } = this.stream;
        if (head !== undefined) overseer.headSaid(head);
        // While a decision is being taken, only its end is progress.
        if (!this.isTaking) overseer.polled();
        this.episodes.end(NOT_SERVED);
      },
      fault: (error) => {
        if (!isPassing(error)) return this.fail(error);
        overseer.unserved(error);
        this.episodes.begin(NOT_SERVED, { why: error.message });
      },
      stalled: (head, ms) => this.episodes.begin(stalled, { block: head.number, ms }),
      moving: () => this.episodes.end(stalled),
    });
    announce(links, stream, (why) => log.debug({ why }, "new blocks are not announced any more"));
    return stream;
  }

  /** What nobody foresaw ends the process. */
  private fail(error: unknown): void {
    this.broken ??= error instanceof Error ? error : new Error(String(error));
    this.stop();
  }

  /** Runs `step`; a fault of the node or of the store ends it, and is logged once an episode. @returns whether it came to its end */
  private async served(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      this.episodes.end(UNDECIDED);
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.deps.metrics.failedDecisions.inc();
      this.deps.overseer.undecided(error);
      this.episodes.begin(UNDECIDED, { why: error.message });
      this.deps.onFailed?.(error);
      return false;
    }
  }

  // ---- one decision ----

  private async take({ kind, head }: View): Promise<void> {
    this.isTaking = true;
    try {
      if (kind === "pending") await this.foresee(head);
      else await this.decide(head);
    } finally {
      this.isTaking = false;
      this.deps.overseer.polled();
    }
  }

  private async decide(head: Head): Promise<void> {
    const { metrics, node, overseer } = this.deps;
    node.pin(head.number, head);
    this.logs.follow(head);
    metrics.headBlock.set(head.number);
    const done = metrics.decisionSeconds.startTimer();
    const trace = overseer.begin(head);
    try {
      overseer.enter("index");
      await this.index(head);
      trace.mark("indexed");
      // Before anything is booked: what a former life sent may be settled at once.
      await this.survey.openDesks();
      overseer.enter("settle");
      await this.bookkeeper.settle(head);
      // Not waited for: a lane that is slow to look after holds up only itself.
      this.sender.tend(head).catch((error: unknown) => this.fail(error));
      overseer.enter("judge");
      const facts = await this.factsOf(head);
      const judgements = scan(this.book, facts).judgements();
      trace.mark("judged");
      overseer.enter("plan and send");
      const errands = await this.survey.errands(head, facts);
      const decision = await this.decision({ head, facts, judgements, errands, trace });
      this.board.conclude(head, facts, judgements, decision);
      this.snapshots?.keep(this.book, head);
      this.rescanLater(head);
    } finally {
      done();
    }
  }

  /**
   * Judges and sends by the block being built, while the book stays at the newest: a loan the block itself changes is left to
   * the simulation, and a facility whose sums it changes to the block.
   */
  private async foresee(head: Head): Promise<void> {
    if (this.board.head?.hash !== head.parentHash) return;
    const { log, metrics, node, overseer } = this.deps;
    const trace = overseer.begin(head);
    node.pin(head.number, "pending");
    const facts = await this.survey.foresight(head);
    const judgements = scan(this.book, facts).judgements();
    trace.mark("judged");
    const decision = await this.decision({ head, facts, judgements, errands: [], trace });
    for (const { intent } of decision.sent) metrics.sent.inc({ kind: intent.kind });
    if (decision.sent.length === 0) return;
    log.info({ pendingBlock: head.number, sent: decision.sent.length }, "decided by the block being built");
  }

  private decision(
    input: Pick<DecisionInput, "head" | "facts" | "judgements" | "errands" | "trace">,
  ): Promise<Decision> {
    return this.decider.decide({
      ...input,
      desks: this.desks,
      halted: this.sender.halted(input.head.number),
      asMarked: (id) => judgeAsMarked(this.book, id, input.facts),
    });
  }

  private async factsOf(head: Head): ReturnType<Survey["facts"]> {
    try {
      const facts = await this.survey.facts(head);
      this.rescans = 0;
      return facts;
    } catch (error) {
      if (error instanceof Inconsistent) this.rescan(head);
      throw error;
    }
  }

  private rescan(head: Head): void {
    this.deps.metrics.rescans.inc();
    this.rescans += 1;
    this.indexer.rollBackTo(this.rescans === 1 ? head.number - SHORT_RESCAN_BLOCKS : -1);
  }

  /** Reads the newest blocks' logs once more now and then, beside the decisions; see {@link CheckedLogs.rescan}. */
  private rescanLater(head: Head): void {
    const { rescanBlocks } = this.deps.config;
    if (rescanBlocks === 0 || head.number - this.rescannedAt < rescanBlocks / 2) return;
    this.rescannedAt = head.number;
    void this.logs.rescan(head).then(
      (from) => {
        if (from === undefined) return;
        this.deps.log.warn({ from }, "the log has more than was read: it is read again");
        this.incompleteFrom = Math.min(from, this.incompleteFrom ?? from);
      },
      (error: unknown) => {
        if (!isPassing(error)) this.fail(error);
      },
    );
  }

  private async index(head: Head): Promise<void> {
    const { log, metrics } = this.deps;
    if (this.incompleteFrom !== undefined) {
      metrics.rescans.inc();
      this.indexer.rollBackTo(this.incompleteFrom - 1);
      this.incompleteFrom = undefined;
    }
    const { rolledBackTo } = await this.indexer.advanceTo(head);
    if (rolledBackTo === undefined) return;
    metrics.reorganisations.inc();
    log.warn({ to: rolledBackTo, head: head.number }, "blocks were taken back");
    this.bookkeeper.rolledBack(rolledBackTo);
  }

  private async passes({ intent: { to, data }, lane }: Pending): Promise<boolean> {
    try {
      await this.deps.node.call({ to, data, from: lane });
      return true;
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return false;
      throw error;
    }
  }
}

/** Faults of a node or of the store, which pass. */
function isPassing(error: unknown): error is Error {
  return isAnswerError(error) || error instanceof Inconsistent || error instanceof StoreFailed;
}
