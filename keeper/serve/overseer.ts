import { parseEther } from "ethers";
import type { Logger } from "pino";
import type { Result } from "../account/books.js";
import { DecisionLog } from "../account/decisionLog.js";
import type { PaidFees } from "../account/fees.js";
import { byDay } from "../account/ledger.js";
import { Recorder } from "../account/recorder.js";
import { Reconciler } from "../account/reconciler.js";
import { storedFees, storedResult } from "../account/storedResult.js";
import type { Head, Node } from "../chain/node.js";
import type { Config } from "../config/schema.js";
import { unitsOf } from "../plan/units.js";
import { StoreFailed } from "../store/errors.js";
import type { Store, StoredResult } from "../store/store.js";
import { Alerts, type Notice } from "./alerts/alerts.js";
import { Delivery } from "./alerts/delivery.js";
import { posting } from "./alerts/formats.js";
import { ALERTS, ALERT_NAMES } from "./alerts/kinds.js";
import { LeftLoans } from "./leftLoans.js";
import type { LoanNote } from "./loanNotes.js";
import { LoopWatch } from "./loopWatch.js";
import type { Metrics } from "./metrics.js";
import { type Health, Progress } from "./progress.js";
import type { DayReport, EndpointReport, LeadershipReport, Mode, StatusSources } from "./status.js";
import { Trace } from "./trace.js";

/** A loan asset as people know it. */
export interface AssetName {
  readonly symbol: string;
  readonly decimals: number;
}

export interface OverseerDeps {
  readonly config: Config;
  readonly mode: Mode;
  readonly network: string;
  readonly node: Node;
  /** Accounts that pay fees; the first stands for the keeper in messages. */
  readonly operators: readonly string[];
  readonly liquidator: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Where results and decisions are kept; without one they are forgotten. */
  readonly store?: Store | undefined;
  readonly sources?: StatusSources;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Seconds since 1970 by this machine. */
  readonly wallClock?: () => number;
}

/** Longest without a usable answer before somebody is called; a single timeout is nothing. */
const UNSERVED_MS = 10_000;
const TICK_MS = 1_000;
const DAYS_SHOWN = 7;
const DAY_SECONDS = 86_400;
/** Decisions are for people who ask why; results are kept for ever. */
const DECISIONS_KEPT_SECONDS = 90 * DAY_SECONDS;

/**
 * Watches over the keeper and keeps its books: what it says of itself, whom it calls, what it writes down. The keeper tells it
 * what happens and never waits for it; what decides about loans asks it nothing.
 */
export class Overseer {
  readonly alerts: Alerts;
  readonly progress: Progress;
  readonly startedAt = new Date().toISOString();
  private readonly recorder: Recorder | undefined;
  private readonly reconciler: Reconciler | undefined;
  private readonly decisions = new DecisionLog();
  private readonly left: LeftLoans;
  private readonly loop: LoopWatch;
  private readonly deliveries: { readonly to: Delivery; readonly post: (notice: Notice) => void }[];
  private readonly assets = new Map<string, AssetName>();
  /** Of the loan asset, by facility. */
  private readonly decimals = new Map<number, number>();
  private timer: NodeJS.Timeout | undefined;
  private headSeen: { number: number; at: number } | undefined;
  private unservedSince: number | undefined;
  private halted = "";
  private led: boolean | undefined;
  private recent: StoredResult[] = [];
  private comparing: Promise<void> | undefined;
  /** Whether the books are as the store has them; not after another keeper has led. */
  private areBooksRead = false;
  private balancesAt = -Infinity;

  constructor(private readonly deps: OverseerDeps) {
    const { config, environment = process.env, liquidator, log, metrics, network, node, operators, store } = deps;
    this.progress = new Progress(config);
    this.left = new LeftLoans(config.leftBlocks);
    const sender = { network, operator: operators[0] ?? "" };
    this.deliveries = config.alerts.map((target) => {
      const to = new Delivery(log, (isDelivered) =>
        metrics.alertsDelivered.inc({ outcome: isDelivered ? "delivered" : "given-up" }),
      );
      const post = posting(target, sender, environment);
      return { to, post: (notice) => to.post(post(notice)) };
    });
    this.alerts = new Alerts(log, (notice) => {
      for (const { post } of this.deliveries) post(notice);
    });
    this.loop = new LoopWatch(config.loopBlockMs, (ms) => {
      metrics.loopBlocked.inc(ms / 1_000);
      this.progress.loopBlocked(ms);
      this.alerts.begin("loop-blocked", { milliseconds: Math.round(ms) });
      this.alerts.end("loop-blocked");
    });
    if (store === undefined) return;
    this.recorder = new Recorder(store, {
      failed: (error) =>
        this.alerts.begin("store-failing", { why: error instanceof Error ? error.message : String(error) }),
      recovered: () => this.alerts.end("store-failing"),
      backlog: (writes) => metrics.storeBacklog.set(writes),
    });
    this.reconciler = new Reconciler({
      ...{ node, operators, liquidator, snapshots: store.snapshots },
      assets: () => [...this.assets.keys()],
    });
  }

