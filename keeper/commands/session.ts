import { type Logger, pino } from "pino";
import type { Deployment } from "../../sdk/client/deployment.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";
import { Node } from "../chain/node.js";
import { JsonRpc } from "../chain/rpc.js";
import { TransportError } from "../chain/rpcErrors.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/schema.js";
import { InvalidConfig } from "../errors.js";
import type { Io } from "./io.js";
import { Metrics } from "../serve/metrics.js";

/** As commander gives them: text, or true for a switch. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

/** What every command that asks a node needs. */
export interface Session {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Nodes to ask, the best first. */
  readonly urls: readonly string[];
  readonly rpc: Pick<JsonRpc, "request">;
  readonly node: Node;
}

export function configOf(options: Options, environment: NodeJS.ProcessEnv): Config {
  const { config: file, ...flags } = options;
  return loadConfig(flags, environment, typeof file === "string" ? file : undefined);
}

export function openSession(options: Options, { environment }: Io): Session {
  const config = configOf(options, environment);
  const log = pino({ level: config.logLevel, base: {} }, pino.destination({ fd: 2, sync: true }));
  const deployment = readDeployment(config.deployment);
  const urls = [config.rpc ?? deployment.rpc ?? []].flat();
  const [url] = urls;
  if (url === undefined) throw new InvalidConfig(`no node: give --rpc, as ${config.deployment} names none`);
  const metrics = new Metrics();
  const rpc = new JsonRpc(url, config.requestTimeoutMs);
  rpc.onFault = ({ method }) => metrics.faults.inc({ method });
  return { config, deployment, log, metrics, urls, rpc, node: new Node(rpc) };
}

/** A node that is not up yet is waited for; one that is wrong is not. */
export async function untilServed(step: () => Promise<void>): Promise<void> {
  let told = false;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (!told) process.stderr.write(`keeper: waiting for the node: ${error.message}\n`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
