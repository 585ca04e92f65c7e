import {
  createTestClient,
  defineChain,
  encodeDeployData,
  getAddress,
  http,
  publicActions,
  TransactionReceiptNotFoundError,
  walletActions,
  type Abi,
  type Address,
  type Hex,
  type PrivateKeyAccount,
  type TransactionReceipt,
} from "viem";
import { setTimeout as sleep } from "node:timers/promises";
import { DevnetError } from "./errors.js";

const RECEIPT_SECONDS = 60;
/** wei */
const TIP = 1_000_000n;

function openClient(id: number, name: string, url: string) {
  const chain = defineChain({
    id,
    name,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  // No cache: the driver reads what it has just changed.
  return createTestClient({ mode: "anvil", chain, transport: http(url, { timeout: 60_000 }), cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions);
}

/**
 * An estimate is made at the last block's second; the block that is mined may be at a later one and write more, such as
 * a pool's observation. EIP-7825 caps what a transaction may ask for.
 */
const withMargin = (estimate: bigint) => {
  const padded = (estimate * 5n) / 4n + 100_000n;
  return padded < TRANSACTION_GAS_LIMIT ? padded : TRANSACTION_GAS_LIMIT;
};
const TRANSACTION_GAS_LIMIT = 16_777_215n;

export interface Call {
  to?: Address;
  data?: Hex;
  /** wei */
  value?: bigint;
  gas?: bigint;
}

/** One of the two chains: a client for it, and sending that ends in a receipt or an error. */
export class Chain {
  readonly client: ReturnType<typeof openClient>;
  /** What has to be done once a call is sent: by hand, mine the block it waits for. See pace.ts. */
  afterSend: (() => Promise<unknown>) | undefined;
  /** What has to be done once a call is mined, before the next one may be. */
  afterMined: (() => Promise<unknown>) | undefined;
  /** wei; what a call may pay for gas besides the tip. Without it, twice the last block's base fee. */
  feeCap: (() => bigint) | undefined;

  constructor(
    readonly name: string,
    readonly id: number,
    readonly url: string,
  ) {
    this.client = openClient(id, name, url);
  }

  /** Any JSON-RPC method by name. */
  rpc(method: string, params: unknown[] = []): Promise<unknown> {
    return (this.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({
      method,
      params,
    });
  }

  /** Sends a call and waits for its receipt; a revert is an error. */
  async send(from: PrivateKeyAccount, call: Call): Promise<TransactionReceipt> {
    const [nonce, gas, feeCap] = await Promise.all([
      this.client.getTransactionCount({ address: from.address, blockTag: "pending" }),
      call.gas ?? this.client.estimateGas({ account: from.address, ...call }).then(withMargin),
      this.feeCap?.() ?? this.client.getBlock().then(({ baseFeePerGas }) => 2n * (baseFeePerGas ?? 0n)),
    ]);
    const raw = await from.signTransaction({
      ...{ ...call, chainId: this.id, type: "eip1559", nonce, gas },
      ...{ maxFeePerGas: feeCap + TIP, maxPriorityFeePerGas: TIP },
    });
    return this.settle((await this.rpc("eth_sendRawTransaction", [raw])) as Hex);
  }

  /** Sends a call as an address whose key no one has. Only a local node allows it. */
  async sendAs(from: Address, call: Call): Promise<TransactionReceipt> {
    await this.client.impersonateAccount({ address: from });
    const hash = await this.client.sendTransaction({ account: from, ...call });
    const receipt = await this.settle(hash);
    await this.client.stopImpersonatingAccount({ address: from });
    return receipt;
  }

  async deploy(from: PrivateKeyAccount, artifact: { abi: Abi; bytecode: Hex }, args: unknown[] = []): Promise<Address> {
    const receipt = await this.send(from, { data: encodeDeployData({ ...artifact, args }) });
    if (!receipt.contractAddress) throw new DevnetError(`${this.name}: ${receipt.transactionHash} deployed nothing.`);
    return getAddress(receipt.contractAddress);
  }

  private async settle(hash: Hex): Promise<TransactionReceipt> {
    await this.afterSend?.();
    const receipt = await this.receipt(hash);
    await this.afterMined?.();
    if (receipt.status !== "success") throw new DevnetError(`${this.name}: transaction ${hash} reverted.`);
    return receipt;
  }

  /** The receipt of a transaction that is mined or about to be. */
  async receipt(hash: Hex): Promise<TransactionReceipt> {
    const until = Date.now() + RECEIPT_SECONDS * 1000;
    for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
      try {
        return await this.client.getTransactionReceipt({ hash });
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
      }
      if (Date.now() > until)
        throw new DevnetError(`${this.name}: transaction ${hash} was not mined within ${RECEIPT_SECONDS} s.`);
      await sleep(wait);
    }
  }
}
