import type { RpcRequest } from "./faults.js";

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Either what to ask the node instead, or the answer itself. */
type Seen = { readonly ask: RpcRequest; readonly answer?: undefined } | { readonly ask?: undefined; answer: Answer };

/** Place of the block among the parameters. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getTransactionCount: 1,
  eth_getCode: 1,
  eth_getStorageAt: 2,
};

const hex = (value: number): string => `0x${value.toString(16)}`;
const none: Seen = { answer: { result: null } };
const unknown = (message: string): Seen => ({ answer: { error: { code: -32000, message } } });

/** A number, for a tag or a number; undefined for a tag that means the newest. */
function numberOf(tag: unknown): number | undefined {
  return typeof tag === "string" && tag.startsWith("0x") ? Number(tag) : undefined;
}

/** How a node whose newest block is `height` would take a request: geth's habits, in geth's words. */
export async function asOf(
  request: RpcRequest,
  height: number,
  ask: (request: RpcRequest) => Promise<Answer>,
): Promise<Seen> {
  const { method, params = [] } = request;
  const heightOfHash = async (hash: unknown): Promise<number> => {
    const { result } = await ask({ method: "eth_getBlockByHash", params: [hash, false] });
    return Number((result as { number?: string } | null)?.number ?? Infinity);
  };

  if (method === "eth_blockNumber") return { answer: { result: hex(height) } };
  if (method === "eth_getBlockByNumber") {
    const number = numberOf(params[0]);
    if (number !== undefined && number > height) return none;
    return { ask: { ...request, params: [hex(number ?? height), params[1] ?? false] } };
  }
  if (method === "eth_getBlockByHash") return (await heightOfHash(params[0])) > height ? none : { ask: request };
  if (method === "eth_getLogs") return logsAsOf(request, height, heightOfHash);
  if (method === "eth_getTransactionReceipt") {
    const answer = await ask(request);
    const mined = (answer.result as { blockNumber?: string } | null)?.blockNumber;
    return mined !== undefined && Number(mined) > height ? none : { answer };
  }
  const place = BLOCK_AT[method];
  if (place === undefined) return { ask: request };
  const block = params[place];
  if (typeof block === "object" && block !== null && "blockHash" in block) {
    return (await heightOfHash(block.blockHash)) > height ? unknown("header not found") : { ask: request };
  }
  const number = numberOf(block);
  if (number !== undefined && number > height) return unknown("header not found");
  const changed = [...params];
  changed[place] = hex(number ?? height);
  return { ask: { ...request, params: changed } };
}

async function logsAsOf(
  request: RpcRequest,
  height: number,
  heightOfHash: (hash: unknown) => Promise<number>,
): Promise<Seen> {
  const [filter = {}] = (request.params ?? []) as { blockHash?: string; fromBlock?: string; toBlock?: string }[];
  if (filter.blockHash !== undefined) {
    return (await heightOfHash(filter.blockHash)) > height ? unknown("unknown block") : { ask: request };
  }
  const from = numberOf(filter.fromBlock) ?? height;
  if (from > height) return { answer: { result: [] } };
  const toBlock = hex(Math.min(numberOf(filter.toBlock) ?? height, height));
  return { ask: { ...request, params: [{ ...filter, fromBlock: hex(from), toBlock }] } };
}
