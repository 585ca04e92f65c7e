import { setTimeout as sleep } from "node:timers/promises";
import { parseEther, parseUnits } from "ethers";
import type { Logger } from "pino";
import { type Deployment, FIRST_FACILITY } from "../sdk/client/deployment.js";
import { Accountant } from "./account/accountant.js";
import { Books, type Result } from "./account/books.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError, TransportError } from "./chain/rpcErrors.js";
import type { Config } from "./config/schema.js";
import { Decider, type Decision } from "./decision.js";
import { Backoff } from "./dispatch/backoff.js";
import type { Pending, Settled } from "./dispatch/pending.js";
import type { Intent } from "./dispatch/intent.js";
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
import type { Signer } from "./keys/signer.js";
import type { Leadership } from "./lead/leadership.js";
import { ShardedDispatcher } from "./lead/shardedDispatcher.js";
import type { Shards } from "./lead/shards.js";
import type { Journal } from "./store/store.js";
import type { FacilityReport, LoanReport, ReportLine, StatusReport } from "./serve/status.js";
import { HeadFollower } from "./watch/heads.js";

export interface KeeperDeps {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly liquidator: string;
  readonly node: Node;
  /** One lane each. */
  readonly signers: readonly [Signer, ...Signer[]];
  readonly journal: Journal;
  readonly leadership: Leadership;
  readonly shards: Shards;
  readonly rollupFees: RollupFeeOracle;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly report: (line: ReportLine) => void;
}

