import type { Question, Rpc } from "../chain/rpc.js";
import { RpcError } from "../chain/rpcErrors.js";
import { KeeperError } from "../errors.js";

/** Place of the block among the parameters of what can be asked of the past. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getBlockByNumber: 0,
};
/** Failures at one block after which it is given up: what it asks for is not there. */
const MOST_TRIES = 8;

/** A block of the past cannot be decided, most often because the node has forgotten its state. */
export class NotInThePast extends KeeperError {}

/** A chain that ends at a block of the past: "latest" is that block, and what came after it is not there yet. */
export class PastRpc implements Rpc {
  private tries = 0;
  private trouble = "";

  constructor(
    private readonly rpc: Rpc,
    private block: number,
  ) {}

  /** Time goes on. */
  moveTo(block: number): void {
    this.block = block;
    this.tries = 0;
    this.trouble = "";
  }

  /** A decision about the block failed. */
  failed(error: Error): void {
    this.tries += 1;
    this.trouble = error.message;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    const place = BLOCK_AT[method];
    const tag = place === undefined ? undefined : params[place];
    if (method === "eth_getBlockByNumber" && tag === "latest") this.requireHope();
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

  private requireHope(): void {
    if (this.tries <= MOST_TRIES) return;
    throw new NotInThePast(
      `block ${this.block} cannot be decided: ${this.trouble}. Replaying needs a node that keeps the state of old blocks (an archive)`,
    );
  }
}
