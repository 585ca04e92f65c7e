import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseUnits, type Wallet } from "ethers";
import type { Logger } from "pino";
import type { Deployment } from "../sdk/client/deployment.js";
import { Accountant } from "./account/accountant.js";
import { Books, type Result } from "./account/books.js";
import { eventTopics } from "./chain/contracts.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError, TransportError } from "./chain/rpcErrors.js";
import type { SocketLink } from "./chain/socketLink.js";
import type { Config } from "./config/schema.js";
import { Decider } from "./decide/decider.js";
import type { Decision, Done } from "./decide/input.js";
import { Backoff } from "./dispatch/backoff.js";
import { Dispatcher, type Pending, type SentMemory, type Settled } from "./dispatch/dispatcher.js";
import type { Sender } from "./dispatch/sender.js";
import { Episodes } from "./episodes.js";
import { Inconsistent } from "./errors.js";
import { defaultMarks } from "./errand/defaults.js";
import type { Errand } from "./errand/errand.js";
import { lossMarks } from "./errand/lossMarks.js";
import { OrderErrands } from "./errand/orders.js";
import { Indexer } from "./index/indexer.js";
import { type BookFacility, LoanBook } from "./index/loanBook.js";
import { readTermSheet } from "./index/readTermSheet.js";
import { Snapshots } from "./index/snapshots.js";
import { FactsReader } from "./judge/facts.js";
import type { FacilityFacts, Judgement } from "./judge/judge.js";
import { scan } from "./judge/scan.js";
import { watched } from "./judge/watch.js";
import { etherPriceIn } from "./plan/etherPrice.js";
import type { RollupFeeOracle } from "./plan/rollupFees.js";
import { type FacilityDesk, openDesk } from "./plan/routes.js";
import {
  describeBlock,
  describeFacility,
  describePending,
  describeResult,
  describeTotals,
  loanText,
  wadText,
} from "./serve/describe.js";
import { noteOf } from "./serve/loanNotes.js";
import type { Metrics } from "./serve/metrics.js";
import type { Overseer } from "./serve/overseer.js";
import type { FacilityReport, LoanReport, Mode, ReportLine, StatusReport } from "./serve/status.js";
import { BlockStream, type View } from "./watch/blockStream.js";
import { LogWatch } from "./watch/bloom.js";
import { CHECKED_LOGS_DEFAULTS, CheckedLogs } from "./watch/checkedLogs.js";
import { announce } from "./watch/announce.js";

export interface KeeperDeps {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly liquidator: string;
  readonly node: Node;
  /** Account that liquidates. */
  readonly operator: string;
  /** Who sends: a key with a memory of what it sent, or one that sends nothing. */
  readonly sender: Sender | { readonly wallet: Wallet; readonly memory: SentMemory };
  readonly rollupFees: RollupFeeOracle;
  readonly metrics: Metrics;
  readonly overseer: Overseer;
  readonly mode: Mode;
  readonly log: Logger;
  readonly report: (line: ReportLine) => void;
  /** Sockets that announce new blocks. */
  readonly links?: readonly SocketLink[];
}

/** How often at least the head is polled for while it is announced. */
const PUSHED_POLL_MS = 1_000;

const NOT_SERVED = "the node does not serve us";
const UNDECIDED = "a decision failed and is taken anew";
/** How far back the log is read again when the sums do not agree; after that, all of it. */
const SHORT_RESCAN_BLOCKS = 64;
/** Results without effect in a row after which nothing is sent any more. */
const MOST_WITHOUT_EFFECT = 3;
const BAD_DEBT = "there are loans whose collateral covers less than their debt";
/** Settled transactions that a reorganisation could still reopen. */
const REMEMBERED_SETTLED = 256;

/**
 * Watch, index, judge, plan, dispatch, account: one decision for each new head, the newest only. Nothing is assumed to have
 * happened until the chain says so; a decision that fails half-way is taken anew, and what it had sent by then is pending.
 */
export class Keeper {
  private readonly book: LoanBook;
  private readonly reader: FactsReader;
  private readonly orders?: OrderErrands;
  private readonly snapshots: Snapshots;
  private readonly books = new Books();
  private readonly desks = new Map<number, FacilityDesk>();
  private readonly backoff = new Backoff();
  private readonly episodes: Episodes;
  private readonly indexer: Indexer;
  private readonly dispatcher: Sender;
  private readonly decider: Decider;
  private readonly accountant: Accountant;
  private readonly logs: CheckedLogs;
  private readonly stream: BlockStream;
  private readonly stopping = new AbortController();

