import type { Command } from "commander";
import type { Deployment } from "../../sdk/client/deployment.js";
import { identityOf, liquidatorOf } from "../boot.js";
import type { Identity } from "../chain/identity.js";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "../config/fields.js";
import { addConfigOptions, configEpilogue } from "../config/help.js";
import { loadKey } from "../config/key.js";
import { EXIT_CODES_HELP } from "./exit.js";
import type { Config } from "../config/schema.js";
import { type Options, configOf, openSession, untilServed } from "./session.js";
import { signedSender, startKeeper } from "./start.js";

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
  const wallet = loadKey(configOf(options), process.env);
  const held = (deployment: Deployment, config: Config): Identity =>
    identityOf(deployment, liquidatorOf(config.liquidator, deployment), wallet.address);
  const session = openSession(options, held);
  const liquidator = liquidatorOf(session.config.liquidator, session.deployment);
  await untilServed(() => session.connection.rpc.ready());
  const sender = signedSender(session, wallet);
  await startKeeper(session, { mode: "run", operator: wallet.address, liquidator, sender });
}
