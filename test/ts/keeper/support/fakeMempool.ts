import { Transaction } from "ethers";
import type { Head, Log, Receipt } from "../../../../keeper/chain/node.js";
import { RpcError, TransportError } from "../../../../keeper/chain/rpcErrors.js";
import type { SendNode } from "../../../../keeper/dispatch/context.js";

/** Ways in which sending goes wrong. */
export type SendFault =
  | "answer-lost" // taken, but nobody is told
  | "request-lost" // never arrives
  | "swallowed" // accepted, then forgotten
  | "rejected"
  | "no-funds"
  | "pool-full"
  | "rate-limited"
  | "gas-limit";

const REFUSALS: Partial<Record<SendFault, readonly [number, string]>> = {
  rejected: [-32000, "intrinsic gas too low"],
  "no-funds": [-32000, "insufficient funds for gas * price + value"],
  "pool-full": [-32000, "txpool is full"],
  "rate-limited": [-32005, "too many requests"],
  "gas-limit": [-32000, "exceeds block gas limit"],
};

interface Account {
  mined: number;
  readonly waiting: Map<number, Transaction>;
}

interface Block {
  readonly number: number;
  readonly hash: string;
  /** Undefined are those of another process with the same key. */
  readonly transactions: { readonly from: string; readonly nonce: number; readonly transaction?: Transaction }[];
}

/** What a transaction does when it is mined. */
export interface Execution {
  readonly status: number;
  readonly logs: readonly Log[];
}

/** Several accounts' transactions on a chain with the rules of geth's pool: nonces, replacements by a tenth more, blocks. */
export class FakeMempool implements SendNode {
  readonly receipts = new Map<string, Receipt>();
  readonly blocks: Block[] = [];
  /** Faults of the next sends, in order. */
  faults: SendFault[] = [];
  sends: string[] = [];
  /** Calls of each method. */
  readonly asked: Record<string, number> = {};
  baseFee = 1_000n;
  balanceWei = 10n ** 20n;
  leastTip = 0n;
  secondsPerBlock = 2n;
  execute: (transaction: Transaction, from: string) => Execution = () => ({ status: 1, logs: [] });

  private readonly accounts = new Map<string, Account>();
  private forks = 0;

  account(address: string): Account {
    const key = address.toLowerCase();
    let account = this.accounts.get(key);
    if (account === undefined) this.accounts.set(key, (account = { mined: 0, waiting: new Map() }));
    return account;
  }

  // ---- what a node answers ----

  send(raw: string): Promise<void> {
    this.count("send");
    const fault = this.faults.shift();
    this.sends.push(raw);
    if (fault === "request-lost") return Promise.reject(new TransportError("eth_sendRawTransaction", "timeout"));
    const refusal = fault && REFUSALS[fault];
    if (refusal !== undefined) return refuse(...refusal);
    const transaction = Transaction.from(raw);
    const { mined, waiting } = this.account(transaction.from ?? "");
    if (transaction.nonce < mined) {
      return refuse(-32000, `nonce too low: next nonce ${mined}, tx nonce ${transaction.nonce}`);
    }
    const other = waiting.get(transaction.nonce);
    if (other?.hash === transaction.hash) return refuse(-32000, "already known");
    if ((transaction.maxPriorityFeePerGas ?? 0n) < this.leastTip) {
      return refuse(-32000, `transaction underpriced: gas tip cap 1, minimum needed ${this.leastTip}`);
    }
    if ((transaction.maxFeePerGas ?? 0n) < this.baseFee) {
      return refuse(-32000, `max fee per gas less than block base fee: baseFee: ${this.baseFee}`);
    }
    if (other !== undefined && !paysMore(transaction, other)) {
      return refuse(-32000, "replacement transaction underpriced");
    }
    if (fault !== "swallowed") waiting.set(transaction.nonce, transaction);
    if (fault === "answer-lost") return Promise.reject(new TransportError("eth_sendRawTransaction", "timeout"));
    return Promise.resolve();
  }

  receipt(hash: string): Promise<Receipt | undefined> {
    this.count("receipt");
    return Promise.resolve(this.receipts.get(hash));
  }

