import type { Command } from "commander";
import type { Deployment } from "../../sdk/client/deployment.js";
import { identityOf, liquidatorOf } from "../boot.js";
import type { Identity } from "../chain/identity.js";
import { KEY_VARIABLE, PASSWORD_VARIABLE } from "../config/fields.js";
import type { Config } from "../config/schema.js";
import { openSigners } from "../keys/open.js";
import { configured } from "./configured.js";
import type { Io } from "./io.js";
import { type Options, configOf, openSession, untilServed } from "./session.js";
import { startKeeper } from "./start.js";

export function runCommand(program: Command, io: Io): void {
  const command = program
    .command("run", { isDefault: true })
    .description("watch, decide and send; what is done where no command is named")
    .action(async (options: Options) => run(options, io));
  configured(command, {
    about: `The key never is an argument: ${KEY_VARIABLE}, --key-file, --keystore with --password-file or ${PASSWORD_VARIABLE}, or --keys.
Logs go to stderr, --report lines to stdout.`,
  });
}

async function run(options: Options, io: Io): Promise<void> {
  const signers = await openSigners(configOf(options, io.environment), io.environment);
  const [first, ...others] = signers;
  const operators = [first.address, ...others.map(({ address }) => address)] as const;
  const held = (deployment: Deployment, config: Config): Identity =>
    identityOf(deployment, liquidatorOf(config.liquidator, deployment), operators);
  const session = openSession(options, io, held);
  const liquidator = liquidatorOf(session.config.liquidator, session.deployment);
  await untilServed(() => session.connection.rpc.ready());
  await startKeeper(session, io, { mode: "run", operators, liquidator, sends: { signers } });
}
