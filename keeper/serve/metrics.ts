import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Stage } from "./trace.js";

/** Seconds, from a millisecond to a minute: twelve steps each about twice the one before. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Everything /metrics shows; docs/keeper.md lists the same, a test sees to it. */
export class Metrics {
  readonly registry = new Registry();

  // ---- the chain ----
  readonly headBlock = this.gauge("ballast_keeper_head_block", "Newest block seen");
  readonly decidedBlock = this.gauge("ballast_keeper_decided_block", "Newest block decided");
  readonly headAge = this.gauge("ballast_keeper_head_age_seconds", "Seconds since a new block was last seen");
  readonly clockOffset = this.gauge(
    "ballast_keeper_clock_offset_seconds",
    "This machine's clock less the newest block's second, when it was seen",
  );
  readonly priceAvailable = new Gauge({
    name: "ballast_keeper_price_available",
    help: "1 while the facility's oracle gives a price of liquidation",
    labelNames: ["facility"] as const,
    registers: [this.registry],
  });
  readonly faults = new Counter({
    name: "ballast_keeper_node_faults_total",
    help: "Requests without a usable answer",
    labelNames: ["method"] as const,
    registers: [this.registry],
  });
  readonly requests = new Counter({
    name: "ballast_keeper_requests_total",
    help: "Requests made to each node, by what came of them",
    labelNames: ["endpoint", "outcome"] as const,
    registers: [this.registry],
  });
  readonly requestSeconds = new Histogram({
    name: "ballast_keeper_request_seconds",
    help: "What each request to a node took",
    labelNames: ["endpoint"] as const,
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  readonly failovers = this.counter("ballast_keeper_failovers_total", "Times another node was preferred");
  readonly endpointUp = new Gauge({
    name: "ballast_keeper_endpoint_up",
    help: "1 while the node answers as it should, by its address without what could be secret",
    labelNames: ["endpoint"] as const,
    registers: [this.registry],
  });
  readonly rescans = this.counter("ballast_keeper_rescans_total", "Times the log was read again as sums did not agree");
  readonly reorganisations = this.counter("ballast_keeper_reorganisations_total", "Times blocks were taken back");

  // ---- loans and decisions ----
  readonly loans = this.gauge("ballast_keeper_loans", "Open loans known");
  readonly atRisk = this.gauge("ballast_keeper_loans_at_risk", "Loans liquidatable or near it");
  readonly loansLeft = this.gauge("ballast_keeper_loans_left", "Liquidatable loans about which nothing is under way");
  readonly failedDecisions = this.counter("ballast_keeper_failed_decisions_total", "Decisions given up and taken anew");
  readonly decisionSeconds = new Histogram({
    name: "ballast_keeper_decision_seconds",
    help: "From seeing a block to having sent what it asks for",
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  private readonly stageSeconds = new Histogram({
    name: "ballast_keeper_stage_seconds",
    help: "What each stage took: seen (since the block's second), indexed, judged, planned, signed, sent, mined",
    labelNames: ["stage"] as const,
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });
  private readonly sinceSeenSeconds = new Histogram({
    name: "ballast_keeper_since_seen_seconds",
    help: "From seeing a block to the end of each stage",
    labelNames: ["stage"] as const,
    buckets: LATENCY_BUCKETS,
    registers: [this.registry],
  });

  // ---- transactions and money ----
  readonly pending = this.gauge("ballast_keeper_pending_transactions", "Sent, neither mined nor lost");
  readonly sent = new Counter({
    name: "ballast_keeper_sent_total",
    help: "Transactions sent",
    labelNames: ["kind"] as const,
    registers: [this.registry],
  });
  readonly settled = new Counter({
    name: "ballast_keeper_settled_total",
    help: "What transactions came to, one for each loan they were about",
    labelNames: ["kind", "outcome"] as const,
    registers: [this.registry],
  });
  readonly withoutEffect = this.gauge(
    "ballast_keeper_without_effect",
    "Transactions in a row that succeeded without the event they were sent for",
  );
  readonly profit = new Gauge({
    name: "ballast_keeper_net_profit",
    help: "Realised since start less fees, whole loan assets",
    labelNames: ["asset"] as const,
    registers: [this.registry],
  });
  readonly feesEther = new Gauge({
    name: "ballast_keeper_fees_ether",
    help: "Paid since start, ether, by part: l2Gas, l1Data, operator",
    labelNames: ["part"] as const,
    registers: [this.registry],
  });
  readonly balanceEther = new Gauge({
    name: "ballast_keeper_balance_ether",
    help: "An operator's ether, when last asked",
    labelNames: ["operator"] as const,
    registers: [this.registry],
  });
  readonly booksDifference = new Gauge({
    name: "ballast_keeper_books_difference",
    help: "By what the chain had more than the books explain, when last compared; whole units of the asset",
    labelNames: ["asset"] as const,
    registers: [this.registry],
  });

  // ---- itself ----
  readonly halted = this.gauge("ballast_keeper_halted", "1 while nothing is sent although it leads");
  readonly alert = new Gauge({
    name: "ballast_keeper_alert",
    help: "1 while an alert of this kind is going on",
    labelNames: ["kind", "severity"] as const,
    registers: [this.registry],
  });
  readonly alertsDelivered = new Counter({
    name: "ballast_keeper_alert_messages_total",
    help: "Messages to webhooks: delivered, or given up",
    labelNames: ["outcome"] as const,
    registers: [this.registry],
  });
  readonly loopBlocked = this.counter(
    "ballast_keeper_event_loop_blocked_seconds_total",
    "Seconds for which the event loop stood still for longer than is allowed",
  );
  readonly leader = this.gauge("ballast_keeper_leader", "1 while it may send: it leads, or is alone");
  readonly storeBacklog = this.gauge("ballast_keeper_store_backlog", "Results and decisions not yet in the store");

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A StageSink. */
  readonly stage = (stage: Stage, took: number, sinceSeen: number): void => {
    this.stageSeconds.observe({ stage }, took);
    if (stage !== "seen") this.sinceSeenSeconds.observe({ stage }, sinceSeen);
  };

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }
}
