import { setTimeout as sleep } from "node:timers/promises";
import { parseEther, parseUnits, type Wallet } from "ethers";
import type { Logger } from "pino";
import { type Deployment, FIRST_FACILITY } from "../sdk/client/deployment.js";
import { Accountant } from "./account/accountant.js";
import { Books, type Result } from "./account/books.js";
import { eventTopics } from "./chain/contracts.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError, TransportError } from "./chain/rpcErrors.js";
import type { SocketLink } from "./chain/socketLink.js";
import type { Config } from "./config/schema.js";
import { Decider, type Decision } from "./decision.js";
import { Backoff } from "./dispatch/backoff.js";
import { Dispatcher, type Pending, type SentMemory, type Settled } from "./dispatch/dispatcher.js";
import { Episodes } from "./episodes.js";
import { Inconsistent } from "./errors.js";
import { defaultMarks } from "./errand/defaults.js";
import type { Errand } from "./errand/errand.js";
import { lossMarks } from "./errand/lossMarks.js";
import { dueOrders } from "./errand/orders.js";
import { Indexer } from "./index/indexer.js";
import { type BookFacility, LoanBook } from "./index/loanBook.js";
import { type FacilityFacts, type Judgement, isAtRisk, judge } from "./judge/judge.js";
import { readFacts, readTermFacts } from "./judge/facts.js";
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
import type { Health } from "./serve/http.js";
import type { Metrics } from "./serve/metrics.js";
import type { FacilityReport, LoanReport, ReportLine, StatusReport } from "./serve/status.js";
import { BlockStream, type View } from "./watch/blockStream.js";
import { LogWatch } from "./watch/bloom.js";
import { CHECKED_LOGS_DEFAULTS, CheckedLogs } from "./watch/checkedLogs.js";
import { announce } from "./watch/announce.js";

export interface KeeperDeps {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly liquidator: string;
  readonly node: Node;
  readonly wallet: Wallet;
  readonly memory: SentMemory;
  readonly rollupFees: RollupFeeOracle;
  readonly metrics: Metrics;
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
/** Settled transactions that a reorganisation could still reopen. */
const REMEMBERED_SETTLED = 256;

/**
 * Watch, index, judge, plan, dispatch, account: one decision for each new head, the newest only. Nothing is assumed to have
 * happened until the chain says so; a decision that fails half-way is taken anew, and what it had sent by then is pending.
 */
export class Keeper {
  private readonly book = new LoanBook();
  private readonly books = new Books();
  private readonly desks = new Map<number, FacilityDesk>();
  private readonly backoff = new Backoff();
  private readonly episodes: Episodes;
  private readonly indexer: Indexer;
  private readonly dispatcher: Dispatcher;
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
  private progressAt = Date.now();
  private workingSince: number | undefined;
  private broken: Error | undefined;

