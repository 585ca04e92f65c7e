import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEther, parseUnits, type Wallet } from "ethers";
import type { Logger } from "pino";
import type { Deployment } from "../sdk/client/deployment.js";
import { Accountant } from "./account/accountant.js";
import { Books, type Result } from "./account/books.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError, TransportError } from "./chain/rpcErrors.js";
import type { Config } from "./config/schema.js";
import { Decider, type Decision } from "./decision.js";
import { Backoff } from "./dispatch/backoff.js";
import { Dispatcher, type Pending, type SentMemory, type Settled } from "./dispatch/dispatcher.js";
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
import type { Health } from "./serve/http.js";
import type { Metrics } from "./serve/metrics.js";
import type { FacilityReport, LoanReport, ReportLine, StatusReport } from "./serve/status.js";
import { HeadFollower } from "./watch/heads.js";

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
}

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
  private readonly book: LoanBook;
  private readonly reader: FactsReader;
  private readonly orders?: OrderErrands;
  private readonly snapshots: Snapshots;
  private readonly books = new Books();
  private readonly desks = new Map<number, FacilityDesk>();
  private readonly backoff = new Backoff();
  private readonly episodes: Episodes;
  private readonly indexer: Indexer;
  private readonly dispatcher: Dispatcher;
  private readonly decider: Decider;
  private readonly accountant: Accountant;
  private readonly follower: HeadFollower;
  private readonly stopping = new AbortController();

  /** Settled, but not booked yet: booking asks the node, and may have to ask again. */
  private unbooked: Settled[] = [];
  private remembered: Settled[] = [];
  private decidedHead: Head | undefined;
  private facilityReports: readonly FacilityReport[] = [];
  private loanReports: readonly LoanReport[] = [];
  private withoutEffect = 0;
  private rescans = 0;
  private progressAt = Date.now();
  private workingSince: number | undefined;

  constructor(private readonly deps: KeeperDeps) {
    const { config, deployment, liquidator, log, memory, metrics, node, rollupFees, wallet } = deps;
    this.episodes = new Episodes(log);
    this.follower = new HeadFollower(config.regressPatienceMs);
    const managers = [deployment.loanManager, deployment.termLoanManager];
    const { protectionOrders } = deployment;
    const operator = wallet.address;
    this.book = new LoanBook(deployment);
    this.indexer = new Indexer(node, this.book, {
      addresses: protectionOrders === undefined ? managers : [...managers, protectionOrders],
      fromBlock: deployment.fromBlock,
      logRange: config.logRange,
      readSheet: async (pool, sheet, at) => readTermSheet(node, pool, sheet, at),
    });
    this.snapshots = new Snapshots(join(config.stateDir, "loans.snapshot"), deployment, log);
    this.reader = new FactsReader(node);
    if (protectionOrders !== undefined) this.orders = new OrderErrands(node, protectionOrders, operator);
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
    const { config } = this.deps;
    await this.retrying("start", async () => this.dispatcher.start());
    await this.retrying("start", async () => this.snapshots.restore(this.book, this.indexer));
    let target: Head | undefined;
    while (!this.stopping.signal.aborted) {
      await this.retrying("poll", async () => {
        const head = await this.deps.node.head();
        if (head === undefined) throw new Inconsistent("the node has no newest block");
        if (this.follower.observe(head) === "new") target = head;
        if (target !== undefined && target.hash !== this.decidedHead?.hash) await this.take(target);
        this.progressAt = Date.now();
      });
      await sleep(config.pollMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
    this.deps.report({ type: "stopped", pending: this.dispatcher.pending.length });
  }

  /** Ends {@link run} after the decision that is being taken; what is pending stays so and is found again at the next start. */
  stop(): void {
    this.stopping.abort();
  }

  /** Runs `step`; a fault of the node ends it and is logged once an episode. "start" is tried until it succeeds. */
  private async retrying(what: "start" | "poll", step: () => Promise<void>): Promise<void> {
    const trouble = "the node does not serve us";
    for (;;) {
      try {
        await step();
        this.episodes.end(trouble);
        return;
      } catch (error) {
        if (!isFaultOfNode(error)) throw error;
        this.deps.metrics.failedDecisions.inc();
        this.episodes.begin(trouble, { why: error.message });
        if (what === "poll" || this.stopping.signal.aborted) return;
        await sleep(1_000, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  // ---- one decision ----

  private async take(head: Head): Promise<void> {
    const { metrics } = this.deps;
    this.workingSince = Date.now();
    metrics.headBlock.set(head.number);
    const done = metrics.decisionSeconds.startTimer();
    try {
      await this.index(head);
      await this.settle(head);
      await this.dispatcher.tend(head);
      const facts = await this.facts(head);
      const judgements = scan(this.book, facts).judgements();
      const halted = this.halted;
      const errands = await this.errands(head, facts);
      const decision = await this.decider.decide({ head, facts, desks: this.desks, judgements, errands, halted });
      this.conclude(head, facts, judgements, decision);
      this.snapshots.keep(this.book, head);
    } finally {
      this.workingSince = undefined;
      done();
    }
  }

  private async index(head: Head): Promise<void> {
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

  private async facts(head: Head): Promise<Map<number, FacilityFacts>> {
    const { config, deployment, node } = this.deps;
    const facts = new Map<number, FacilityFacts>();
    for (const facility of this.book.facilities) {
      let desk = this.desks.get(facility.id);
      if (desk === undefined) {
        const { minProfit, routes } = config;
        desk = await openDesk(node, facility, { routes, minProfit, defaultFee: deployment.uniswap?.fee });
        this.desks.set(facility.id, desk);
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
    const { log, metrics, report } = this.deps;
    this.facilityReports = [...facts.values()].map((one) => describeFacility(one, this.book.sizeOf(one.facility.id)));
    const atRisk = [...judgements, ...watched(this.book, facts)];
    this.loanReports = atRisk.map((judgement) => describeLoan(judgement, decision));
    this.decidedHead = head;

    metrics.decidedBlock.set(head.number);
    metrics.loans.set(this.book.size);
    metrics.atRisk.set(atRisk.length);
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
      head: describeBlock(this.follower.head),
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
