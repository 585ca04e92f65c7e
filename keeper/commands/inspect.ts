import { Keeper } from "../keeper.js";
import { Node } from "../chain/node.js";
import type { JsonRpc } from "../chain/rpc.js";
import type { Sender } from "../dispatch/sender.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { Metrics } from "../serve/metrics.js";
import { Overseer } from "../serve/overseer.js";
import type { ReportLine } from "../serve/status.js";
import { ImpatientRpc } from "./impatientRpc.js";
import type { Session } from "./session.js";

export type Decided = Extract<ReportLine, { type: "decided" }>;

export interface Inspection {
  readonly session: Session;
  /** Whatever it is to take for the chain. */
  readonly rpc: Pick<JsonRpc, "request">;
  /** What to do where a block cannot be decided. */
  readonly hint: string;
  readonly operator: string;
  readonly liquidator: string;
  readonly sender: Sender;
  /** Hears of every decision, before the next block is looked for; "stop" ends it. */
  readonly onDecided: (decided: Decided) => "stop" | undefined;
}

/** Runs the keeper itself, without books, server or key, over a chain that is made for it. */
export async function inspect(inspection: Inspection): Promise<void> {
  const { session, hint, operator, liquidator, sender, onDecided } = inspection;
  const rpc = new ImpatientRpc(inspection.rpc, hint);
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
    ...{ config, deployment, liquidator, node, metrics, overseer, mode, operator, sender },
    log: QUIET(log),
    rollupFees: await RollupFeeOracle.on(node),
    report: (line) => {
      if (line.type !== "decided") return;
      rpc.decided();
      if (onDecided(line) === "stop") keeper.stop();
    },
  });
  await keeper.run();
}

/** What it says of itself is of no interest, unless it is an error. */
const QUIET = (log: Session["log"]): Session["log"] =>
  log.child({}, { level: log.level === "silent" ? "silent" : "error" });