  constructor(private readonly deps: KeeperDeps) {
    const { config, deployment, liquidator, log, memory, metrics, node, rollupFees, wallet } = deps;
    this.episodes = new Episodes(log);
    this.stream = this.openStream();
    const managers = [deployment.loanManager, deployment.termLoanManager];
    const { protectionOrders } = deployment;
    const addresses = protectionOrders === undefined ? managers : [...managers, protectionOrders];
    const { rescanBlocks } = config;
    const checks = { ...CHECKED_LOGS_DEFAULTS, rescanBlocks };
    this.logs = new CheckedLogs(node, new LogWatch(addresses, eventTopics()), addresses, checks);
    this.indexer = new Indexer(this.logs, this.book, {
      addresses,
      fromBlock: deployment.fromBlock,
      logRange: config.logRange,
    });
    const operator = wallet.address;
    const chainId = BigInt(deployment.chainId);
    const budget = parseEther(config.maxFeeEther);
    this.dispatcher = new Dispatcher(
      node,
      wallet,
      memory,
      {
        chainId,
        priorityFee: BigInt(Math.round(Number(config.priorityFeeGwei) * 1e9)),
        feeBumpPercent: BigInt(config.feeBumpPercent),
        replaceAfterBlocks: config.replaceAfterBlocks,
        replaceAfterMs: config.replaceAfterMs,
        maxFeePerGas: ({ gasLimit }) => budget / gasLimit,
        stillWanted: async ({ to, data }) => this.passes(to, data),
      },
      log,
    );
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
      onBalance: (wei) => metrics.balanceEther.set(Number(wei) / 1e18),
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

  // ---- the loop ----

  /** Runs until {@link stop}. Faults of the node are waited out; anything unforeseen ends the process. */
  async run(): Promise<void> {
    while (!(await this.served(async () => this.dispatcher.start())) && !this.stopping.signal.aborted) {
      await sleep(1_000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
    this.stream.start();
    for await (const view of this.stream) {
      if (!(await this.served(async () => this.take(view)))) this.stream.again(view);
    }
    if (this.broken !== undefined) throw this.broken;
    this.deps.report({ type: "stopped", pending: this.dispatcher.pending.length });
  }

  /** Ends {@link run} after the decision that is being taken; what is pending stays so and is found again at the next start. */
  stop(): void {
    this.stopping.abort();
    this.stream.stop();
  }

  private openStream(): BlockStream {
    const { config, links = [], log, node } = this.deps;
    const { pollMs, regressPatienceMs, stalledChainMs: stalledMs, pendingView } = config;
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
        this.progressAt = Date.now();
        this.episodes.end(NOT_SERVED);
      },
      fault: (error) => {
        if (isFaultOfNode(error)) this.episodes.begin(NOT_SERVED, { why: error.message });
        else this.fail(error);
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
      this.episodes.begin(UNDECIDED, { why: error.message });
      return false;
    }
  }

  // ---- one decision ----

  private async take(view: View): Promise<void> {
    const { head, kind } = view;
    const { metrics, node } = this.deps;
    this.view = view;
    this.workingSince = Date.now();
    if (kind === "pending") return this.foresee(head);
    node.pin(head.number, head);
    this.logs.follow(head);
    metrics.headBlock.set(head.number);
    const done = metrics.decisionSeconds.startTimer();
    try {
      await this.index(head);
      await this.settle(head);
      await this.dispatcher.tend(head);
      const facts = await this.facts(head);
      const judgements = this.judgeAll(facts);
      const halted = this.halted;
      const errands = await this.errands(head, facts);
      const decision = await this.decider.decide({ head, facts, desks: this.desks, judgements, errands, halted });
      this.conclude(head, facts, judgements, decision);
      this.rescanLater(head);
    } finally {
      this.workingSince = undefined;
      done();
    }
  }

  /**
   * Judges and sends by the block being built, while the book stays at the newest: a loan the block itself changes is left to
   * the simulation, and a facility whose sums it changes to the block.
   */
  private async foresee(head: Head): Promise<void> {
    try {
      if (this.decidedHead?.hash !== head.parentHash) return;
      this.deps.node.pin(head.number, "pending");
      const facts = await this.facts(head);
      const judgements = this.judgeAll(facts);
      const { desks, halted } = this;
      const decision = await this.decider.decide({ head, facts, desks, judgements, errands: [], halted });
      for (const { intent } of decision.sent) this.deps.metrics.sent.inc({ kind: intent.kind });
      if (decision.sent.length === 0) return;
      this.deps.log.info({ pendingBlock: head.number, sent: decision.sent.length }, "decided by the block being built");
    } finally {
      this.workingSince = undefined;
    }
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
  }

  private async settle(head: Head): Promise<void> {
    const settled = await this.dispatcher.collect(head);
    this.unbooked.push(...settled);
    this.remembered = [...this.remembered, ...settled].slice(-REMEMBERED_SETTLED);
    if (this.unbooked.length === 0) return;
    const results = await this.accountant.book(this.unbooked, head);
    this.unbooked = [];
    for (const result of results) this.enter(result, head);
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

  /** Of all facilities at once, so that their reads share a round trip. */
  private async facts(head: Head): Promise<Map<number, FacilityFacts>> {
    const facilities = [...this.book.facilities];
    const answers = await Promise.allSettled(facilities.map(async (facility) => this.factsOf(facility, head)));
    const failed = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
    const missing = failed.find((error) => error instanceof Inconsistent);
    if (missing !== undefined) this.rescan(head);
    if (failed.length > 0) throw missing ?? failed[0];
    const facts = new Map<number, FacilityFacts>();
    for (const answer of answers) {
      if (answer.status === "rejected") continue;
      const one = answer.value;
      const { id } = one.facility;
      facts.set(id, one);
      this.deps.metrics.priceAvailable.set({ facility: id }, one.price.kind === "price" ? 1 : 0);
      const refusal = `the oracle of facility ${id} gives no price of liquidation`;
      if (one.price.kind === "price") this.episodes.end(refusal);
      else this.episodes.begin(refusal, one.price);
    }
    this.rescans = 0;
    return facts;
  }

  /** @throws Inconsistent where the book does not agree with the chain: logs are missing */
  private async factsOf(facility: BookFacility, head: Head): Promise<FacilityFacts> {
    const { config, deployment, node } = this.deps;
    let desk = this.desks.get(facility.id);
    if (desk === undefined) {
      const { minProfit, routes } = config;
      desk = await openDesk(node, facility, { routes, minProfit, defaultFee: deployment.uniswap?.fee });
      this.desks.set(facility.id, desk);
    }
    if (facility.id >= FIRST_FACILITY.term) {
      const loans = [...this.book.loans].filter((loan) => loan.facility === facility.id);
      return readTermFacts(node, deployment.termLens, facility, loans, head);
    }
    const facts = await readFacts(node, facility, desk.fixedRate, head);
    this.requireComplete(facility.id, facts.debtShares, head);
    return facts;
  }

  /** DEBT-2 as a checksum: every loan's shares add up to the pool's total, or a log is missing. */
  private requireComplete(facility: number, poolShares: bigint, head: Head): void {
    const ours = this.book.debtShares(facility);
    if (ours === poolShares) return;
    throw new Inconsistent(
      `the loans of facility ${facility} add up to ${ours} debt shares and the pool has ${poolShares} at block ${head.number}: logs are missing and are read again`,
    );
  }

  private rescan(head: Head): void {
    // The sums of a block being built may differ for good reason.
    if (this.view?.kind === "pending") return;
    this.deps.metrics.rescans.inc();
    this.rescans += 1;
    this.indexer.rollBackTo(this.rescans === 1 ? head.number - SHORT_RESCAN_BLOCKS : -1);
  }

  private async errands(head: Head, facts: ReadonlyMap<number, FacilityFacts>): Promise<Errand[]> {
    const { config, deployment, node, wallet } = this.deps;
    const errands: Errand[] = [];
    const marksLosses = Number(config.markLossesFrom) > 0;
    for (const one of facts.values()) {
      const { id } = one.facility;
      errands.push(...defaultMarks(this.book.loans, one, deployment.termLoanManager));
      const desk = this.desks.get(id);
      if (!marksLosses || desk === undefined) continue;
      const manager = id < FIRST_FACILITY.term ? deployment.loanManager : deployment.termLoanManager;
      const least = parseUnits(config.markLossesFrom, desk.loanDecimals);
      errands.push(...(await lossMarks(node, manager, this.book.loans, one, least, head)));
    }
    const { protectionOrders } = deployment;
    if (protectionOrders === undefined) return errands;
    return [...errands, ...(await dueOrders(node, protectionOrders, wallet.address, this.book, facts, head))];
  }

  private judgeAll(facts: ReadonlyMap<number, FacilityFacts>): Judgement[] {
    const judgements: Judgement[] = [];
    for (const loan of this.book.loans) {
      const known = facts.get(loan.facility);
      if (known === undefined) continue;
      const judgement = judge(loan, known);
      if (isAtRisk(judgement)) judgements.push(judgement);
    }
    return judgements;
  }

  private conclude(
    head: Head,
    facts: ReadonlyMap<number, FacilityFacts>,
    judgements: readonly Judgement[],
    decision: Decision,
  ): void {
    const { log, metrics, report } = this.deps;
    const counts = new Map<number, number>();
    for (const { facility } of this.book.loans) counts.set(facility, (counts.get(facility) ?? 0) + 1);
    this.facilityReports = [...facts.values()].map((one) => describeFacility(one, counts.get(one.facility.id) ?? 0));
    this.loanReports = judgements.map((judgement) => describeLoan(judgement, decision));
    this.decidedHead = head;

    metrics.decidedBlock.set(head.number);
    metrics.loans.set(this.book.size);
    metrics.atRisk.set(judgements.length);
    metrics.pending.set(this.dispatcher.pending.length);
    metrics.halted.set(this.halted === "" ? 0 : 1);
    for (const { intent } of decision.sent) metrics.sent.inc({ kind: intent.kind });
    const actions = this.loanReports.filter(({ action }) => action !== "watch");
    const sent = decision.sent.map((pending: Pending) => describePending(pending));
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

  health(): Health {
    const { stallMs } = this.deps.config;
    if (this.halted !== "") return { ok: false, reason: this.halted };
    const since = this.workingSince ?? this.progressAt;
    const idle = Date.now() - Math.min(since, this.progressAt);
    if (idle > stallMs) return { ok: false, reason: `no progress for ${idle} ms; at most ${stallMs} are allowed` };
    if (this.decidedHead === undefined) return { ok: false, reason: "no block is decided yet" };
    return { ok: true, reason: `block ${this.decidedHead.number} is decided` };
  }

  status(): StatusReport {
    const { deployment, liquidator, wallet } = this.deps;
    return {
      chainId: deployment.chainId,
      operator: wallet.address,
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
      await this.deps.node.call({ to, data, from: this.deps.wallet.address });
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

function describeLoan(judgement: Judgement, { actions }: Decision): LoanReport {
  const { loan, debt, healthWad, verdict } = judgement;
  const health = healthWad === undefined ? null : wadText(healthWad);
  const done = actions.get(loan.id) ?? {
    action: "watch" as const,
    reason: verdict.kind === "unpriced" ? verdict.why : `health ${health ?? "unknown"}`,
  };
  return {
    loan: loanText(loan.id),
    facility: loan.facility,
    debt: debt.toString(),
    collateral: loan.collateral.toString(),
    health,
    ...done,
  };
}
