import { existsSync, rmSync } from "node:fs";
import { confirm } from "@inquirer/prompts";
import { Command } from "commander";
import type { BaseWallet } from "ethers";
import { readDeployment, writeDeployment } from "../sdk/client/deploymentFile.js";
import { CompiledContracts } from "./artifacts.js";
import { checkDeployment } from "./check.js";
import { deploymentFileOf, journalOf } from "./cli/places.js";
import { addressTable, progressPrinter } from "./cli/print.js";
import { type Setting, type SettingOptions, settingOf } from "./cli/setting.js";
import {
  CheckFailed,
  DeployError,
  type DeployOptions,
  type DeployResult,
  ForeignJournal,
  InvalidParameters,
  type Parameters,
  PreflightFailed,
  deployBallast,
  ethersProvider,
  httpProvider,
} from "./index.js";
import { mintSeeds } from "./local.js";
import { requireMeans } from "./means.js";
import { makePlan } from "./plan.js";

interface DeployCommandOptions extends SettingOptions {
  out?: string;
  confirmations?: string;
  dryRun?: true;
  yes?: true;
  json?: true;
}

type CommandDeployment = DeployOptions & {
  node: string;
  deployer: BaseWallet;
  parameters: Parameters;
  journal: string;
};

const EXIT = { failed: 1, parameters: 2, check: 3 };
const LOCAL_POLLING_MS = 50;
const POLLING_MS = 1_000;

const collect = (value: string, all: string[]) => [...all, value];
const program = new Command("deploy")
  .description(
    "Deploys Ballast, hands it over to its Safe, and reads everything back. Run again, it goes on where it stopped.",
  )
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 stopped, 2 a parameter is missing or wrong (nothing was sent), 3 a check failed.",
  );

function withSetting(command: Command): Command {
  return command
    .option("--network <name>", "names the parameter file: local, op-mainnet or base", "local")
    .option("--parameters <file>", "another parameter file (JSON5)")
    .option(
      "--set <path=value>",
      "sets one parameter, such as facilities.0.loanAsset=0x…; may be repeated",
      collect,
      [],
    )
    .option("--rpc <url>", "node (for local: the devnet's)")
    .option("--devnet <file>", "what a running devnet wrote, for local", "out/devnet.json");
}

withSetting(program.command("deploy", { isDefault: true }).description("deploy, hand over and check"))
  .option("--keystore <file>", "encrypted key of the deployer; the password is asked for")
  .option("--password-file <file>", "holds the keystore's password")
  .option("--key-file <file>", "holds the deployer's key (for local: the devnet's deployer)")
  .option("--confirmations <count>", "blocks to wait for each step (default: 1 for local, else 3)")
  .option(
    "--out <file>",
    "where the addresses go (default: out/deployment.json for local, else deployments/<network>.json)",
  )
  .option("--dry-run", "checks parameters, chain and the deployer's means; sends nothing")
  .option("--yes", "do not ask")
  .option("--json", "prints the deployment as JSON on stdout")
  .action((options: DeployCommandOptions) => run(() => deployCommand(options)));

withSetting(program.command("check").description("read a finished deployment back and compare it with its parameters"))
  .option("--deployment <file>", "its addresses (default: as for deploy)")
  .action((options: SettingOptions & { deployment?: string }) => run(() => checkCommand(options)));

async function deployCommand(options: DeployCommandOptions): Promise<void> {
  const setting = settingOf(options);
  const { parameters, rpcUrl } = setting;
  const deployer = await setting.deployer();
  if (options.dryRun) return dryRun(setting, deployer.address);
  const out = options.out ?? deploymentFileOf(parameters);
  const journal = journalOf(parameters);
  if (!parameters.local && !options.yes) {
    const question = `Deploy to ${parameters.network} (chain ${parameters.chainId}) from ${deployer.address}?`;
    if (!(await confirm({ message: question, default: false }, { output: process.stderr }))) return;
  }

  const progress = progressPrinter();
  const { deployment, transactions } = await deployOrBeginAnew({
    node: rpcUrl,
    deployer,
    parameters,
    journal,
    confirmations: Number(options.confirmations ?? (parameters.local ? 1 : 3)),
    pollingIntervalMs: parameters.local ? LOCAL_POLLING_MS : POLLING_MS,
    onProgress: progress.onProgress,
  }).finally(progress.end);
  writeDeployment(parameters.local ? { ...deployment, rpc: rpcUrl } : deployment, out);
  if (options.json) console.log(JSON.stringify(deployment, null, 2));
  else console.log(addressTable(deployment));
  console.error(
    transactions === 0
      ? `Nothing to do: everything was there already, and is as it should be. Addresses in ${out}.`
      : `Done in ${transactions} transactions, handed over and checked. Addresses in ${out}.`,
  );
}

/** A devnet that was started again is another chain; the journal of the earlier one is worth nothing. */
async function deployOrBeginAnew(options: CommandDeployment): Promise<DeployResult> {
  if (!options.parameters.local) return deployBallast(options);
  if (!existsSync(options.journal)) return beginLocal(options);
  try {
    return await deployBallast(options);
  } catch (error) {
    if (!(error instanceof ForeignJournal)) throw error;
    console.error("The journal is of an earlier devnet: beginning anew.");
    rmSync(options.journal, { recursive: true });
    return beginLocal(options);
  }
}

async function beginLocal(options: CommandDeployment): Promise<DeployResult> {
  await mintSeeds(httpProvider(options.node), options.deployer, options.parameters);
  return deployBallast(options);
}

async function dryRun({ parameters, rpcUrl }: Setting, deployer: string): Promise<void> {
  const provider = ethersProvider(httpProvider(rpcUrl), parameters.chainId);
  try {
    const plan = await makePlan(parameters, provider);
    if (!parameters.local) await requireMeans(plan, provider, deployer);
    console.error(
      `Nothing is missing: ${parameters.facilities.length} facilities on ${parameters.network}. Nothing was sent.`,
    );
  } finally {
    provider.destroy();
  }
}

async function checkCommand(options: SettingOptions & { deployment?: string }): Promise<void> {
  const { parameters, rpcUrl } = settingOf(options);
  const deployment = readDeployment(options.deployment ?? deploymentFileOf(parameters));
  const provider = ethersProvider(httpProvider(rpcUrl), parameters.chainId);
  try {
    const { facts } = await checkDeployment({ deployment, parameters, provider, artifacts: new CompiledContracts() });
    console.error(`${facts} facts read from ${parameters.network}; all are as they should be.`);
  } finally {
    provider.destroy();
  }
}

async function run(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const known = error instanceof DeployError;
    console.error(`deploy: ${known ? error.message : error instanceof Error ? (error.stack ?? "") : String(error)}`);
    process.exitCode =
      error instanceof CheckFailed
        ? EXIT.check
        : error instanceof InvalidParameters || error instanceof PreflightFailed
          ? EXIT.parameters
          : EXIT.failed;
  }
}

await program.parseAsync();
