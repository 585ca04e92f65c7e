import type { Command } from "commander";
import { checkChain, liquidatorOf } from "../boot.js";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "../config/fields.js";
import { addConfigOptions, configEpilogue } from "../config/help.js";
import { loadKey } from "../config/key.js";
import { Journal } from "../dispatch/journal.js";
import { Keeper } from "../keeper.js";
import { RollupFeeOracle } from "../plan/rollupFees.js";
import { serve } from "../serve/http.js";
import type { ReportLine } from "../serve/status.js";
import { EXIT_CODES_HELP } from "./exit.js";
import { type Options, openSession, untilServed } from "./session.js";

export function runCommand(program: Command): void {
  const command = program
    .command("run", { isDefault: true })
    .description("watch, decide and send; what is done where no command is named")
    .action(async (options: Options) => run(options));
  addConfigOptions(command).addHelpText(
    "after",
    `${configEpilogue()}

The key never is an argument: ${KEY_VARIABLE}, --key-file, or --keystore with --password-file or ${PASSWORD_VARIABLE}.
Logs go to stderr, --report lines to stdout.
${EXIT_CODES_HELP}`,
  );
}

async function run(options: Options): Promise<void> {
  const { config, deployment, log, metrics, node } = openSession(options);
  const wallet = loadKey(config, process.env);
  const liquidator = liquidatorOf(config.liquidator, deployment);
  await untilServed(() => checkChain(node, deployment, liquidator, wallet.address));
  const rollupFees = await RollupFeeOracle.on(node);
  if (!rollupFees.chargesMore) log.warn("this chain has no GasPriceOracle: fees are taken to be L2 gas alone");

  const memory = Journal.open(config.stateDir, BigInt(deployment.chainId), wallet.address, (error) =>
    log.error({ why: String(error) }, "the journal cannot be written"),
  );
  const report = (line: ReportLine): void => {
    if (config.report) process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  const keeper = new Keeper({
    config,
    deployment,
    liquidator,
    node,
    wallet,
    memory,
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
  log.info({ http: server.url, operator: wallet.address, liquidator, chainId: deployment.chainId }, "ready");
  report({ type: "ready", http: server.url, operator: wallet.address, liquidator });
  try {
    await keeper.run();
  } finally {
    await server.close();
  }
  log.info("stopped");
}
