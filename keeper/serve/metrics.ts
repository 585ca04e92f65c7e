import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Everything /metrics shows; each stage counts what it does. */
export class Metrics {
  readonly registry = new Registry();

  readonly headBlock = this.gauge("ballast_keeper_head_block", "Newest block seen");
  readonly decidedBlock = this.gauge("ballast_keeper_decided_block", "Newest block decided");
  readonly loans = this.gauge("ballast_keeper_loans", "Open loans known");
  readonly atRisk = this.gauge("ballast_keeper_loans_at_risk", "Loans liquidatable or near it");
  readonly pending = this.gauge("ballast_keeper_pending_transactions", "Sent, neither mined nor lost");
  readonly halted = this.gauge("ballast_keeper_halted", "1 while nothing is sent");
  readonly balanceEther = this.gauge("ballast_keeper_balance_ether", "The operator's ether, when last asked");
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
  readonly failedDecisions = this.counter("ballast_keeper_failed_decisions_total", "Decisions given up and taken anew");
  readonly rescans = this.counter("ballast_keeper_rescans_total", "Times the log was read again as sums did not agree");
  readonly reorganisations = this.counter("ballast_keeper_reorganisations_total", "Times blocks were taken back");
  readonly sent = new Counter({
    name: "ballast_keeper_sent_total",
    help: "Transactions sent",
    labelNames: ["kind"] as const,
    registers: [this.registry],
  });
  readonly settled = new Counter({
    name: "ballast_keeper_settled_total",
    help: "Transactions that came to an end",
    labelNames: ["kind", "outcome"] as const,
    registers: [this.registry],
  });
  readonly profit = new Gauge({
    name: "ballast_keeper_net_profit",
    help: "Realised since start less fees, whole loan assets",
    labelNames: ["asset"] as const,
    registers: [this.registry],
  });
  readonly decisionSeconds = new Histogram({
    name: "ballast_keeper_decision_seconds",
    help: "From seeing a block to having sent what it asks for",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }
}
