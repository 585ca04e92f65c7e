import { type BaseWallet, BrowserProvider, Network, Transaction, type TransactionLike, getAddress } from "ethers";
import { DeployError } from "./errors.js";

/** The least a node, or something that stands for one, must answer (EIP-1193). */
export interface Eip1193Provider {
  request(args: { readonly method: string; readonly params?: readonly unknown[] | object }): Promise<unknown>;
}

/** An error a node answered with, as EIP-1193 wants it: `code` and `data` are the node's. */
export class RpcError extends DeployError {
  constructor(
    message: string,
    readonly code: number,
    readonly data: unknown,
  ) {
    super(message);
  }
}

interface Answer {
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

const TIMEOUT_MS = 30_000;

/** A node behind a URL. */
export function httpProvider(url: string): Eip1193Provider {
  let id = 0;
  return {
    async request({ method, params = [] }) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      let answer: Answer;
      try {
        answer = JSON.parse(text) as Answer;
      } catch (cause) {
        throw new DeployError(`${url} answered ${method} with ${response.status} and no JSON: ${text.slice(0, 200)}`, {
          cause,
        });
      }
      if (answer.error) throw new RpcError(answer.error.message, answer.error.code, answer.error.data);
      return answer.result;
    },
  };
}

interface RequestedTransaction {
  from: string;
  to?: string;
  data?: string;
  value?: string;
  nonce: string;
  gas: string;
  gasPrice?: string;
  maxFeePerGas?: string;
  maxPriorityFeePerGas?: string;
}

/** The same node with one account whose key stays in this process: transactions are signed here and sent raw. */
export function signingProvider(node: Eip1193Provider, wallet: BaseWallet): Eip1193Provider {
  return {
    async request(args) {
      if (args.method === "eth_accounts") return [wallet.address];
      if (args.method !== "eth_sendTransaction") return node.request(args);
      const [requested] = args.params as [RequestedTransaction];
      if (getAddress(requested.from) !== wallet.address) {
        throw new DeployError(`Asked to sign for ${requested.from}, but the key at hand is that of ${wallet.address}.`);
      }
      const { to, data, value, nonce, gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = requested;
      const like: TransactionLike = {
        ...{ to, data, value, gasPrice, maxFeePerGas, maxPriorityFeePerGas },
        gasLimit: gas,
        nonce: Number(nonce),
        chainId: (await node.request({ method: "eth_chainId" })) as string,
        type: maxFeePerGas === undefined ? 0 : 2,
      };
      const raw = await wallet.signTransaction(Transaction.from(like));
      return node.request({ method: "eth_sendRawTransaction", params: [raw] });
    },
  };
}

/** A view of a node for reading, without caches: what is read is checked. */
export function ethersProvider(node: Eip1193Provider, chainId: number): BrowserProvider {
  const network = Network.from(chainId);
  return new BrowserProvider(node, network, { cacheTimeout: -1, staticNetwork: network });
}
