import { KeeperError } from "../errors.js";

/** No usable answer: timeout, refused connection, HTTP status, something that is not JSON-RPC. Whether it was done is unknown. */
export class TransportError extends KeeperError {
  constructor(
    readonly method: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`${method} got no usable answer from the node: ${why}`, options);
  }
}

/** The node understood and refused. */
export class RpcError extends KeeperError {
  constructor(
    readonly method: string,
    readonly code: number,
    readonly reason: string,
    readonly data: string | undefined,
  ) {
    super(`${method} was refused by the node: ${reason} (${code})`);
  }

  /** Whether a call was executed and reverted, as against refused. Nodes agree on neither code nor words. */
  get isRevert(): boolean {
    return this.code === 3 || /revert/i.test(this.reason);
  }

  /** Whether a range of logs was too much for the node: ask for half of it. */
  get isTooMuch(): boolean {
    return this.code === -32005 || /(limit|too (many|large|wide)|range|exceed)/i.test(this.reason);
  }
}
