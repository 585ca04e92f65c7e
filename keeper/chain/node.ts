import { z } from "zod";
import type { BlockIdentity, Rpc } from "./rpc.js";
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
  /** Which addresses and topics the block's logs may be of; see watch/bloom.ts. */
  logsBloom: hex.nullish().transform((bloom) => bloom ?? undefined),
});
/** A block being built has neither hash nor bloom at many nodes; what tells one state of it from the next is its content. */
const pendingSchema = z.object({
  number: count.nullable(),
  hash: hex.nullish(),
  parentHash: hex,
  timestamp: quantity,
  baseFeePerGas: quantity.default(0n),
  transactions: z.array(z.unknown()).default([]),
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

export type Head = Omit<z.output<typeof headSchema>, "logsBloom"> & { readonly logsBloom?: string | undefined };
export type PendingBlock = z.output<typeof pendingSchema>;
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
  constructor(private readonly rpc: Rpc) {}

  async chainId(): Promise<bigint> {
    return this.ask("eth_chainId", [], quantity);
  }

  /** @returns undefined for a block the node does not have */
  async head(at: At = "latest"): Promise<Head | undefined> {
    return (await this.ask("eth_getBlockByNumber", [tag(at), false], headSchema.nullable())) ?? undefined;
  }

  /** @returns undefined for a block the node does not have */
  async headByHash(hash: string): Promise<Head | undefined> {
    return (await this.ask("eth_getBlockByHash", [hash, false], headSchema.nullable())) ?? undefined;
  }

  /** The newest block, and what the node offers beyond it: the same again at a node that builds no blocks. */
  async pending(): Promise<{ readonly head: Head | undefined; readonly pending: PendingBlock | undefined }> {
    const [head, pending] = await this.rpc.together(
      ["latest", "pending"].map((at) => ({ method: "eth_getBlockByNumber", params: [at, false] })),
    );
    return {
      head: believe("eth_getBlockByNumber", head, headSchema.nullable()) ?? undefined,
      pending: believe("eth_getBlockByNumber", pending, pendingSchema.nullable()) ?? undefined,
    };
  }

  /** A header that came by itself. @throws TransportError for one of another shape */
  static headOf(header: unknown): Head {
    return believe("newHeads", header, headSchema);
  }

  async logs(filter: LogFilter): Promise<Log[]> {
    return this.ask("eth_getLogs", [logQuery(filter)], z.array(logSchema));
  }

  /** The same, of another endpoint than the usual where there is one. */
  async logsElsewhere(filter: LogFilter): Promise<Log[]> {
    const params = [logQuery(filter)];
    const { rpc } = this;
    const answer = await (rpc.requestElsewhere?.("eth_getLogs", params) ?? rpc.request("eth_getLogs", params));
    return believe("eth_getLogs", answer, z.array(logSchema));
  }

  /** Logs, and headers as the same endpoint has them: it cannot have the logs of blocks it does not have. */
  async logsAndHeads(
    filter: LogFilter,
    numbers: readonly number[],
  ): Promise<{ readonly logs: Log[]; readonly heads: readonly (Head | undefined)[] }> {
    const [logs, ...heads] = await this.rpc.together([
      { method: "eth_getLogs", params: [logQuery(filter)] },
      ...numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [tag(number), false] })),
    ]);
    return {
      logs: believe("eth_getLogs", logs, z.array(logSchema)),
      heads: heads.map((head) => believe("eth_getBlockByNumber", head, headSchema.nullable()) ?? undefined),
    };
  }

  /** Reads at this block's number mean the block of this hash from now on, or what is pending. */
  pin(block: number, as: BlockIdentity): void {
    this.rpc.pin?.(block, as);
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
    return believe(method, await this.rpc.request(method, params), schema);
  }
}

function logQuery({ addresses, range }: LogFilter): object {
  const where =
    "blockHash" in range ? { blockHash: range.blockHash } : { fromBlock: tag(range.from), toBlock: tag(range.to) };
  return { address: addresses, ...where };
}

function believe<T>(method: string, answer: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new TransportError(method, `an answer of another shape: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
