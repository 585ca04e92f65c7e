import type { Provider, TransactionReceipt } from "ethers";
import { setTimeout as sleep } from "node:timers/promises";

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/**
 * Waits for a transaction by asking for its receipt. ethers' own waiting asks for blocks in the background, and what it has
 * under way when the provider is closed ends the process with an error nobody can catch.
 *
 * @param timeout milliseconds
 * @returns undefined where it is not mined, or not `confirmations` deep, in time
 */
export async function minedWithin(
  provider: Provider,
  hash: string,
  confirmations: number,
  timeout: number,
): Promise<TransactionReceipt | undefined> {
  const until = Date.now() + timeout;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null && (confirmations <= 1 || (await depthOf(provider, receipt)) >= confirmations)) return receipt;
    if (Date.now() + wait > until) return undefined;
    await sleep(wait);
  }
}

const depthOf = async (provider: Provider, { blockNumber }: TransactionReceipt): Promise<number> =>
  (await provider.getBlockNumber()) - blockNumber + 1;