  /** Settled, but not booked yet: booking asks the node, and may have to ask again. */
  private unbooked: Settled[] = [];
  private remembered: Settled[] = [];
  private decidedHead: Head | undefined;
  private facilityReports: readonly FacilityReport[] = [];
  private loanReports: readonly LoanReport[] = [];
  private withoutEffect = 0;
  private rescans = 0;
  /** The view being decided about. */
  private view: View | undefined;
  private rescannedAt = -1;
  /** First block of which the log has more than was read. */
  private incompleteFrom: number | undefined;
  private broken: Error | undefined;
  private isTaking = false;

  constructor(private readonly deps: KeeperDeps) {
    const { config, deployment, liquidator, log, node, operator, overseer, rollupFees } = deps;
    this.episodes = new Episodes(log);
    this.stream = this.openStream();
    const managers = [deployment.loanManager, deployment.termLoanManager];
    const { protectionOrders } = deployment;
    this.book = new LoanBook(deployment);
    const addresses = protectionOrders === undefined ? managers : [...managers, protectionOrders];
    const { rescanBlocks } = config;
    const checks = { ...CHECKED_LOGS_DEFAULTS, rescanBlocks };
    this.logs = new CheckedLogs(node, new LogWatch(addresses, eventTopics()), addresses, checks);
    this.indexer = new Indexer(this.logs, this.book, {
      addresses,
      fromBlock: deployment.fromBlock,
      logRange: config.logRange,
      readSheet: async (pool, sheet, at) => readTermSheet(node, pool, sheet, at),
    });
    this.snapshots = new Snapshots(join(config.stateDir, "loans.snapshot"), deployment, log);
    this.reader = new FactsReader(node);
    if (protectionOrders !== undefined) this.orders = new OrderErrands(node, protectionOrders, operator);
    const chainId = BigInt(deployment.chainId);
    this.dispatcher = "wallet" in deps.sender ? this.dispatcherOf(deps.sender) : deps.sender;
    this.decider = new Decider({
      config,
      node,
      operator,
      chainId,
      liquidator,
      quoter: deployment.uniswap?.quoter,
      dispatcher: this.dispatcher,
      rollupFees,
      backoff: this.backoff,
      episodes: this.episodes,
      log,
      onBalance: (wei) => overseer.balance(wei, operator),
    });
    this.accountant = new Accountant({
      node,
      rollupFees,
      operator,
      managers,
      orders: protectionOrders,
      liquidator,
      loanAssetOf: (facility) => this.desks.get(facility)?.loanAsset,
      etherPriceOf: async (facility, head) => this.etherPriceOf(facility, head),
    });
  }

  private dispatcherOf({ wallet, memory }: { wallet: Wallet; memory: SentMemory }): Dispatcher {
    const { config, deployment, log, node } = this.deps;
    return new Dispatcher(
      node,
      wallet,
      memory,
      {
        chainId: BigInt(deployment.chainId),
        priorityFee: BigInt(Math.round(Number(config.priorityFeeGwei) * 1e9)),
        feeBumpPercent: BigInt(config.feeBumpPercent),
        replaceAfterBlocks: config.replaceAfterBlocks,
        replaceAfterMs: config.replaceAfterMs,
        maxFeePerGas: ({ gasLimit, maxCostWei }) => maxCostWei / gasLimit,
        stillWanted: async ({ to, data }) => this.passes(to, data),
      },
      log,
    );
  }

  // ---- the loop ----

