import type { JsonRpc } from "../chain/rpc.js";
import { RpcError } from "../chain/rpcErrors.js";
import { KeeperError } from "../errors.js";

/** Polls without a decision after which it is given up. */
const MOST_TRIES = 8;

/** A block that cannot be decided, however often it is tried. */
export class NotDecided extends KeeperError {}

/** A keeper waits for a node that fails; a command that looks at one block after another says what failed, and ends. */
export class ImpatientRpc {
  private tries = 0;
  private trouble: unknown;

  constructor(
    private readonly rpc: Pick<JsonRpc, "request">,
    private readonly hint: string,
  ) {}

  /** A block was decided. */
  decided(): void {
    this.tries = 0;
    this.trouble = undefined;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_getBlockByNumber" && params[0] === "latest" && ++this.tries > MOST_TRIES) {
      const why = this.trouble instanceof Error ? this.trouble.message : "its logs do not fit its state";
      throw new NotDecided(`a block cannot be decided: ${why}. ${this.hint}`);
    }
    try {
      return await this.rpc.request(method, params);
    } catch (error) {
      // Calls that revert are answers too; the last of them is what is left to name where nothing else failed.
      if (!(error instanceof RpcError && error.isRevert) || this.trouble === undefined) this.trouble = error;
      throw error;
    }
  }
}
