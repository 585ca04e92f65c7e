import { join } from "node:path";
import { parseEther } from "ethers";
import type { Sender } from "../dispatch/sender.js";
import { secretOf } from "../config/secrets.js";
import { KeeperError } from "../errors.js";
import { Keeper, type SenderMeans } from "../keeper.js";
import type { Signer } from "../keys/signer.js";
import type { Leadership } from "../lead/leadership.js";
import { openLeadership } from "../lead/open.js";
import { ShardedDispatcher } from "../lead/shardedDispatcher.js";
import { Shards } from "../lead/shards.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { serve } from "../serve/http.js";
import { Overseer } from "../serve/overseer.js";
import type { Mode, ReportLine } from "../serve/status.js";
import { openStore } from "../store/open.js";
import type { Store } from "../store/store.js";
import type { Io } from "./io.js";
import { type Session, untilServed } from "./session.js";
import { endpointReport, leadershipReport } from "./sources.js";

/** Opens the store of this deployment. */
export function storeOf(
  { config, deployment }: Pick<Session, "config" | "deployment">,
  readOnly = false,
): Promise<Store> {
  const scope = { chainId: BigInt(deployment.chainId), loanManager: deployment.loanManager };
  return openStore({ stateDir: config.stateDir, databaseUrl: databaseUrlOf(config), scope, readOnly });
}

interface Started {
  readonly mode: Mode;
  readonly operators: readonly [string, ...string[]];
  readonly liquidator: string;
  readonly sends: Sends;
}

/** Keys, where it sends; what takes their place, where it does not. */
export type Sends = { readonly signers: readonly Signer[] } | { readonly dry: () => Sender };

/** Runs a keeper with everything around it until it is told to stop. */
export async function startKeeper(
  session: Session,
  io: Io,
  { mode, operators, liquidator, sends }: Started,
): Promise<void> {
  const { connection } = session;
  // Who only watches has no books of its own, and leaves those of the one that sends alone.
  const store = mode === "run" ? await untilServed(() => storeOf(session)) : undefined;
  // Whatever goes wrong from here on, nothing is left running: one that led without deciding would keep others from it.
  const ends: (() => unknown)[] = [() => store?.close(), () => connection.stop()];
  try {
    connection.start();
    await runKeeper(session, io, { mode, operators, liquidator, sends }, store, ends);
  } finally {
    for (const end of ends.reverse()) await end();
  }
  session.log.info("stopped");
}

/** @param ends gets what is to be done at the end, last first */
async function runKeeper(
  session: Session,
  io: Io,
  { mode, operators, liquidator, sends }: Started,
  store: Store | undefined,
  ends: (() => unknown)[],
): Promise<void> {
  const { config, connection, deployment, log, metrics, node } = session;
  const rollupFees = await untilServed(() => RollupFeeOracle.on(node));
  if (!rollupFees.chargesMore) log.warn("this chain has no GasPriceOracle: fees are taken to be L2 gas alone");
  const shards = Shards.of(config.shards);
  const leadership = store && leadershipOf(session, store, shards, operators[0]);
  const { network } = deployment;
  const overseer = new Overseer({
    ...{ config, mode, network, node, liquidator, metrics, log, store },
    operators,
    environment: io.environment,
    sources: {
      endpoints: () => connection.rpc.report().map(endpointReport),
      ...(config.databaseUrl !== undefined &&
        leadership && { leadership: () => leadershipReport(leadership.describe()) }),
    },
  });
  ends.push(
    () => overseer.close(),
    () => leadership?.stop(),
    // That it leads no more is no news then.
    () => overseer.rest(),
  );
  await leadership?.start();
  await untilServed(() => overseer.start());
  const report = (line: ReportLine): void => {
    if (config.report) io.out(`${JSON.stringify(line)}\n`);
  };
  const keeper = new Keeper({
    ...{ config, deployment, liquidator, node, rollupFees, metrics, overseer, log, report },
    ...{ mode, operators, links: connection.links },
    // Each mode its own, so that one who watches does not disturb one who sends.
    snapshotFile: join(config.stateDir, `${mode}.loans`),
    sender: (means) => senderOf(session, sends, { store, leadership, shards, liquidator, rollupFees, ...means }),
  });
  const server = await serve(config.httpHost, config.httpPort, {
    health: () => overseer.health(),
    ready: () => overseer.ready(),
    status: () => keeper.status(),
    registry: metrics.registry,
  });
  ends.push(() => server.close());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => keeper.stop());
  const [operator] = operators;
  log.info({ mode, http: server.url, operator, liquidator, chainId: deployment.chainId }, "ready");
  report({ type: "ready", http: server.url, operator, liquidator });
  await keeper.run();
}

/** Where the store is, when it is not the folder. */
function databaseUrlOf({ databaseUrl }: Session["config"]): string | undefined {
  return databaseUrl === undefined ? undefined : secretOf(databaseUrl, process.env);
}

function leadershipOf({ config, log }: Session, store: Store, shards: Shards, operator: string): Leadership {
  const { leaseSeconds, stateDir } = config;
  return openLeadership({
    ...{ stateDir, databaseUrl: databaseUrlOf(config), store, shards, log, who: `account ${operator}` },
    leaseMs: leaseSeconds * 1_000,
  });
}

interface SendingMeans extends SenderMeans {
  readonly store: Store | undefined;
  readonly leadership: Leadership | undefined;
  readonly shards: Shards;
  readonly liquidator: string;
  readonly rollupFees: RollupFeeOracle;
}

function senderOf({ config, deployment, log, node }: Session, sends: Sends, means: SendingMeans): Sender {
  if ("dry" in sends) return sends.dry();
  const { store, leadership, shards, liquidator, rollupFees, alarms, stillWanted } = means;
  if (store === undefined || leadership === undefined) {
    throw new KeeperError("a keeper that sends needs a store to write down what it sends, and the lead");
  }
  const { loanManager, termLoanManager, protectionOrders: orders } = deployment;
  const dispatch = {
    ...{ node, signers: sends.signers, journal: store.journal, rollupFees, log, alarms, stillWanted },
    contracts: { managers: [loanManager, termLoanManager], liquidator, orders },
    options: {
      chainId: BigInt(deployment.chainId),
      priorityFee: BigInt(Math.round(Number(config.priorityFeeGwei) * 1e9)),
      feeBumpPercent: BigInt(config.feeBumpPercent),
      replaceAfterBlocks: config.replaceAfterBlocks,
      replaceAfterMs: config.replaceAfterMs,
      confirmations: config.confirmations,
      cancelCostWei: parseEther(config.maxFeeEther),
    },
  };
  return new ShardedDispatcher(dispatch, shards, (shard) => leadership.fence(shard));
}
