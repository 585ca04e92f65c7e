import { parseEther } from "ethers";
import { Dispatcher } from "../dispatch/dispatcher.js";
import type { Sender } from "../dispatch/sender.js";
import { KeeperError } from "../errors.js";
import { Keeper, type SenderMeans } from "../keeper.js";
import type { Signer } from "../keys/signer.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { serve } from "../serve/http.js";
import { Overseer } from "../serve/overseer.js";
import type { Mode, ReportLine } from "../serve/status.js";
import { openStore } from "../store/open.js";
import type { Store } from "../store/store.js";
import type { Session } from "./session.js";

/** Opens the store of this deployment. */
export function storeOf(
  { config, deployment }: Pick<Session, "config" | "deployment">,
  readOnly = false,
): Promise<Store> {
  const scope = { chainId: BigInt(deployment.chainId), loanManager: deployment.loanManager };
  return openStore({ stateDir: config.stateDir, databaseUrl: config.databaseUrl, scope, readOnly });
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
export async function startKeeper(session: Session, { mode, operators, liquidator, sends }: Started): Promise<void> {
  const { config, connection, deployment, log, metrics, node } = session;
  connection.start();
  const rollupFees = await RollupFeeOracle.on(node);
  if (!rollupFees.chargesMore) log.warn("this chain has no GasPriceOracle: fees are taken to be L2 gas alone");
  // Who only watches has no books of its own, and leaves those of the one that sends alone.
  const store = mode === "run" ? await storeOf(session) : undefined;
  const { network } = deployment;
  const overseer = new Overseer({
    ...{ config, mode, network, node, liquidator, metrics, log, store },
    operators,
  });
  await overseer.start();
  const report = (line: ReportLine): void => {
    if (config.report) process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const keeper = new Keeper({
    ...{ config, deployment, liquidator, node, rollupFees, metrics, overseer, log, report },
    ...{ mode, operators, links: connection.links },
    sender: (means) => senderOf(session, sends, store, liquidator, rollupFees, means),
  });
  const server = await serve(config.httpHost, config.httpPort, {
    health: () => overseer.health(),
    ready: () => overseer.ready(),
    status: () => keeper.status(),
    registry: metrics.registry,
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => keeper.stop());
  const [operator] = operators;
  log.info({ mode, http: server.url, operator, liquidator, chainId: deployment.chainId }, "ready");
  report({ type: "ready", http: server.url, operator, liquidator });
  try {
    await keeper.run();
  } finally {
    await server.close();
    connection.stop();
    await overseer.close();
    await store?.close();
  }
  log.info("stopped");
}

function senderOf(
  { config, deployment, log, node }: Session,
  sends: Sends,
  store: Store | undefined,
  liquidator: string,
  rollupFees: RollupFeeOracle,
  means: SenderMeans,
): Sender {
  if ("dry" in sends) return sends.dry();
  if (store === undefined) throw new KeeperError("a keeper that sends needs a store to write down what it sends");
  const { loanManager, termLoanManager, protectionOrders: orders } = deployment;
  return new Dispatcher({
    ...{ node, signers: sends.signers, journal: store.journal, rollupFees, log, ...means },
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
  });
}
