import type { Endpoint } from "./endpoint.js";
import type { BlockIdentity } from "./rpc.js";
import { RpcError } from "./rpcErrors.js";

/** Place of the block among the parameters of what is asked of a block's state. */
export const STATE_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
};

/** How to ask an endpoint for the state of one block, whatever it has under the block's number. */
export interface PinnedRead {
  readonly block: number;
  readonly ask: (endpoint: Endpoint) => Promise<unknown>;
}

/**
 * @param isPending whether the decision is about the block being built: then calls at the newest are meant for that one
 * @returns undefined for a request that is not for the state of a pinned block
 */
export function atPin(
  method: string,
  params: readonly unknown[],
  pins: ReadonlyMap<number, BlockIdentity>,
  isPending: boolean,
): PinnedRead | undefined {
  const place = STATE_AT[method];
  const tag = place === undefined ? undefined : params[place];
  if (isPending && tag === "latest" && (method === "eth_call" || method === "eth_estimateGas")) {
    const ahead = params.map((one, index) => (index === place ? "pending" : one));
    return { block: -1, ask: async (endpoint) => endpoint.request(method, ahead) };
  }
  if (place === undefined || typeof tag !== "string" || !tag.startsWith("0x")) return undefined;
  const block = Number(tag);
  const pin = pins.get(block);
  if (pin === undefined) return undefined;
  const at = (value: unknown): unknown[] => params.map((one, index) => (index === place ? value : one));
  if (pin === "pending") {
    return { block: block - 1, ask: async (endpoint) => endpoint.request(method, at("pending")) };
  }
  const byHash = at({ blockHash: pin.hash, requireCanonical: true });
  const ask = async (endpoint: Endpoint): Promise<unknown> => {
    if (endpoint.takesHashes !== false) {
      try {
        const result = await endpoint.request(method, byHash);
        endpoint.takesHashes = true;
        return result;
      } catch (error) {
        if (endpoint.takesHashes === true || !isAboutForm(error)) throw error;
        endpoint.takesHashes = false;
      }
    }
    // No hashes here: the block under the number is asked for in the same breath and must be the one meant.
    const [header, answer] = await endpoint.answers([
      { method: "eth_getBlockByNumber", params: [tag, false] },
      { method, params },
    ]);
    if (header?.ok === false) throw header.error;
    const hash = (header?.result as { readonly hash?: unknown } | null | undefined)?.hash;
    if (hash !== pin.hash)
      throw new RpcError(method, -32001, `block ${pin.hash} not found: ${block} is another here`, undefined);
    if (answer?.ok === false) throw answer.error;
    return answer?.result;
  };
  return { block, ask };
}

/** EIP-1898 is not known here: the object was taken for a malformed block number. */
function isAboutForm(error: unknown): boolean {
  return error instanceof RpcError && (error.kind === "unsupported" || error.code === -32602);
}
