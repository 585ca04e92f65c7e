import { FetchRequest, JsonRpcProvider, Network, isError } from "ethers";
import { ClientError } from "./errors.js";

/** The node did not answer, or not what a node answers. */
export class NodeUnreachable extends ClientError {
  constructor(where: string, options?: ErrorOptions) {
    super(
      `the node${where === "" ? "" : ` at ${where}`} does not answer as a node does: is it running, and is the address right?`,
      options,
    );
  }
}

/** The account cannot pay for the transaction. */
export class TooLittleEther extends ClientError {}

/** How long one request may take. */
const REQUEST_TIMEOUT = 20_000;

/**
 * A provider for programs that ask, act and end: it fails within seconds where ethers' own would try for ever, and it never
 * answers from a cache.
 *
 * @param chainId of the deployment; whether the node agrees is checkNetwork's question
 */
export function nodeAt(url: string, chainId: number): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = REQUEST_TIMEOUT;
  // 429s are tried again by ethers, with pauses; that is enough of patience.
  request.setThrottleParams({ maxAttempts: 4 });
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    pollingInterval: 500,
  });
}

const UNREACHABLE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|socket hang up|not valid JSON/;
const TOO_LITTLE_ETHER = /insufficient funds|doesn't have enough funds|gas required exceeds allowance/i;

/** What a provider threw, as an error of ours with a sentence, where it was the network's fault or the account's. */
export function networkFault(error: unknown, where = ""): ClientError | undefined {
  if (error instanceof ClientError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (isError(error, "INSUFFICIENT_FUNDS") || TOO_LITTLE_ETHER.test(text)) {
    return new TooLittleEther("the account holds too little ether for gas, the L1 data fee and the operator fee", {
      cause: error,
    });
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["SERVER_ERROR", "TIMEOUT", "NETWORK_ERROR"].includes(code) || UNREACHABLE.test(`${code} ${text}`)) {
    return new NodeUnreachable(where, { cause: error });
  }
  return undefined;
}