  knows(hash: string): Promise<boolean> {
    this.count("knows");
    const isWaiting = [...this.accounts.values()].some(({ waiting }) =>
      [...waiting.values()].some((one) => one.hash === hash),
    );
    return Promise.resolve(this.receipts.has(hash) || isWaiting);
  }

  transactionCount(address: string, at: "latest" | "pending"): Promise<number> {
    this.count("transactionCount");
    const { mined, waiting } = this.account(address);
    let count = mined;
    if (at === "pending") while (waiting.has(count)) count += 1;
    return Promise.resolve(count);
  }

  balance(_: string): Promise<bigint> {
    this.count("balance");
    return Promise.resolve(this.balanceWei);
  }

  head(): Promise<Head> {
    this.count("head");
    return Promise.resolve(this.newest);
  }

  // ---- what happens on the chain ----

  get block(): number {
    return this.blocks.length;
  }

  get newest(): Head {
    const { number, hash } = this.blocks.at(-1) ?? { number: 0, hash: "0xgenesis" };
    return {
      ...{ number, hash, parentHash: "0x", timestamp: 1_000n + BigInt(number) * this.secondsPerBlock },
      baseFeePerGas: this.baseFee,
    };
  }

  /** A block with whatever can be mined of all accounts but `without`, or with nothing. */
  mine({ empty = false, without = [] as readonly string[] } = {}): Head {
    const number = this.blocks.length + 1;
    const hash = `0x${number}-${this.forks}`;
    const transactions: { from: string; nonce: number; transaction: Transaction }[] = [];
    for (const [from, account] of this.accounts) {
      if (empty || without.some((one) => one.toLowerCase() === from)) continue;
      for (let next = account.waiting.get(account.mined); next !== undefined;) {
        if ((next.maxFeePerGas ?? 0n) < this.baseFee) break;
        account.waiting.delete(account.mined);
        account.mined += 1;
        transactions.push({ from, nonce: next.nonce, transaction: next });
        next = account.waiting.get(account.mined);
      }
    }
    this.blocks.push({ number, hash, transactions });
    for (const { from, transaction } of transactions) {
      const transactionHash = transaction.hash ?? "";
      const { status, logs } = this.execute(transaction, from);
      this.receipts.set(transactionHash, {
        ...{ transactionHash, blockNumber: number, blockHash: hash, status, logs: [...logs] },
        ...{ gasUsed: 100n, effectiveGasPrice: 1n },
      });
    }
    return this.newest;
  }

  /** Takes back the newest blocks; their transactions wait again, or are forgotten. */
  reorganise(depth: number, { forget = false } = {}): number {
    this.forks += 1;
    for (let i = 0; i < depth; i++) {
      const block = this.blocks.pop();
      if (block === undefined) break;
      for (const { from, nonce, transaction } of block.transactions) {
        const account = this.account(from);
        account.mined = Math.min(account.mined, nonce);
        if (transaction === undefined) continue;
        this.receipts.delete(transaction.hash ?? "");
        if (!forget && !account.waiting.has(nonce)) account.waiting.set(nonce, transaction);
      }
    }
    return this.blocks.length;
  }

  /** Another process with the same key uses up a nonce. */
  foreign(address: string): void {
    const account = this.account(address);
    account.waiting.delete(account.mined);
    account.mined += 1;
    this.mine({ empty: true });
    this.blocks.at(-1)?.transactions.push({ from: address.toLowerCase(), nonce: account.mined - 1 });
  }

  forgetWaiting(): void {
    for (const { waiting } of this.accounts.values()) waiting.clear();
  }

  /** Different transactions that were mined. */
  get minedHashes(): string[] {
    return [...this.receipts.keys()];
  }

  private count(method: string): void {
    this.asked[method] = (this.asked[method] ?? 0) + 1;
  }
}

function refuse(code: number, message: string): Promise<never> {
  return Promise.reject(new RpcError("eth_sendRawTransaction", code, message, undefined));
}

function paysMore(next: Transaction, last: Transaction): boolean {
  const enough = (a: bigint | null, b: bigint | null): boolean => (a ?? 0n) * 10n >= (b ?? 0n) * 11n;
  return enough(next.maxFeePerGas, last.maxFeePerGas) && enough(next.maxPriorityFeePerGas, last.maxPriorityFeePerGas);
}
