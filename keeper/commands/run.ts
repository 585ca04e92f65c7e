import type { Command } from "commander";
import { checkChain, liquidatorOf } from "../boot.js";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "../config/fields.js";
import { addConfigOptions, configEpilogue } from "../config/help.js";
import { loadKey } from "../config/key.js";
import { EXIT_CODES_HELP } from "./exit.js";
import type { Io } from "./io.js";
import { type Options, openSession, untilServed } from "./session.js";
import { signedSender, startKeeper } from "./start.js";

export function runCommand(program: Command, io: Io): void {
  const command = program
    .command("run", { isDefault: true })
    .description("watch, decide and send; what is done where no command is named")
    .action(async (options: Options) => run(options, io));
  addConfigOptions(command).addHelpText(
    "after",
    `${configEpilogue()}

The key never is an argument: ${KEY_VARIABLE}, --key-file, or --keystore with --password-file or ${PASSWORD_VARIABLE}.
Logs go to stderr, --report lines to stdout.
${EXIT_CODES_HELP}`,
  );
}

async function run(options: Options, io: Io): Promise<void> {
  const session = openSession(options, io);
  const { config, deployment, node } = session;
  const wallet = loadKey(config, io.environment);
  const liquidator = liquidatorOf(config.liquidator, deployment);
  await untilServed(() => checkChain(node, deployment, liquidator, wallet.address));
  const sender = signedSender(session, wallet);
  await startKeeper(session, io, { mode: "run", operator: wallet.address, liquidator, sender });
}
