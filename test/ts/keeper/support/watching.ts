import { setTimeout as sleep } from "node:timers/promises";
import { Endpoint } from "../../../../keeper/chain/endpoint.js";
import { SupervisedRpc, type SupervisorOptions } from "../../../../keeper/chain/supervisedRpc.js";

export const MANAGER = `0x${"aa".repeat(20)}`;
export const TOPIC = `0x${"01".repeat(32)}`;
/** A log of the contract that is watched. */
export const LOG = { address: MANAGER, topics: [TOPIC] } as const;

/** Timers generous enough for a busy machine, short enough for a test. */
const LIMITS = { timeoutMs: 1_500, maxBatch: 20, failures: 3, restMs: 200, longestRestMs: 1_000 } as const;
/** So patient that only a test that says so has a second endpoint asked while the first is slow. */
const OPTIONS: SupervisorOptions = { probeMs: 50, maxLagBlocks: 3, hedgeMs: 10_000 };

/** Endpoints named a, b, c … at these addresses; the first is preferred to begin with. */
export function supervise(
  urls: readonly string[],
  options: Partial<SupervisorOptions> = {},
  limits: Partial<typeof LIMITS> | { readonly timeoutMs: number } = {},
): SupervisedRpc {
  const endpoints = urls.map((url, at) => Endpoint.at("abc"[at] ?? url, url, { ...LIMITS, ...limits }));
  return new SupervisedRpc(endpoints, { ...OPTIONS, ...options });
}

export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`it did not throw, and gave ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

export async function until(condition: () => boolean, what = "it", milliseconds = 5_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !condition(); await sleep(5)) {
    if (Date.now() > end) throw new Error(`${what} did not come about within ${milliseconds} ms`);
  }
}

/** Ends what a test began, last first. */
export class Cleanup {
  private steps: (() => unknown)[] = [];

  add<T extends { stop(): unknown }>(thing: T): T {
    this.steps.push(() => thing.stop());
    return thing;
  }

  async run(): Promise<void> {
    for (const step of this.steps.reverse()) await step();
    this.steps = [];
  }
}