  /** Runs until {@link stop}. Faults of the node are waited out; anything unforeseen ends the process. */
  async run(): Promise<void> {
    while (!(await this.served(async () => this.begin())) && !this.stopping.signal.aborted) {
      await sleep(1_000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
    this.stream.start();
    for await (const view of this.stream) {
      if (!(await this.served(async () => this.take(view)))) this.stream.again(view);
    }
    if (this.broken !== undefined) throw this.broken;
    this.deps.report({ type: "stopped", pending: this.dispatcher.pending.length });
  }

  private async begin(): Promise<void> {
    await this.dispatcher.start();
    await this.snapshots.restore(this.book, this.indexer);
  }

  /** Ends {@link run} after the decision that is being taken; what is pending stays so and is found again at the next start. */
  stop(): void {
    this.stopping.abort();
    this.stream.stop();
  }

  private openStream(): BlockStream {
    const { config, links = [], log, node, overseer } = this.deps;
    const { pollMs, regressPatienceMs, chainStallMs: stalledMs, pendingView } = config;
    const options = {
      pollMs,
      pushedPollMs: Math.max(pollMs, PUSHED_POLL_MS),
      regressPatienceMs,
      stalledMs,
      pendingView,
    };
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
        if (!isFaultOfNode(error)) return this.fail(error);
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

  /** Runs `step`; a fault of the node ends it, and is logged once an episode. @returns whether it came to its end */
  private async served(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      this.episodes.end(UNDECIDED);
      return true;
    } catch (error) {
      if (!isFaultOfNode(error)) throw error;
      this.deps.metrics.failedDecisions.inc();
      this.deps.overseer.unserved(error);
      this.episodes.begin(UNDECIDED, { why: error.message });
      return false;
    }
  }

  // ---- one decision ----

  private async take(view: View): Promise<void> {
    this.view = view;
    this.isTaking = true;
    try {
      if (view.kind === "pending") await this.foresee(view.head);
      else await this.decide(view.head);
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
      overseer.enter("settle");
      await this.settle(head);
      await this.dispatcher.tend(head);
      overseer.enter("judge");
      const facts = await this.facts(head);
      const judgements = scan(this.book, facts).judgements();
      trace.mark("judged");
      const halted = this.halted;
      overseer.enter("plan and send");
      const errands = await this.errands(head, facts);
      const asMarked = (id: bigint): Judgement | undefined => judgeAsMarked(this.book, id, facts);
      const decision = await this.decider.decide({
        head,
        facts,
        desks: this.desks,
        judgements,
        errands,
        halted,
        trace,
        asMarked,
      });
      this.conclude(head, facts, judgements, decision);
      this.snapshots.keep(this.book, head);
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
    if (this.decidedHead?.hash !== head.parentHash) return;
    const trace = this.deps.overseer.begin(head);
    this.deps.node.pin(head.number, "pending");
    const facts = await this.facts(head);
    const judgements = scan(this.book, facts).judgements();
    trace.mark("judged");
    const { desks, halted } = this;
    const asMarked = (id: bigint): Judgement | undefined => judgeAsMarked(this.book, id, facts);
    const decision = await this.decider.decide({ head, facts, desks, judgements, errands: [], halted, trace, asMarked });
    for (const { intent } of decision.sent) this.deps.metrics.sent.inc({ kind: intent.kind });
    if (decision.sent.length === 0) return;
    this.deps.log.info({ pendingBlock: head.number, sent: decision.sent.length }, "decided by the block being built");
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
        if (!isFaultOfNode(error)) this.fail(error);
      },
    );
  }

  private async index(head: Head): Promise<void> {
    if (this.incompleteFrom !== undefined) {
      this.deps.metrics.rescans.inc();
      this.indexer.rollBackTo(this.incompleteFrom - 1);
      this.incompleteFrom = undefined;
    }
    const { rolledBackTo } = await this.indexer.advanceTo(head);
    if (rolledBackTo === undefined) return;
    this.deps.metrics.reorganisations.inc();
    this.deps.log.warn({ to: rolledBackTo, head: head.number }, "blocks were taken back");
    const reopened = this.remembered.filter((one) => blockOf(one) > rolledBackTo);
    this.remembered = this.remembered.filter((one) => blockOf(one) <= rolledBackTo);
    this.unbooked = this.unbooked.filter((one) => !reopened.includes(one));
    this.dispatcher.reopen(reopened);
    this.books.removeAfter(rolledBackTo);
    this.deps.overseer.rolledBackTo(rolledBackTo);
  }

  private async settle(head: Head): Promise<void> {
    const settled = await this.dispatcher.collect(head);
    this.unbooked.push(...settled);
    this.remembered = [...this.remembered, ...settled].slice(-REMEMBERED_SETTLED);
    if (this.unbooked.length === 0) return;
    const results = await this.accountant.book(this.unbooked, head);
    this.unbooked = [];
    for (const result of results) this.enter(result, head);
    this.deps.overseer.booked(results, this.books.fees);
  }

  private enter(result: Result, head: Head): void {
    const { log, metrics, report } = this.deps;
    this.books.add(result);
    const { kind, outcome, subject } = result;
    metrics.settled.inc({ kind, outcome });
    if (outcome === "done") {
      this.withoutEffect = 0;
      this.backoff.clear(subject);
      if (kind === "note") this.decider.noted(subject, head.timestamp);
    }
    if (outcome === "no-effect") this.withoutEffect += 1;
    if (outcome === "reverted" || outcome === "market-moved") this.backoff.fail(subject, head.number);
    const desk = this.desks.get(result.facility);
    const totals = desk && this.books.assets.get(desk.loanAsset);
    if (desk !== undefined && totals !== undefined) {
      const net = Number(totals.grossProfit - totals.fees) / 10 ** desk.loanDecimals;
      metrics.profit.set({ asset: desk.loanSymbol }, net);
    }
    const described = describeResult(result);
    log[outcome === "done" || outcome === "cancelled" ? "info" : "warn"](described, `${kind} ${outcome}`);
    report({ type: "settled", ...described });
  }

  private async facts(head: Head): Promise<Map<number, FacilityFacts>> {
    const { config, deployment, node } = this.deps;
    const facts = new Map<number, FacilityFacts>();
    for (const facility of this.book.facilities) {
      let desk = this.desks.get(facility.id);
      if (desk === undefined) {
        const { feeTiers, minProfit, routes } = config;
        desk = await openDesk(node, facility, { routes, feeTiers, minProfit, uniswap: deployment.uniswap });
        this.desks.set(facility.id, desk);
        const { loanAsset, loanSymbol: symbol, loanDecimals: decimals } = desk;
        this.deps.overseer.knows(facility.id, loanAsset, { symbol, decimals });
      }
      const one = await this.factsOf(facility, head);
      facts.set(facility.id, one);
      this.deps.metrics.priceAvailable.set({ facility: facility.id }, one.price.kind === "price" ? 1 : 0);
      const refusal = `the oracle of facility ${facility.id} gives no price of liquidation`;
      if (one.price.kind === "price") this.episodes.end(refusal);
      else this.episodes.begin(refusal, one.price);
    }
    this.rescans = 0;
    return facts;
  }

  private async factsOf(facility: BookFacility, head: Head): Promise<FacilityFacts> {
    const { facts, missing } = await this.reader.read(this.book, facility, head);
    if (missing === undefined) return facts;
    this.rescan(head);
    throw new Inconsistent(missing);
  }

  private rescan(head: Head): void {
    // The sums of a block being built may differ for good reason.
    if (this.view?.kind === "pending") return;
    this.deps.metrics.rescans.inc();
    this.rescans += 1;
    this.indexer.rollBackTo(this.rescans === 1 ? head.number - SHORT_RESCAN_BLOCKS : -1);
  }

  private async errands(head: Head, facts: ReadonlyMap<number, FacilityFacts>): Promise<Errand[]> {
    const { config, deployment } = this.deps;
    const errands: Errand[] = [];
    const marksLosses = Number(config.markLossesFrom) > 0;
    for (const one of facts.values()) {
      const { id } = one.facility;
      const [table, term] = [this.book.tables.get(id), this.book.termTable(id)];
      if (term !== undefined) errands.push(...defaultMarks(term, one, deployment.termLoanManager));
      const desk = this.desks.get(id);
      if (!marksLosses || desk === undefined || table === undefined) continue;
      const manager = term === undefined ? deployment.loanManager : deployment.termLoanManager;
      const least = parseUnits(config.markLossesFrom, desk.loanDecimals);
      errands.push(...lossMarks(this.book, table, manager, one, least));
    }
    return this.orders === undefined ? errands : [...errands, ...(await this.orders.due(this.book, facts, head))];
  }

  private conclude(
    head: Head,
    facts: ReadonlyMap<number, FacilityFacts>,
    judgements: readonly Judgement[],
    decision: Decision,
  ): void {
    const { log, metrics, mode, overseer, report } = this.deps;
    this.facilityReports = [...facts.values()].map((one) => {
      const { id } = one.facility;
      return describeFacility(one, this.desks.get(id), this.book.sizeOf(id));
    });
    const atRisk = [...judgements, ...watched(this.book, facts)];
    const done = atRisk.map((judgement) => doneAbout(judgement, decision, mode));
    this.loanReports = atRisk.map((judgement, index) => describeLoan(judgement, done[index] ?? NOTHING));
    const notes = atRisk.map((judgement, index) => noteOf(judgement, done[index] ?? NOTHING));
    overseer.decided(head, notes, this.halted, this.withoutEffect);
    this.decidedHead = head;

    metrics.decidedBlock.set(head.number);
    metrics.loans.set(this.book.size);
    metrics.atRisk.set(atRisk.length);
    metrics.pending.set(this.dispatcher.pending.length);
    metrics.halted.set(this.halted === "" ? 0 : 1);
    for (const { intent } of decision.sent) metrics.sent.inc({ kind: intent.kind });
    const actions = this.loanReports.filter(({ action }) => action !== "watch");
    const sent = decision.sent.map((pending: Pending) => describePending(pending));
    const { badDebts } = decision;
    if (badDebts.length > 0) this.episodes.begin(BAD_DEBT, { badDebts });
    else this.episodes.end(BAD_DEBT);
    const level = sent.length > 0 ? "info" : "debug";
    log[level]({ block: head.number, loans: this.book.size, actions, sent: sent.length }, "decided");
    report({
      type: "decided",
      block: head.number,
      hash: head.hash,
      timestamp: Number(head.timestamp),
      loans: this.book.size,
      pending: this.dispatcher.pending.length,
      facilities: this.facilityReports,
      actions,
      sent,
    });
  }

  // ---- what others ask ----

  status(): StatusReport {
    const { deployment, liquidator, mode, operator, overseer } = this.deps;
    return {
      mode,
      startedAt: overseer.startedAt,
      network: deployment.network,
      chainId: deployment.chainId,
      operator,
      liquidator,
      decided: describeBlock(this.decidedHead),
      head: describeBlock(this.stream.head),
      pending: this.dispatcher.pending.length + this.unbooked.length,
      pendingTransactions: this.dispatcher.pending.map(describePending),
      halted: this.halted,
      loans: this.book.size,
      facilities: this.facilityReports,
      atRisk: this.loanReports,
      totals: describeTotals(this.books),
      results: this.books.results.slice(-50).map(describeResult),
      leadership: overseer.leadership(),
      endpoints: overseer.endpoints(),
      alerts: overseer.alerts.running,
      profitByDay: overseer.profitByDay(),
      health: overseer.health(),
      ready: overseer.ready(),
    };
  }

  private get halted(): string {
    if (this.withoutEffect >= MOST_WITHOUT_EFFECT) {
      return `${this.withoutEffect} transactions in a row succeeded without effect: nothing is sent until a restart`;
    }
    if (this.dispatcher.blockedByStrangers) return "waiting for transactions of this key that this keeper did not send";
    return "";
  }

  private async passes(to: string, data: string): Promise<boolean> {
    try {
      await this.deps.node.call({ to, data, from: this.deps.operator });
      return true;
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return false;
      throw error;
    }
  }

  private async etherPriceOf(facility: number, head: Head): Promise<bigint | undefined> {
    const desk = this.desks.get(facility);
    if (desk === undefined) return undefined;
    try {
      return await etherPriceIn(desk.loanDecimals, this.deps.config.etherPrice, this.deps.node, head);
    } catch (error) {
      if (error instanceof TransportError) throw error;
      return undefined;
    }
  }
}

function isFaultOfNode(error: unknown): error is Error {
  return error instanceof TransportError || error instanceof RpcError || error instanceof Inconsistent;
}

function blockOf(settled: Settled): number {
  return settled.kind === "mined" ? settled.receipt.blockNumber : -1;
}

const NOTHING: Done = { action: "watch", reason: "" };

function doneAbout({ loan, healthWad, verdict }: Judgement, { actions }: Decision, mode: Mode): Done {
  const health = healthWad === undefined ? "unknown" : wadText(healthWad);
  const reason = verdict.kind === "unpriced" ? verdict.why : `health ${health}`;
  const done = actions.get(loan.id) ?? { action: "watch" as const, reason };
  return done.action === "sent" && mode === "monitor" ? { ...done, action: "would-send" } : done;
}

function describeLoan({ loan, debt, healthWad }: Judgement, done: Done): LoanReport {
  return {
    loan: loanText(loan.id),
    facility: loan.facility,
    debt: debt.toString(),
    collateral: loan.collateral.toString(),
    health: healthWad === undefined ? null : wadText(healthWad),
    action: done.action,
    reason: done.reason,
  };
}
