import type { Logger } from "pino";
import type { Head, Node } from "../chain/node.js";
import { TransportError } from "../chain/rpcErrors.js";
import type { EtherPrice } from "../config/schema.js";
import type { Backoff } from "../dispatch/backoff.js";
import type { Pending, Settled } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";
import { etherPriceIn } from "../plan/etherPrice.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import type { FacilityDesk } from "../plan/routes.js";
import { describeResult } from "../serve/describe.js";
import type { Metrics } from "../serve/metrics.js";
import type { Overseer } from "../serve/overseer.js";
import type { ReportLine } from "../serve/status.js";
import { Accountant } from "./accountant.js";
import { Books, type Result } from "./books.js";

export interface BookkeeperDeps {
  readonly node: Node;
  readonly rollupFees: RollupFeeOracle;
  readonly operators: readonly string[];
  readonly managers: readonly string[];
  readonly liquidator: string;
  readonly orders: string | undefined;
  readonly etherPrice: EtherPrice;
  readonly desks: ReadonlyMap<number, FacilityDesk>;
  readonly sender: Sender;
  readonly backoff: Backoff;
  readonly metrics: Metrics;
  readonly overseer: Overseer;
  readonly log: Logger;
  readonly report: (line: ReportLine) => void;
  /** A note of a disagreement was mined. */
  readonly onNoted: (oracle: string, at: bigint) => void;
}

/** Books what came of what was sent, a lane at a time, and tells those who learn from it. */
export class Bookkeeper {
  readonly books = new Books();
  private readonly accountants: ReadonlyMap<string, Accountant>;
  /** Settled, but not booked yet: booking asks the node, and may have to ask again. */
  private unbooked: Settled[] = [];

  constructor(private readonly deps: BookkeeperDeps) {
    const { desks, operators, overseer, ...rest } = deps;
    const bookkeeping = {
      ...rest,
      loanAssetOf: (facility: number) => desks.get(facility)?.loanAsset,
      etherPriceOf: async (facility: number, head: Head) => this.etherPriceOf(facility, head),
      feesBooked: (hash: string) => overseer.feesBooked(hash),
    };
    this.accountants = new Map(
      operators.map((operator) => [operator.toLowerCase(), new Accountant({ ...bookkeeping, operator })]),
    );
  }

  /** Transactions whose end is known and not booked. */
  get waiting(): number {
    return this.unbooked.length;
  }

  async settle(head: Head): Promise<void> {
    this.unbooked.push(...(await this.deps.sender.collect(head)));
    for (const [lane, accountant] of this.accountants) {
      const ofLane = this.unbooked.filter(({ pending }) => pending.lane === lane);
      if (ofLane.length === 0) continue;
      const booked = await accountant.book(ofLane, head);
      this.unbooked = this.unbooked.filter((one) => !ofLane.includes(one));
      for (const { settled, results } of booked) {
        for (const result of results) this.enter(result, settled.pending, head);
        if (settled.kind === "mined") settled.pending.trace?.mark("mined");
      }
      this.deps.overseer.booked(
        booked.flatMap(({ results }) => results),
        this.books.fees,
      );
    }
  }

  /** Takes back what was booked in blocks after `to`, which are no longer part of the chain. */
  rolledBack(to: number): void {
    this.unbooked = this.unbooked.filter((one) => blockOf(one) <= to);
    const { desks, overseer, sender } = this.deps;
    sender.rolledBack(to);
    this.books.removeAfter(to);
    // What another keeper booked is its own to take back: this one may see the reorganisation later, or alone.
    overseer.rolledBackTo(to, sender.leads() ? undefined : [...desks.keys()].filter((one) => sender.leads(one)));
  }

  private enter(result: Result, { intent }: Pending, head: Head): void {
    const { backoff, desks, log, metrics, report, sender } = this.deps;
    this.books.add(result);
    const { kind, outcome, subject } = result;
    metrics.settled.inc({ kind, outcome });
    sender.breaker.record(intent, outcome, result.why, head.number);
    if (outcome === "done") {
      backoff.clear(subject);
      if (kind === "note") this.deps.onNoted(subject, head.timestamp);
    }
    if (outcome === "reverted" || outcome === "market-moved") backoff.fail(subject, head.number);
    const desk = desks.get(result.facility);
    const totals = desk && this.books.assets.get(desk.loanAsset);
    if (desk !== undefined && totals !== undefined) {
      const net = Number(totals.grossProfit - totals.fees) / 10 ** desk.loanDecimals;
      metrics.profit.set({ asset: desk.loanSymbol }, net);
    }
    const described = describeResult(result);
    log[outcome === "done" || outcome === "cancelled" ? "info" : "warn"](described, `${kind} ${outcome}`);
    report({ type: "settled", ...described });
  }

  private async etherPriceOf(facility: number, head: Head): Promise<bigint | undefined> {
    const { desks, etherPrice, node } = this.deps;
    const desk = desks.get(facility);
    if (desk === undefined) return undefined;
    try {
      return await etherPriceIn(desk.loanDecimals, etherPrice, node, head);
    } catch (error) {
      if (error instanceof TransportError) throw error;
      return undefined;
    }
  }
}

function blockOf(settled: Settled): number {
  return settled.kind === "mined" ? settled.receipt.blockNumber : -1;
}
