import { quoterAt, read } from "../chain/contracts.js";
import type { At, Node } from "../chain/node.js";

/** What selling on the market brings, as of one block. */
export interface Market {
  /** @returns units of the path's last token for `amountIn` of its first */
  proceeds(path: string, amountIn: bigint): Promise<bigint>;
}

/** Asks Uniswap's QuoterV2, each question once. */
export class QuotedMarket implements Market {
  private readonly asked = new Map<string, Promise<bigint>>();

  constructor(
    private readonly node: Node,
    private readonly quoter: string,
    private readonly from: string,
    private readonly at: At,
  ) {}

  proceeds(path: string, amountIn: bigint): Promise<bigint> {
    if (amountIn === 0n) return Promise.resolve(0n);
    const key = `${path}/${amountIn}`;
    const known = this.asked.get(key);
    if (known !== undefined) return known;
    const answer = read(this.node, quoterAt(this.quoter), "quoteExactInput", [path, amountIn], this.at, this.from).then(
      ([amountOut]) => amountOut,
    );
    this.asked.set(key, answer);
    return answer;
  }
}
