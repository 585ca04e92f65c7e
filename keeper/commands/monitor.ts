import { type Command, Option } from "commander";
import { getAddress, isAddress } from "ethers";
import type { Deployment } from "../../sdk/client/deployment.js";
import { checkChain, identityOf, liquidatorOf } from "../boot.js";
import { liquidatorAt, read } from "../chain/contracts.js";
import type { Identity } from "../chain/identity.js";
import type { Node } from "../chain/node.js";
import { GROUPS } from "../config/field.js";
import type { Config } from "../config/schema.js";
import { InvalidConfig } from "../errors.js";
import { DrySender } from "./drySender.js";
import { configured } from "./configured.js";
import type { Io } from "./io.js";
import { type Options, openSession, untilServed } from "./session.js";
import { startKeeper } from "./start.js";

const GROUPS_OF_WATCHING = GROUPS.filter((group) => group !== "Keys");

export function monitorCommand(program: Command, io: Io): void {
  const command = program
    .command("monitor")
    .description("everything that run does but send; needs no key")
    .addOption(asOption())
    .action(async (options: Options) => monitor(options, io));
  configured(command, { groups: GROUPS_OF_WATCHING });
}

/** Also of other commands that decide without a key. */
export const asOption = (): Option =>
  new Option("--as <address>", "operator to decide for (default: the Liquidator's owner, who may use it)").helpGroup(
    "Configuration:",
  );

async function monitor({ as, ...options }: Options, io: Io): Promise<void> {
  const held = (deployment: Deployment, config: Config): Identity =>
    identityOf(deployment, liquidatorOf(config.liquidator, deployment), []);
  const session = openSession(options, io, held);
  const { config, deployment, node } = session;
  const liquidator = liquidatorOf(config.liquidator, deployment);
  await untilServed(() => session.connection.rpc.ready());
  let operator = "";
  await untilServed(async () => {
    operator = await operatorFor(as, node, deployment, liquidator);
  });
  await startKeeper(session, io, {
    ...{ mode: "monitor", operators: [operator], liquidator },
    sends: { dry: () => new DrySender(node, operator) },
  });
}

/** Who is to be the operator where there is no key, checked as one with a key would be. */
export async function operatorFor(
  as: Options[string],
  node: Node,
  deployment: Deployment,
  liquidator: string,
): Promise<string> {
  if (typeof as === "string") {
    if (!isAddress(as)) throw new InvalidConfig(`--as ${String(as)} is not an address`);
    await checkChain(node, deployment, liquidator, getAddress(as));
    return getAddress(as);
  }
  await checkChain(node, deployment, liquidator);
  return read(node, liquidatorAt(liquidator), "owner", []);
}
