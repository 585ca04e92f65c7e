import { type Logger, pino } from "pino";
import type { Deployment } from "../../sdk/client/deployment.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";
import { isNoAnswer } from "../chain/rpcErrors.js";
import { type Connection, connect } from "../chain/connect.js";
import type { Identity } from "../chain/identity.js";
import { Node } from "../chain/node.js";
import type { Rpc } from "../chain/rpc.js";
import { loadConfig } from "../config/load.js";
import type { Config } from "../config/schema.js";
import { InvalidConfig } from "../errors.js";
import { StoreFailed } from "../store/errors.js";
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
  readonly rpc: Rpc;
  readonly node: Node;
  readonly connection: Connection;
}

export function configOf(options: Options, environment: NodeJS.ProcessEnv): Config {
  const { config: file, ...flags } = options;
  return loadConfig(flags, environment, typeof file === "string" ? file : undefined);
}

/**
 * @param identityOf what every endpoint is held to before it is believed; without it an endpoint is only asked which chain it is of
 */
export function openSession(
  options: Options,
  { environment }: Io,
  identityOf?: (deployment: Deployment, config: Config) => Identity,
): Session {
  const config = configOf(options, environment);
  const log = pino({ level: config.logLevel, base: {} }, pino.destination({ fd: 2, sync: true }));
  const deployment = readDeployment(config.deployment);
  const urls = config.rpc ?? [deployment.rpc ?? []].flat();
  if (urls.length === 0) throw new InvalidConfig(`no node: give --rpc, as ${config.deployment} names none`);
  const metrics = new Metrics();
  const identity = identityOf?.(deployment, config);
  const connection = connect({
    rpc: urls,
    wsRpc: config.wsRpc,
    chainId: deployment.chainId,
    timeoutMs: config.requestTimeoutMs,
    maxBatch: config.maxBatch,
    verify: async (endpoint) => identity?.verify(endpoint),
    observer: {
      answer: (endpoint, _, ms, outcome) => {
        metrics.requests.inc({ endpoint, outcome });
        metrics.requestSeconds.observe({ endpoint }, ms / 1_000);
      },
      fault: ({ method }) => metrics.faults.inc({ method }),
      failover: (from, to) => {
        metrics.failovers.inc();
        log.info({ from, to }, "another node is preferred");
      },
      excluded: (endpoint, why) => log.error({ endpoint, why: why.message }, "a node is not asked any more"),
      readmitted: (endpoint) => log.info({ endpoint }, "a node is asked again"),
    },
  });
  return { config, deployment, log, metrics, urls, rpc: connection.rpc, node: new Node(connection.rpc), connection };
}

/** A node or a database that is not up yet is waited for; one that is wrong is not. */
export async function untilServed<T>(step: () => Promise<T>): Promise<T> {
  let told = false;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Error) || !(isNoAnswer(error) || error instanceof StoreFailed)) throw error;
      if (!told) process.stderr.write(`keeper: waiting: ${error.message}\n`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
