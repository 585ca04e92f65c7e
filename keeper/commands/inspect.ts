import { Keeper } from "../keeper.js";
import { Node } from "../chain/node.js";
import type { Rpc } from "../chain/rpc.js";
import type { Sender } from "../dispatch/sender.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { Metrics } from "../serve/metrics.js";
import { Overseer } from "../serve/overseer.js";
import type { ReportLine } from "../serve/status.js";
import type { Session } from "./session.js";

export type Decided = Extract<ReportLine, { type: "decided" }>;

export interface Inspection {
  readonly session: Session;
  /** Whatever it is to take for the chain. */
  readonly rpc: Rpc;
  readonly operator: string;
  readonly liquidator: string;
  readonly sender: Sender;
  /** Hears of every decision that failed; it is taken anew. */
  readonly onFailed?: (error: Error) => void;
  /** Hears of every decision, before the next block is looked for; "stop" ends it. */
  readonly onDecided: (decided: Decided) => "stop" | undefined;
}

/** Runs the keeper itself, without books, server or key, over a chain that is made for it. */
export async function inspect(inspection: Inspection): Promise<void> {
  const { session, rpc, operator, liquidator, sender, onDecided, onFailed } = inspection;
  const { deployment, log } = session;
  const node = new Node(rpc);
  const metrics = new Metrics();
  // Nobody waits for blocks here, and nobody is called.
  const config = { ...session.config, pollMs: 1, alerts: [] };
  const { network } = deployment;
  const mode = "monitor" as const;
  const overseer = new Overseer({
    config,
    mode,
    network,
    node,
    operators: [operator],
    liquidator,
    metrics,
    log: QUIET(log),
  });
  const keeper = new Keeper({
    ...{ config, deployment, liquidator, node, metrics, overseer, mode, operators: [operator], sender: () => sender },
    ...(onFailed !== undefined && { onFailed }),
    log: QUIET(log),
    rollupFees: await RollupFeeOracle.on(node),
    report: (line) => {
      if (line.type === "decided" && onDecided(line) === "stop") keeper.stop();
    },
  });
  await keeper.run();
}

/** What it says of itself is of no interest, unless it is an error. */
const QUIET = (log: Session["log"]): Session["log"] =>
  log.child({}, { level: log.level === "silent" ? "silent" : "error" });