  /** Reads what was booked before, and begins to watch. */
  async start(): Promise<void> {
    const { store } = this.deps;
    if (store !== undefined) {
      const now = Math.floor(this.wallClock());
      await store.decisions.forgetBefore(now - DECISIONS_KEPT_SECONDS);
      this.recent = await store.results.between(now - DAYS_SHOWN * DAY_SECONDS, Number.MAX_SAFE_INTEGER);
    }
    this.loop.start();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  /** Looks after nothing any more by itself; to be called before what it looks after ends. */
  rest(): void {
    clearInterval(this.timer);
    this.loop.stop();
  }

  /** Waits a little for what is not written or posted yet. */
  async close(): Promise<void> {
    this.rest();
    await this.comparing;
    await Promise.all([this.recorder?.close(), ...this.deliveries.map(({ to }) => to.close())]);
  }

  // ---- what the keeper tells ----

  /** A node answered with its newest block. */
  headSaid(head: Head): void {
    this.unservedSince = undefined;
    this.alerts.end("node-unserved");
    if (this.headSeen?.number === head.number) return;
    this.headSeen = { number: head.number, at: performance.now() };
    const offset = this.wallClock() - Number(head.timestamp);
    this.deps.metrics.clockOffset.set(offset);
    const { maxClockOffSeconds } = this.deps.config;
    this.alerts.set("clock-off", Math.abs(offset) > maxClockOffSeconds, () => ({
      clockLessChainSeconds: Math.round(offset),
      allowed: maxClockOffSeconds,
      block: head.number,
      note: offset > 0 ? "or the node is behind the chain" : "a chain's time is never ahead of a right clock",
    }));
  }

  /** No node gave a usable answer. */
  unserved(error: Error): void {
    this.unservedSince ??= performance.now();
    const forMs = performance.now() - this.unservedSince;
    if (forMs >= UNSERVED_MS)
      this.alerts.begin("node-unserved", { why: error.message, seconds: Math.round(forMs / 1_000) });
  }

  /** A decision failed, and is taken anew. */
  undecided(error: Error): void {
    this.progress.failed(error.message);
    if (error instanceof StoreFailed) this.alerts.begin("store-failing", { why: error.message }, READING);
    else this.unserved(error);
  }

  /** A poll came to its end. */
  polled(): void {
    this.progress.polled();
  }

  /** Work on a block begins. @returns where its time goes */
  begin(head: Head): Trace {
    return Trace.seen(this.deps.metrics.stage, Number(head.timestamp));
  }

  /** The step under way, named where it does not return. */
  enter(step: string): void {
    this.progress.enter(step);
  }

  /** What a facility lends became known. */
  knows(facility: number, address: string, asset: AssetName): void {
    this.assets.set(address.toLowerCase(), asset);
    this.decimals.set(facility, asset.decimals);
  }

  booked(results: readonly Result[], totals: PaidFees): void {
    const stored = results.flatMap((result) => storedResult(result) ?? []);
    this.recorder?.book(stored);
    this.reconciler?.book(stored);
    const replaced = new Set(stored.map(({ hash, subject }) => `${hash}/${subject}`));
    const from = this.wallClock() - (DAYS_SHOWN + 1) * DAY_SECONDS;
    const kept = this.recent.filter(
      ({ hash, subject, timestamp }) => timestamp > from && !replaced.has(`${hash}/${subject}`),
    );
    this.recent = [...kept, ...stored];
    const { feesEther } = this.deps.metrics;
    feesEther.set({ part: "l2Gas" }, Number(totals.l2Gas) / 1e18);
    feesEther.set({ part: "l1Data" }, Number(totals.l1Data) / 1e18);
    feesEther.set({ part: "operator" }, Number(totals.operator) / 1e18);
  }

  /** What was booked of a transaction, by this process or an earlier one; undefined where it was not, or is taken back. */
  feesBooked(transaction: string): PaidFees | undefined {
    const booked = this.recent.filter(({ hash }) => hash === transaction);
    return booked.length === 0 ? undefined : storedFees(booked);
  }

  /**
   * Blocks after this one are no longer part of the chain.
   *
   * @param facilities those of which this keeper keeps the books; all where undefined
   */
  rolledBackTo(block: number, facilities?: readonly number[]): void {
    this.recorder?.rollBackTo(block, facilities);
    this.reconciler?.rollBackTo(block);
    this.recent = this.recent.filter((result) => result.block <= block);
  }

  balance(wei: bigint, operator: string): void {
    this.deps.metrics.balanceEther.set({ operator }, Number(wei) / 1e18);
    const low = parseEther(this.deps.config.lowEther);
    this.alerts.set(
      "low-balance",
      wei < low,
      () => ({ operator, wei: wei.toString(), least: low.toString() }),
      operator,
    );
  }

  /**
   * Everything a block asked for is done. Through this block everything is booked.
   *
   * @param halted why nothing is sent although this keeper leads
   * @param leads whether it does, in a facility or in all: what others lead, they write down and call people for
   */
  decided(
    head: Head,
    all: readonly LoanNote[],
    halted: string,
    withoutEffect: number,
    leads: (facility?: number) => boolean = () => true,
  ): void {
    const { config, metrics } = this.deps;
    this.progress.decidedBlock(head.number);
    this.alerts.end("store-failing", READING);
    this.halted = halted;
    metrics.withoutEffect.set(withoutEffect);
    const isOurs = ({ facility }: LoanNote): boolean => leads(facility);
    this.recorder?.decide(this.decisions.news(head.number, Number(head.timestamp), all, isOurs));
    const notes = all.filter(isOurs);
    this.alerts.set("halted", halted !== "" && this.deps.mode === "run", () => ({ why: halted, block: head.number }));

    const matters = ({ debt, facility }: LoanNote): boolean => debt >= this.leastDebtOf(facility);
    const left = this.left.after(head.number, notes);
    metrics.loansLeft.set(left.now);
    const long = left.long.filter(matters);
    this.alerts.set("loans-left", long.length > 0, () => ({ ...described(long), blocks: config.leftBlocks }));
    const lost = notes.filter((note) => note.expectedLoss > 0n && matters(note));
    this.alerts.set("bad-debt", lost.length > 0, () => described(lost));
    this.lookAtBalances(head);
    // With parts of the books elsewhere there is nothing to compare.
    if (leads()) this.compare(head);
    else this.areBooksRead = false;
  }

  // ---- what others ask ----

  health(): Health {
    return this.progress.health(this.deps.mode === "run" ? this.halted : "");
  }

  ready(): Health {
    return this.progress.ready(this.headSeen?.number, this.deps.config.readyLagBlocks);
  }

  leadership(): LeadershipReport {
    return this.deps.sources?.leadership?.() ?? { role: "alone", holder: null, shards: [], fence: null };
  }

  endpoints(): readonly EndpointReport[] {
    return this.deps.sources?.endpoints?.() ?? [];
  }

  profitByDay(): DayReport[] {
    const rows = byDay(this.recent).sort((a, b) => (a.key < b.key ? 1 : -1));
    return rows.slice(0, DAYS_SHOWN).map(({ key, loanAsset, done, other, grossProfit, fees, netProfit, feesWei }) => ({
      day: key,
      asset: loanAsset,
      ...(this.assets.get(loanAsset.toLowerCase()) ?? { symbol: "", decimals: 0 }),
      done,
      other,
      grossProfit: grossProfit.toString(),
      fees: fees.toString(),
      netProfit: netProfit.toString(),
      feesWei: feesWei.toString(),
    }));
  }

  // ---- by the clock ----

  /** What no event of the keeper's tells of: that nothing happens. */
  tick(): void {
    const { config, metrics } = this.deps;
    this.alerts.set("no-progress", this.progress.isStalled, () => ({ why: this.progress.holdUp }));
    if (this.headSeen !== undefined) {
      const ageMs = performance.now() - this.headSeen.at;
      metrics.headAge.set(ageMs / 1_000);
      // Where nobody answers, that is what is wrong.
      const isStalled = ageMs > config.chainStallMs && this.unservedSince === undefined && !this.progress.isStalled;
      const { number } = this.headSeen;
      this.alerts.set("chain-stalled", isStalled, () => ({ block: number, seconds: Math.round(ageMs / 1_000) }));
    }
    this.watchEndpoints();
    this.watchLeadership();
    this.alerts.tick();
    const running = new Set(this.alerts.running.map(({ kind }) => kind));
    for (const kind of ALERT_NAMES)
      metrics.alert.set({ kind, severity: ALERTS[kind].severity }, running.has(kind) ? 1 : 0);
  }

  private watchEndpoints(): void {
    for (const { endpoint, state, note } of this.endpoints()) {
      this.deps.metrics.endpointUp.set({ endpoint }, state === "up" ? 1 : 0);
      this.alerts.set("endpoint-down", state === "down", () => ({ endpoint, why: note }), endpoint);
      this.alerts.set("endpoint-foreign", state === "foreign", () => ({ endpoint, why: note }), endpoint);
    }
  }

  private watchLeadership(): void {
    const { role, holder, fence } = this.leadership();
    this.deps.metrics.leader.set(role === "standby" ? 0 : 1);
    const leads = role !== "standby";
    if (this.led === false && role === "leader") this.alerts.tell("took-over", { fence });
    if (this.led === true && !leads) this.alerts.begin("leadership-lost", { holder, fence });
    if (leads) this.alerts.end("leadership-lost");
    this.led = leads;
  }

  /** Of accounts that send nothing for a while too: when they have to, it is too late. */
  private lookAtBalances(head: Head): void {
    const { config, mode, node, operators } = this.deps;
    if (mode !== "run" || head.number - this.balancesAt < config.reconcileBlocks) return;
    this.balancesAt = head.number;
    for (const operator of operators) {
      node.balance(operator, head.number).then(
        (wei) => this.balance(wei, operator),
        // Asked again in time.
        () => (this.balancesAt = -Infinity),
      );
    }
  }

  /** Holds the books against the chain, now and then, and never a second time meanwhile. */
  private compare(head: Head): void {
    const { reconciler } = this;
    if (reconciler === undefined || this.comparing !== undefined) return;
    if (this.areBooksRead && !this.isDue(reconciler, head)) return;
    this.comparing = this.reconcile(reconciler, head).finally(() => (this.comparing = undefined));
  }

  private isDue({ from }: Reconciler, head: Head): boolean {
    return from === undefined || head.number - from >= this.deps.config.reconcileBlocks;
  }

  /** Takes over the books from whoever kept them before. */
  private async readBooks(reconciler: Reconciler): Promise<void> {
    const { store } = this.deps;
    if (store === undefined) return;
    await reconciler.start((from, to) => store.results.between(from, to));
    const from = Math.floor(this.wallClock()) - DAYS_SHOWN * DAY_SECONDS;
    const stored = await store.results.between(from, Number.MAX_SAFE_INTEGER);
    const own = new Set(this.recent.map(({ hash, subject }) => `${hash}/${subject}`));
    this.recent = [...stored.filter(({ hash, subject }) => !own.has(`${hash}/${subject}`)), ...this.recent];
    this.areBooksRead = true;
  }

  private async reconcile(reconciler: Reconciler, head: Head): Promise<void> {
    const { log, metrics } = this.deps;
    try {
      if (!this.areBooksRead) await this.readBooks(reconciler);
      if (!this.isDue(reconciler, head)) return;
      const found = await reconciler.check(head);
      if (found === undefined) return;
      const { differences, fromBlock, toBlock } = found;
      metrics.booksDifference.reset();
      for (const { asset, difference } of differences) {
        const { symbol, decimals } =
          asset === "ether" ? ETHER : (this.assets.get(asset) ?? { symbol: asset, decimals: 0 });
        metrics.booksDifference.set({ asset: symbol }, Number(difference) / 10 ** decimals);
      }
      // Ether may come from anyone; a token moved by a transaction that is not the keeper's is its owner's business.
      const wrong = differences.filter(({ asset, difference, explained }) =>
        asset === "ether" ? difference < 0n : difference !== explained,
      );
      const harmless = differences.filter((one) => !wrong.includes(one));
      if (harmless.length > 0)
        log.info({ fromBlock, toBlock, differences: harmless.map(texts) }, "came or went by others' transactions");
      this.alerts.set("books-differ", wrong.length > 0, () => ({ fromBlock, toBlock, differences: wrong.map(texts) }));
    } catch (error) {
      // The node or the store does not serve; the next block tries again.
      log.warn({ why: error instanceof Error ? error.message : String(error) }, "the books could not be compared");
    }
  }

  private leastDebtOf(facility: number): bigint {
    return unitsOf(this.deps.config.alertMinDebt, this.decimals.get(facility) ?? 0);
  }

  private wallClock(): number {
    return (this.deps.wallClock ?? (() => Date.now() / 1_000))();
  }
}

/** What a store that cannot be read keeps from being done. */
const READING = "taking up the journal";
const ETHER: AssetName = { symbol: "ETH", decimals: 18 };
const MOST_NAMED = 5;

/** How many, and the largest of them with the reasons. */
function described(notes: readonly LoanNote[]): { loans: number; largest: object[] } {
  const largest = notes
    .toSorted((a, b) => (a.debt < b.debt ? 1 : -1))
    .slice(0, MOST_NAMED)
    .map(({ subject, facility, debt, reason }) => ({ loan: subject, facility, debt: debt.toString(), reason }));
  return { loans: notes.length, largest };
}

const texts = (one: object): object =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, String(value)]));
