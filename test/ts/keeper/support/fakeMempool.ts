import { Transaction } from "ethers";
import type { Head, Receipt } from "../../../../keeper/chain/node.js";
import { RpcError, TransportError } from "../../../../keeper/chain/rpcErrors.js";
import type { SendNode } from "../../../../keeper/dispatch/dispatcher.js";
import type { JournalEntry } from "../../../../keeper/dispatch/journal.js";

/** Ways in which sending goes wrong. */
export type SendFault =
  | "answer-lost" // taken, but nobody is told
  | "request-lost" // never arrives
  | "swallowed" // accepted, then forgotten
  | "rejected"
  | "no-funds";

/** One account's transactions on a chain with the rules of geth's pool: nonces, replacements by a tenth more, blocks. */
export class FakeMempool implements SendNode {
  readonly receipts = new Map<string, Receipt>();
  readonly waiting = new Map<number, Transaction>();
  mined = 0;
  block = 1;
  /** Faults of the next sends, in order. */
  faults: SendFault[] = [];
  sends: string[] = [];

  send(raw: string): Promise<void> {
    const fault = this.faults.shift();
    this.sends.push(raw);
    if (fault === "request-lost") return Promise.reject(new TransportError("eth_sendRawTransaction", "timeout"));
    if (fault === "rejected") return this.refuse(-32000, "intrinsic gas too low");
    if (fault === "no-funds") return this.refuse(-32000, "insufficient funds for gas * price + value");
    const transaction = Transaction.from(raw);
    if (transaction.nonce < this.mined) return this.refuse(-32000, "nonce too low: next nonce 5, tx nonce 4");
    const other = this.waiting.get(transaction.nonce);
    if (other?.hash === transaction.hash) return this.refuse(-32000, "already known");
    if (other !== undefined && !paysMore(transaction, other)) {
      return this.refuse(-32000, "replacement transaction underpriced");
    }
    if (fault !== "swallowed") this.waiting.set(transaction.nonce, transaction);
    if (fault === "answer-lost") return Promise.reject(new TransportError("eth_sendRawTransaction", "timeout"));
    return Promise.resolve();
  }

  receipt(hash: string): Promise<Receipt | undefined> {
    return Promise.resolve(this.receipts.get(hash));
  }

  knows(hash: string): Promise<boolean> {
    return Promise.resolve(this.receipts.has(hash) || [...this.waiting.values()].some((one) => one.hash === hash));
  }

  transactionCount(_: string, at: "latest" | "pending"): Promise<number> {
    let count = this.mined;
    if (at === "pending") while (this.waiting.has(count)) count += 1;
    return Promise.resolve(count);
  }

  get head(): Head {
    return { number: this.block, hash: `0x${this.block}`, parentHash: "0x", timestamp: 0n, baseFeePerGas: 1_000n };
  }

  /** A block with whatever can be mined, or with nothing. */
  mine({ empty = false, status = 1 } = {}): Head {
    this.block += 1;
    for (let next = this.waiting.get(this.mined); next !== undefined && !empty; next = this.waiting.get(this.mined)) {
      const transactionHash = next.hash ?? "";
      this.receipts.set(transactionHash, {
        transactionHash,
        blockNumber: this.block,
        blockHash: `0x${this.block}`,
        status,
        gasUsed: 100n,
        effectiveGasPrice: 1n,
        logs: [],
      });
      this.waiting.delete(this.mined);
      this.mined += 1;
    }
    return this.head;
  }

  /** Another process with the same key uses up a nonce. */
  foreign(): void {
    this.waiting.delete(this.mined);
    this.mined += 1;
    this.block += 1;
  }

  forgetWaiting(): void {
    this.waiting.clear();
  }

  /** How many different transactions were mined. */
  get minedHashes(): string[] {
    return [...this.receipts.keys()];
  }

  private refuse(code: number, message: string): Promise<void> {
    return Promise.reject(new RpcError("eth_sendRawTransaction", code, message, undefined));
  }
}

function paysMore(next: Transaction, last: Transaction): boolean {
  const enough = (a: bigint | null, b: bigint | null): boolean => (a ?? 0n) * 10n >= (b ?? 0n) * 11n;
  return enough(next.maxFeePerGas, last.maxFeePerGas) && enough(next.maxPriorityFeePerGas, last.maxPriorityFeePerGas);
}

/** A journal that outlives the dispatcher, as a file outlives a process. */
export class FakeMemory {
  entries: JournalEntry[] = [];

  entriesFrom(nonce: number): JournalEntry[] {
    return this.entries.filter((entry) => entry.nonce >= nonce);
  }

  append(entry: JournalEntry): void {
    this.entries.push(entry);
  }

  compact(nonce: number): void {
    this.entries = this.entriesFrom(nonce);
  }
}
