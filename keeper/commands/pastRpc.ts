import { STATE_AT } from "../chain/pinned.js";
import type { Question, Rpc } from "../chain/rpc.js";
import { RpcError } from "../chain/rpcErrors.js";

/** Place of the block among the parameters of what can be asked of the past. */
const BLOCK_AT: Readonly<Record<string, number>> = { ...STATE_AT, eth_getBlockByNumber: 0 };

/** A chain that ends at a block of the past: "latest" is that block, and what came after it is not there yet. */
export class PastRpc implements Rpc {
  constructor(
    private readonly rpc: Rpc,
    private block: number,
  ) {}

  /** Time goes on. */
  moveTo(block: number): void {
    this.block = block;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    const place = BLOCK_AT[method];
    const tag = place === undefined ? undefined : params[place];
    if (method === "eth_getBlockByNumber" && typeof tag === "string" && Number(tag) > this.block) return null;
    if (method === "eth_sendRawTransaction")
      throw new RpcError(method, -32601, "nothing is sent to the past", undefined);
    const isNewest = tag === "latest" || tag === "pending";
    const asked = isNewest
      ? params.map((one, index) => (index === place ? `0x${this.block.toString(16)}` : one))
      : params;
    return this.rpc.request(method, asked);
  }

  together(questions: readonly Question[]): Promise<unknown[]> {
    return Promise.all(questions.map(async ({ method, params }) => this.request(method, params)));
  }
}