/** How far back the log is read again when the sums do not agree; after that, all of it. */
const SHORT_RESCAN_BLOCKS = 64;

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
  private readonly dispatcher: ShardedDispatcher;
  private readonly decider: Decider;
  private readonly accountants: ReadonlyMap<string, Accountant>;
  private readonly follower: HeadFollower;
  private readonly stopping = new AbortController();

  /** Settled, but not booked yet: booking asks the node, and may have to ask again. */
  private unbooked: Settled[] = [];
  private decidedHead: Head | undefined;
  private facilityReports: readonly FacilityReport[] = [];
  private loanReports: readonly LoanReport[] = [];
  private rescans = 0;
  private progressAt = Date.now();
  private workingSince: number | undefined;

  constructor(private readonly deps: KeeperDeps) {
    const { config, deployment, journal, leadership, liquidator, log, metrics, node, rollupFees, shards, signers } =
      deps;
    this.episodes = new Episodes(log);
    this.follower = new HeadFollower(config.regressPatienceMs);
    const managers = [deployment.loanManager, deployment.termLoanManager];
    const { protectionOrders } = deployment;
    this.indexer = new Indexer(node, this.book, {
      addresses: protectionOrders === undefined ? managers : [...managers, protectionOrders],
      fromBlock: deployment.fromBlock,
      logRange: config.logRange,
    });
    const operator = signers[0].address;
    const chainId = BigInt(deployment.chainId);
    const dispatch = {
      ...{ node, signers, journal, rollupFees, log, alarms: this.episodes },
      contracts: { managers, liquidator, orders: protectionOrders },
      options: {
        chainId,
        priorityFee: BigInt(Math.round(Number(config.priorityFeeGwei) * 1e9)),
        feeBumpPercent: BigInt(config.feeBumpPercent),
        replaceAfterBlocks: config.replaceAfterBlocks,
        replaceAfterMs: config.replaceAfterMs,
        confirmations: config.confirmations,
        cancelCostWei: parseEther(config.maxFeeEther),
      },
      stillWanted: async ({ intent, lane }: Pending) => this.passes(intent, lane),
    };
    this.dispatcher = new ShardedDispatcher(dispatch, shards, (shard) => leadership.fence(shard));
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
    const bookkeeping = {
      ...{ node, rollupFees, managers, liquidator, orders: protectionOrders },
      loanAssetOf: (facility: number) => this.desks.get(facility)?.loanAsset,
      etherPriceOf: async (facility: number, head: Head) => this.etherPriceOf(facility, head),
    };
    this.accountants = new Map(
      signers.map(({ address }) => [address.toLowerCase(), new Accountant({ ...bookkeeping, operator: address })]),
    );
  }

  // ---- the loop ----

  /** Runs until {@link stop}. Faults of the node are waited out; anything unforeseen ends the process. */
  async run(): Promise<void> {
    const { config } = this.deps;
    await this.retrying("start", async () => this.dispatcher.start());
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
    await this.dispatcher.idle();
    this.deps.report({ type: "stopped", pending: this.dispatcher.pending.length });
  }

  /** Ends {@link run} after the decision that is being taken; what is pending stays so and is found again at the next start. */
  stop(): void {
    this.stopping.abort();
    this.dispatcher.stop();
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
      // Not waited for: a lane that is slow to look after holds up only itself.
      void this.dispatcher.tend(head);
      const facts = await this.facts(head);
      const judgements = this.judgeAll(facts);
      const halted = this.halted;
      const errands = await this.errands(head, facts);
      const decision = await this.decider.decide({ head, facts, desks: this.desks, judgements, errands, halted });
      this.conclude(head, facts, judgements, decision);
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
    this.unbooked = this.unbooked.filter((one) => blockOf(one) <= rolledBackTo);
    this.dispatcher.rolledBack(rolledBackTo);
    this.books.removeAfter(rolledBackTo);
  }

  private async settle(head: Head): Promise<void> {
    this.unbooked.push(...(await this.dispatcher.collect(head)));
    for (const [lane, accountant] of this.accountants) {
      const ofLane = this.unbooked.filter(({ pending }) => pending.lane === lane);
      if (ofLane.length === 0) continue;
      const results = await accountant.book(ofLane, head);
      this.unbooked = this.unbooked.filter((one) => !ofLane.includes(one));
      for (const [index, result] of results.entries()) this.enter(result, ofLane[index]?.pending, head);
    }
  }

  private enter(result: Result, pending: Pending | undefined, head: Head): void {
    const { log, metrics, report } = this.deps;
    this.books.add(result);
    const { kind, outcome, subject } = result;
    metrics.settled.inc({ kind, outcome });
    if (pending !== undefined) this.dispatcher.breaker.record(pending.intent, outcome, result.why, head.number);
    if (outcome === "done") {
      this.backoff.clear(subject);
      if (kind === "note") this.decider.noted(subject, head.timestamp);
    }
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
      const one = await this.factsOf(facility, desk.fixedRate, head);
      facts.set(facility.id, one);
      this.deps.metrics.priceAvailable.set({ facility: facility.id }, one.price.kind === "price" ? 1 : 0);
      const refusal = `the oracle of facility ${facility.id} gives no price of liquidation`;
      if (one.price.kind === "price") this.episodes.end(refusal);
      else this.episodes.begin(refusal, one.price);
    }
    this.rescans = 0;
    return facts;
  }

  private async factsOf(facility: BookFacility, fixedRate: bigint, head: Head): Promise<FacilityFacts> {
    const { deployment, node } = this.deps;
    if (facility.id < FIRST_FACILITY.term) {
      const facts = await readFacts(node, facility, fixedRate, head);
      this.requireComplete(facility.id, facts.debtShares, head);
      return facts;
    }
    const loans = [...this.book.loans].filter((loan) => loan.facility === facility.id);
    try {
      return await readTermFacts(node, deployment.termLens, facility, loans, head);
    } catch (error) {
      if (error instanceof Inconsistent) this.rescan(head);
      throw error;
    }
  }

  /** DEBT-2 as a checksum: every loan's shares add up to the pool's total, or a log is missing. */
  private requireComplete(facility: number, poolShares: bigint, head: Head): void {
    const ours = this.book.debtShares(facility);
    if (ours === poolShares) return;
    this.rescan(head);
    throw new Inconsistent(
      `the loans of facility ${facility} add up to ${ours} debt shares and the pool has ${poolShares} at block ${head.number}: logs are missing and are read again`,
    );
  }

  private rescan(head: Head): void {
    this.deps.metrics.rescans.inc();
    this.rescans += 1;
    this.indexer.rollBackTo(this.rescans === 1 ? head.number - SHORT_RESCAN_BLOCKS : -1);
  }

  private async errands(head: Head, facts: ReadonlyMap<number, FacilityFacts>): Promise<Errand[]> {
    const { config, deployment, node, signers } = this.deps;
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
    return [...errands, ...(await dueOrders(node, protectionOrders, signers[0].address, this.book, facts, head))];
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
    const { deployment, liquidator, signers } = this.deps;
    return {
      chainId: deployment.chainId,
      operator: signers[0].address,
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
    return this.dispatcher.halted(this.follower.head?.number ?? 0);
  }

  private async passes({ to, data }: Intent, from: string): Promise<boolean> {
    try {
      await this.deps.node.call({ to, data, from });
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
