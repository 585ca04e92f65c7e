import { quoterAt, read } from "../chain/contracts.js";
import type { At, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { type Point, SaleCurve } from "./curve.js";

/** What selling on the market brings, as of one block. */
export interface Market {
  /** @returns units of the path's last token for `amountIn` of its first; undefined where so much cannot be sold */
  proceeds(path: string, amountIn: bigint): Promise<bigint | undefined>;
}

/** Asks Uniswap's QuoterV2. */
export class QuotedMarket implements Market {
  constructor(
    private readonly node: Node,
    private readonly quoter: string,
    private readonly from: string,
    private readonly at: At,
  ) {}

  async proceeds(path: string, amountIn: bigint): Promise<bigint | undefined> {
    try {
      const [amountOut] = await read(
        this.node,
        quoterAt(this.quoter),
        "quoteExactInput",
        [path, amountIn],
        this.at,
        this.from,
      );
      return amountOut;
    } catch (error) {
      // A pool without liquidity. A node that does not answer is another matter.
      if (error instanceof RpcError && error.isRevert) return undefined;
      throw error;
    }
  }
}

/**
 * Where a curve is asked for, in 64ths of all that may be sold: close together in proportion, so that a small sale is planned
 * as exactly as a large one.
 */
const SAMPLES = [1n, 2n, 4n, 8n, 12n, 16n, 24n, 32n, 48n, 64n] as const;

/**
 * The curve of each path, up to the amount that may be sold on it. All quotes are of one block and asked at once: their number
 * depends on the paths, not on how many loans are sold over them.
 */
export async function sampleCurves(market: Market, most: ReadonlyMap<string, bigint>): Promise<Map<string, SaleCurve>> {
  const entries = [...most].map(async ([path, amount]) => {
    const amounts = [...new Set(SAMPLES.map((part) => (amount * part) / 64n))].filter((one) => one > 0n);
    const quotes = await Promise.all(
      amounts.map(async (amountIn) => ({ amountIn, amountOut: await market.proceeds(path, amountIn) })),
    );
    const known = quotes.flatMap(({ amountIn, amountOut }): Point[] =>
      amountOut === undefined ? [] : [{ amountIn, amountOut }],
    );
    return [path, new SaleCurve(known)] as const;
  });
  return new Map(await Promise.all(entries));
}
