import type { JsonRpcProvider } from "ethers";
import { scanLogs } from "../../sdk/client/logs.js";
import { swapEvents } from "../uniswapEvents.js";
import type { Flow } from "./snapshot.js";

/** The Uniswap pool that collateral is sold in. */
export interface UniswapPool {
  pool: string;
  btcIsToken0: boolean;
}

/** What went into a Uniswap pool by its own events, from one block to another. */
export async function readSwapped(
  provider: JsonRpcProvider,
  { pool, btcIsToken0 }: UniswapPool,
  fromBlock: number,
  toBlock: number,
): Promise<Flow> {
  const swapped: Flow = { btc: 0n, usd: 0n };
  for (const log of await scanLogs(provider, { address: pool }, fromBlock, toBlock)) {
    const event = swapEvents.parseLog(log);
    if (event?.name !== "Swap") continue;
    const { amount0 = 0n, amount1 = 0n } = event.args.toObject() as Record<string, bigint>;
    swapped.btc += btcIsToken0 ? amount0 : amount1;
    swapped.usd += btcIsToken0 ? amount1 : amount0;
  }
  return swapped;
}
