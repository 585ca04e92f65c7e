import type { Head } from "../chain/node.js";
import { RpcError, TransportError } from "../chain/rpcErrors.js";

/** Nodes keep the state of the last 128 blocks, unless they keep all; with blocks of 200 ms those are 26 seconds. */
export const SURELY_KEPT_BLOCKS = 64;

/**
 * Asks at an earlier block or, where that is so long ago that nodes need not have its state any more, at `head`: after a pause
 * of minutes what was mined before it must still be booked, and what is asked here hardly changes.
 */
export async function atOrNow<T>(block: number, head: Head, ask: (at: number) => Promise<T>): Promise<T> {
  try {
    return await ask(block);
  } catch (error) {
    if (head.number - block < SURELY_KEPT_BLOCKS || !isGone(error)) throw error;
    return ask(head.number);
  }
}

/** Nodes agree on no words for it; that the node fails as such would be said at the head too. */
const isGone = (error: unknown): boolean =>
  error instanceof RpcError ? !error.isRevert : error instanceof TransportError && error.kind === "not-here";
