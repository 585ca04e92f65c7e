import type { Wallet } from "ethers";
import { Journal } from "../dispatch/journal.js";
import { Keeper, type KeeperDeps } from "../keeper.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { serve } from "../serve/http.js";
import { Overseer } from "../serve/overseer.js";
import type { Mode, ReportLine } from "../serve/status.js";
import { openStore } from "../store/open.js";
import type { Store } from "../store/store.js";
import type { Io } from "./io.js";
import type { Session } from "./session.js";

/** Opens the store of this deployment. */
export function storeOf(
  { config, deployment }: Pick<Session, "config" | "deployment">,
  readOnly = false,
): Promise<Store> {
  const scope = { chainId: BigInt(deployment.chainId), loanManager: deployment.loanManager };
  return openStore({ stateDir: config.stateDir, databaseUrl: config.databaseUrl, scope, readOnly });
}

/** A key with the memory of what it sent. */
export function signedSender({ config, deployment, log }: Session, wallet: Wallet): KeeperDeps["sender"] {
  const memory = Journal.open(config.stateDir, BigInt(deployment.chainId), wallet.address, (error) =>
    log.error({ why: String(error) }, "the journal cannot be written"),
  );
  return { wallet, memory };
}

interface Started {
  readonly mode: Mode;
  readonly operator: string;
  readonly liquidator: string;
  readonly sender: KeeperDeps["sender"];
}

/** Runs a keeper with everything around it until it is told to stop. */
export async function startKeeper(
  session: Session,
  io: Io,
  { mode, operator, liquidator, sender }: Started,
): Promise<void> {
  const { config, deployment, log, metrics, node } = session;
  const rollupFees = await RollupFeeOracle.on(node);
  if (!rollupFees.chargesMore) log.warn("this chain has no GasPriceOracle: fees are taken to be L2 gas alone");
  // Who only watches has no books of its own, and leaves those of the one that sends alone.
  const store = mode === "run" ? await storeOf(session) : undefined;
  const { network } = deployment;
  const overseer = new Overseer({
    ...{ config, mode, network, node, liquidator, metrics, log, store },
    operators: [operator],
    environment: io.environment,
  });
  await overseer.start();
  const report = (line: ReportLine): void => {
    if (config.report) io.out(`${JSON.stringify(line)}\n`);
  };
  const keeper = new Keeper({
    ...{ config, deployment, liquidator, node, rollupFees, metrics, overseer, log, report },
    ...{ mode, operator, sender },
  });
  const server = await serve(config.httpHost, config.httpPort, {
    health: () => overseer.health(),
    ready: () => overseer.ready(),
    status: () => keeper.status(),
    registry: metrics.registry,
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => keeper.stop());
  log.info({ mode, http: server.url, operator, liquidator, chainId: deployment.chainId }, "ready");
  report({ type: "ready", http: server.url, operator, liquidator });
  try {
    await keeper.run();
  } finally {
    await server.close();
    await overseer.close();
    await store?.close();
  }
  log.info("stopped");
}
