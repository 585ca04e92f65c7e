import { Keeper } from "../keeper.js";
import { Node } from "../chain/node.js";
import type { Rpc } from "../chain/rpc.js";
import type { Sender } from "../dispatch/sender.js";
import { KeeperError } from "../errors.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { Metrics } from "../serve/metrics.js";
import { Overseer } from "../serve/overseer.js";
import type { ReportLine } from "../serve/status.js";
import type { Session } from "./session.js";

export type Decided = Extract<ReportLine, { type: "decided" }>;

/** Failures at one block after which it is given up: a keeper waits for a node that fails, a command says what failed. */
const MOST_TRIES = 8;

/** A block that cannot be decided, however often it is tried. */
export class NotDecided extends KeeperError {}

export interface Inspection {
  readonly session: Session;
  /** Whatever it is to take for the chain. */
  readonly rpc: Rpc;
  readonly operator: string;
  readonly liquidator: string;
  readonly sender: Sender;
  /** What to do where a block cannot be decided. */
  readonly hint: string;
  /** Hears of every decision, before the next block is looked for; "stop" ends it. */
  readonly onDecided: (decided: Decided) => "stop" | undefined;
}

/** Runs the keeper itself, without books, server or key, over a chain that is made for it. */
export async function inspect(inspection: Inspection): Promise<void> {
  const { session, rpc, hint, operator, liquidator, sender, onDecided } = inspection;
  let failures = 0;
  let trouble: NotDecided | undefined;
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
    onFailed: (error) => {
      failures += 1;
      if (failures <= MOST_TRIES) return;
      trouble = new NotDecided(`a block cannot be decided: ${error.message}. ${hint}`);
      keeper.stop();
    },
    log: QUIET(log),
    rollupFees: await RollupFeeOracle.on(node),
    report: (line) => {
      if (line.type !== "decided") return;
      failures = 0;
      if (onDecided(line) === "stop") keeper.stop();
    },
  });
  await keeper.run();
  if (trouble !== undefined) throw trouble;
}

/** What it says of itself is of no interest, unless it is an error. */
const QUIET = (log: Session["log"]): Session["log"] =>
  log.child({}, { level: log.level === "silent" ? "silent" : "error" });
