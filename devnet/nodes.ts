import { startAnvil, type Anvil } from "./anvil.js";
import { DevnetError } from "./errors.js";
import { genesisStates, L1_CHAIN_ID, L2_CHAIN_ID } from "./genesis.js";
import type { ResolvedOptions } from "./options.js";

/** The two node processes. */
export interface Nodes {
  l1: Anvil;
  l2: Anvil;
  /** Resolves with the reason when a node, or what drives it, fails by itself. */
  failed: Promise<Error>;
  fail: (error: unknown) => void;
  stop: () => Promise<void>;
}

/** Starts both from the genuine genesis, at a second that may lie in the past. */
export async function startNodes({ l1Port, l2Port, accounts }: ResolvedOptions, timestamp: number): Promise<Nodes> {
  const genesis = await genesisStates();
  const common = { timestamp, accounts };
  const started = await Promise.allSettled([
    startAnvil({ ...common, chainId: L1_CHAIN_ID, genesis: genesis.l1, port: l1Port, optimism: false }),
    startAnvil({ ...common, chainId: L2_CHAIN_ID, genesis: genesis.l2, port: l2Port, optimism: true }),
  ]);
  const [l1, l2] = started;
  if (l1.status === "fulfilled" && l2.status === "fulfilled") return watch(l1.value, l2.value);
  for (const node of started) if (node.status === "fulfilled") await node.value.stop();
  throw l1.status === "rejected" ? l1.reason : (l2 as PromiseRejectedResult).reason;
}

function watch(l1: Anvil, l2: Anvil): Nodes {
  let stopping = false;
  let report: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (report = resolve));
  const fail = (error: unknown) => {
    if (!stopping) report(error instanceof Error ? error : new DevnetError(String(error)));
  };
  for (const node of [l1, l2]) void node.ended.then(() => fail(new DevnetError(`The node at ${node.url} ended.`)));
  const stop = async () => {
    stopping = true;
    await Promise.all([l1.stop(), l2.stop()]);
  };
  return { l1, l2, failed, fail, stop };
}
