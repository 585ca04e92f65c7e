import { z } from "zod";
import type { JsonRpc } from "./rpc.js";
import { TransportError } from "./rpcErrors.js";

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i)
  .transform((text) => BigInt(text));
const count = quantity.transform(Number);
const hex = z.string().regex(/^0x[0-9a-f]*$/i);

const headSchema = z.object({
  number: count,
  hash: hex,
  parentHash: hex,
  timestamp: quantity,
  baseFeePerGas: quantity.default(0n),
});
const logSchema = z.object({
  address: hex.transform((text) => text.toLowerCase()),
  topics: z.array(hex),
  data: hex,
  blockNumber: count,
  blockHash: hex,
  blockTimestamp: quantity.nullish(),
  transactionHash: hex,
  logIndex: count,
  removed: z.boolean().default(false),
});
const receiptSchema = z.object({
  transactionHash: hex,
  blockNumber: count,
  blockHash: hex,
  status: count,
  gasUsed: quantity,
  effectiveGasPrice: quantity,
  logs: z.array(logSchema),
  l1Fee: quantity.nullish(),
  operatorFeeScalar: quantity.nullish(),
  operatorFeeConstant: quantity.nullish(),
});

export type Head = z.output<typeof headSchema>;
export type Log = z.output<typeof logSchema>;
export type Receipt = z.output<typeof receiptSchema>;
/** A block by its number, or the newest. */
export type At = number | "latest";

export interface Call {
  readonly to: string;
  readonly data: string;
  readonly from?: string;
}

export interface LogFilter {
  readonly addresses: readonly string[];
  readonly range: { readonly from: number; readonly to: number } | { readonly blockHash: string };
}

const tag = (at: At): string => (at === "latest" ? at : `0x${at.toString(16)}`);

/** What the keeper asks of a node, one method a question; the answers are checked before anyone believes them. */
export class Node {
  constructor(private readonly rpc: JsonRpc) {}

  async chainId(): Promise<bigint> {
    return this.ask("eth_chainId", [], quantity);
  }

  /** @returns undefined for a block the node does not have */
  async head(at: At = "latest"): Promise<Head | undefined> {
    return (await this.ask("eth_getBlockByNumber", [tag(at), false], headSchema.nullable())) ?? undefined;
  }

  async logs({ addresses, range }: LogFilter): Promise<Log[]> {
    const where =
      "blockHash" in range ? { blockHash: range.blockHash } : { fromBlock: tag(range.from), toBlock: tag(range.to) };
    return this.ask("eth_getLogs", [{ address: addresses, ...where }], z.array(logSchema));
  }

  async call(call: Call, at: At = "latest"): Promise<string> {
    return this.ask("eth_call", [call, tag(at)], hex);
  }

  async estimateGas(call: Call): Promise<bigint> {
    return this.ask("eth_estimateGas", [call, "latest"], quantity);
  }

  async code(address: string): Promise<string> {
    return this.ask("eth_getCode", [address, "latest"], hex);
  }

  async balance(address: string, at: At = "latest"): Promise<bigint> {
    return this.ask("eth_getBalance", [address, tag(at)], quantity);
  }

  async transactionCount(address: string, at: "latest" | "pending"): Promise<number> {
    return this.ask("eth_getTransactionCount", [address, at], count);
  }

  async send(raw: string): Promise<void> {
    await this.ask("eth_sendRawTransaction", [raw], hex);
  }

  async receipt(hash: string): Promise<Receipt | undefined> {
    return (await this.ask("eth_getTransactionReceipt", [hash], receiptSchema.nullable())) ?? undefined;
  }

  /** Whether the node has the transaction, waiting or mined. */
  async knows(hash: string): Promise<boolean> {
    return (await this.ask("eth_getTransactionByHash", [hash], z.object({ hash: hex }).nullable())) !== null;
  }

  private async ask<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const parsed = schema.safeParse(await this.rpc.request(method, params));
    if (!parsed.success)
      throw new TransportError(method, `an answer of another shape: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  }
}
