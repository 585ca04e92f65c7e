import { Command } from "commander";
import { pino } from "pino";
import { readDeployment } from "../sdk/client/deploymentFile.js";
import { InvalidDeployment } from "../sdk/client/errors.js";
import { checkChain, liquidatorOf } from "./boot.js";
import { Node } from "./chain/node.js";
import { JsonRpc } from "./chain/rpc.js";
import { TransportError } from "./chain/rpcErrors.js";
import { CONFIG_VARIABLE, FLAGS, KEY_VARIABLE, PASSWORD_VARIABLE, variableOf } from "./config/flags.js";
import { loadConfig } from "./config/load.js";
import { InvalidConfig, WrongChain } from "./errors.js";
import { Keeper } from "./keeper.js";
import { openSigners } from "./keys/open.js";
import { openLeadership } from "./lead/open.js";
import { Shards } from "./lead/shards.js";
import { RollupFeeOracle } from "./plan/rollupFees.js";
import { serve } from "./serve/http.js";
import { Metrics } from "./serve/metrics.js";
import type { ReportLine } from "./serve/status.js";
import { StoreFailed } from "./store/errors.js";
import { openStore } from "./store/open.js";

const EXIT = { unforeseen: 1, config: 2, chain: 3 } as const;

const command = new Command("keeper")
  .description("Liquidates unhealthy loans of a Ballast deployment, and earns by it, without capital of its own.")
  .option("--config <file>", "JSON file with any of these options and more; see keeper/config/schema.ts")
  .allowExcessArguments(false)
  .addHelpText(
    "after",
    `
Every option is also a variable of the environment (--poll-ms is ${variableOf("pollMs")}) and a field of the file
(pollMs, or ${CONFIG_VARIABLE} for its name); flags go first, then variables, then the file.

The key never is an argument: ${KEY_VARIABLE}, --key-file, --keystore with --password-file or ${PASSWORD_VARIABLE}, or --keys.

Logs go to stderr, --report lines to stdout. Exit codes: 0 stopped by SIGTERM or SIGINT, 1 unforeseen, 2 configuration,
3 wrong chain, contracts or account.`,
  );
for (const { flag, help } of FLAGS) command.option(flag, help);
command.parse();

try {
  await start(command.opts());
} catch (error) {
  process.exitCode = exitCode(error);
  process.stderr.write(`keeper: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.exitCode === EXIT.unforeseen && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
}

async function start({ config: file, ...flags }: Record<string, string | boolean | undefined>): Promise<void> {
  const config = loadConfig(flags, process.env, typeof file === "string" ? file : undefined);
  const signers = await openSigners(config, process.env);
  const operator = signers[0].address;
  const log = pino({ level: config.logLevel, base: {} }, pino.destination({ fd: 2, sync: true }));
  const deployment = readDeployment(config.deployment);
  const url = config.rpc ?? deployment.rpc;
  if (url === undefined) throw new InvalidConfig(`no node: give --rpc, as ${config.deployment} names none`);
  const liquidator = liquidatorOf(config.liquidator, deployment);

  const metrics = new Metrics();
  const rpc = new JsonRpc(url, config.requestTimeoutMs);
  rpc.onFault = ({ method }) => metrics.faults.inc({ method });
  const node = new Node(rpc);
  for (const { address } of signers) await untilServed(() => checkChain(node, deployment, liquidator, address));
  const rollupFees = await RollupFeeOracle.on(node);
  if (!rollupFees.chargesMore) log.warn("this chain has no GasPriceOracle: fees are taken to be L2 gas alone");

  const scope = { chainId: BigInt(deployment.chainId), loanManager: deployment.loanManager };
  const { stateDir, databaseUrl = process.env.DATABASE_URL } = config;
  const store = await untilServed(() => openStore({ stateDir, databaseUrl, scope }));
  const shards = Shards.of(config.shards);
  const leadership = openLeadership({
    ...{ stateDir, databaseUrl, store, shards, log, who: `account ${operator}` },
    leaseMs: config.leaseSeconds * 1_000,
  });
  await leadership.start();
  const report = (line: ReportLine): void => {
    if (config.report) process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const keeper = new Keeper({
    config,
    deployment,
    liquidator,
    node,
    signers,
    journal: store.journal,
    leadership,
    shards,
    rollupFees,
    metrics,
    log,
    report,
  });
  const server = await serve(config.httpHost, config.httpPort, {
    health: () => keeper.health(),
    status: () => keeper.status(),
    registry: metrics.registry,
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => keeper.stop());
  log.info({ http: server.url, operator, liquidator, chainId: deployment.chainId }, "ready");
  report({ type: "ready", http: server.url, operator, liquidator });
  try {
    await keeper.run();
  } finally {
    await server.close();
    await leadership.stop();
    await store.close();
  }
  log.info("stopped");
}

/** A node or a database that is not up yet is waited for; one that is wrong is not. */
async function untilServed<T>(step: () => Promise<T>): Promise<T> {
  let told = false;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof TransportError) && !(error instanceof StoreFailed)) throw error;
      if (!told) process.stderr.write(`keeper: waiting: ${error.message}\n`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

function exitCode(error: unknown): number {
  if (error instanceof InvalidConfig || error instanceof InvalidDeployment) return EXIT.config;
  if (error instanceof WrongChain) return EXIT.chain;
  return EXIT.unforeseen;
}
