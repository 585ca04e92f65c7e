import { Transaction } from "ethers";
import type { Head, Receipt } from "../../../../keeper/chain/node.js";
import { RpcError } from "../../../../keeper/chain/rpcErrors.js";
import type { SendNode } from "../../../../keeper/dispatch/context.js";

/** A chain for several processes with one account: what they send, by the rules of nonces, and what became of it. */
export class SharedPool implements SendNode {
  /** Mined, by nonce. */
  readonly mined: Transaction[] = [];
  private readonly waiting = new Map<number, Transaction>();
  private block = 1;

  send(raw: string): Promise<void> {
    const next = Transaction.from(raw);
    const other = this.waiting.get(next.nonce);
    if (this.mined.some(({ hash }) => hash === next.hash) || other?.hash === next.hash) return refuse("already known");
    if (next.nonce < this.mined.length) return refuse("nonce too low");
    const isPaidMore = (next.maxFeePerGas ?? 0n) * 10n >= (other?.maxFeePerGas ?? 0n) * 11n;
    if (other !== undefined && !isPaidMore) return refuse("replacement transaction underpriced");
    this.waiting.set(next.nonce, next);
    return Promise.resolve();
  }

  receipt(hash: string): Promise<Receipt | undefined> {
    const nonce = this.mined.findIndex((one) => one.hash === hash);
    if (nonce === -1) return Promise.resolve(undefined);
    const at = { transactionHash: hash, blockNumber: this.block, blockHash: `0x${this.block}` };
    return Promise.resolve({ ...at, status: 1, gasUsed: 1n, effectiveGasPrice: 1n, logs: [] });
  }

  knows(hash: string): Promise<boolean> {
    return Promise.resolve([...this.mined, ...this.waiting.values()].some((one) => one.hash === hash));
  }

  transactionCount(_: string, at: "latest" | "pending"): Promise<number> {
    let count = this.mined.length;
    if (at === "pending") while (this.waiting.has(count)) count += 1;
    return Promise.resolve(count);
  }

  balance(): Promise<bigint> {
    return Promise.resolve(10n ** 20n);
  }

  head(): Promise<Head> {
    return Promise.resolve(this.newest);
  }

  get newest(): Head {
    const { block } = this;
    const hash = (number: number): string => `0x${number}`;
    return { number: block, hash: hash(block), parentHash: hash(block - 1), timestamp: 0n, baseFeePerGas: 1_000n };
  }

  mine(): Head {
    this.block += 1;
    for (let next = this.waiting.get(this.mined.length); next !== undefined;) {
      this.waiting.delete(next.nonce);
      this.mined.push(next);
      next = this.waiting.get(this.mined.length);
    }
    return this.newest;
  }
}

function refuse(message: string): Promise<void> {
  return Promise.reject(new RpcError("eth_sendRawTransaction", -32000, message, undefined));
}
