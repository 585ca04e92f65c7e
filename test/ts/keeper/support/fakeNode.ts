import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";
import { type Reply, RpcServer } from "./rpcServer.js";
import type { WebSocketPeer } from "./webSocketServer.js";

export interface FakeLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data?: string;
}

export interface FakeBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly logs: readonly FakeLog[];
  readonly bloom: string;
}

type Result = { readonly result: unknown } | { readonly error: { code: number; message: string; data?: string } };

const hex = (value: number): string => `0x${value.toString(16)}`;
const digest = (text: string): string => keccak256(toUtf8Bytes(text));

/** The header's bloom of some logs: three bits of 2048 for each address and topic. */
export function bloomOf(logs: readonly FakeLog[]): string {
  const bits = new Uint8Array(256);
  for (const item of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = getBytes(keccak256(item));
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
      const place = 255 - (bit >> 3);
      bits[place] = (bits[place] ?? 0) | (1 << (bit & 7));
    }
  }
  return hexlify(bits);
}

/** A chain in memory. Several {@link FakeNode}s may serve one, or each its own fork of it. */
export class FakeChain {
  blocks: FakeBlock[] = [];
  chainId = 901;
  readonly codes = new Map<string, string>();
  /** Transactions of the block being built; undefined where nothing is offered beyond the newest. */
  pending: string[] | undefined;
  /** What a call answers at a block; by default the block's number. Throw a {@link FakeRevert} to revert. */
  call: (call: { readonly to: string; readonly data: string }, block: FakeBlock) => string = (_, block) =>
    `0x${block.number.toString(16).padStart(64, "0")}`;
  /** What was sent, in order. */
  readonly sent: string[] = [];
  private readonly hearers = new Set<(block: FakeBlock) => void>();

  constructor() {
    this.mine();
  }

  get newest(): FakeBlock {
    const block = this.blocks.at(-1);
    if (block === undefined) throw new RangeError("the chain has no block");
    return block;
  }

  mine(
    logs: readonly FakeLog[] = [],
    { fork = "a", timestamp }: { readonly fork?: string; readonly timestamp?: number } = {},
  ): FakeBlock {
    const parent = this.blocks.at(-1);
    const number = (parent?.number ?? -1) + 1;
    const parentHash = parent?.hash ?? `0x${"00".repeat(32)}`;
    const block = {
      number,
      hash: digest(`${fork}/${number}/${parentHash}`),
      parentHash,
      timestamp: timestamp ?? (parent?.timestamp ?? 1_700_000_000) + 2,
      logs,
      bloom: bloomOf(logs),
    };
    this.blocks.push(block);
    for (const hear of this.hearers) hear(block);
    return block;
  }

  /** Takes back so many blocks. */
  reorganise(depth: number): void {
    this.blocks = this.blocks.slice(0, this.blocks.length - depth);
  }

  /** The same blocks so far, on their own from now on. */
  fork(): FakeChain {
    const fork = new FakeChain();
    fork.blocks = [...this.blocks];
    fork.chainId = this.chainId;
    for (const [address, code] of this.codes) fork.codes.set(address, code);
    return fork;
  }

  onBlock(hear: (block: FakeBlock) => void): () => void {
    this.hearers.add(hear);
    return () => this.hearers.delete(hear);
  }
}

export class FakeRevert extends Error {
  constructor(readonly data: string) {
    super("execution reverted");
  }
}

/**
 * A node that serves a {@link FakeChain} over loopback, by HTTP and WebSocket, in the manner of geth.
 *
 * @example
 * const node = await FakeNode.start(new FakeChain());
 * node.chain.mine([{ address, topics: [topic] }]);
 */
export class FakeNode {
  /** Whether `{ blockHash }` may stand for a block (EIP-1898). */
  knowsBlockHashes = true;
  asked: string[] = [];
  private server!: RpcServer;
  private readonly subscribers = new Map<WebSocketPeer, string[]>();
  private readonly unhear: () => void;
  private subscriptions = 0;

  private constructor(readonly chain: FakeChain) {
    this.unhear = chain.onBlock((block) => this.notify(block));
  }

  static async start(chain: FakeChain): Promise<FakeNode> {
    const node = new FakeNode(chain);
    node.server = await RpcServer.start((body, peer) => node.respond(body, peer));
    node.server.onPeerClosed = (peer) => node.subscribers.delete(peer);
    return node;
  }

  get url(): string {
    return this.server.url;
  }

  get wsUrl(): string {
    return this.server.wsUrl;
  }

  down(): void {
    this.server.isDown = true;
    this.server.cutAll();
  }

  up(): void {
    this.server.isDown = false;
  }

  async stop(): Promise<void> {
    this.unhear();
    await this.server.stop();
  }

  private notify(block: FakeBlock): void {
    for (const [peer, ids] of this.subscribers) {
      for (const subscription of ids) {
        const params = { subscription, result: header(block) };
        peer.send(JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params }));
      }
    }
  }

  private respond(body: string, peer: WebSocketPeer | undefined): Promise<Reply> {
    const parsed = JSON.parse(body) as Asked | Asked[];
    const one = (asked: Asked): object => {
      this.asked.push(asked.method);
      return { jsonrpc: "2.0", id: asked.id, ...this.answer(asked.method, asked.params ?? [], peer) };
    };
    const answer = Array.isArray(parsed) ? parsed.map(one) : one(parsed);
    return Promise.resolve({ status: 200, body: JSON.stringify(answer) });
  }

  private answer(method: string, params: readonly unknown[], peer: WebSocketPeer | undefined): Result {
    const { chain } = this;
    switch (method) {
      case "eth_chainId":
        return { result: hex(chain.chainId) };
      case "eth_blockNumber":
        return { result: hex(chain.newest.number) };
      case "eth_getBlockByNumber":
        if (params[0] === "pending" && chain.pending !== undefined) return { result: pendingBlock(chain) };
        return { result: headerOrNull(this.blockAt(params[0])) };
      case "eth_getBlockByHash":
        return { result: headerOrNull(this.blockAt({ blockHash: params[0] })) };
      case "eth_getLogs":
        return this.logs(params[0] as LogQuery);
      case "eth_call":
        return this.callAt(params[0] as { to: string; data: string }, params[1]);
      case "eth_getCode":
        return { result: chain.codes.get(String(params[0]).toLowerCase()) ?? "0x" };
      case "eth_getTransactionCount":
        return { result: hex(chain.sent.length) };
      case "eth_sendRawTransaction":
        chain.sent.push(String(params[0]));
        return { result: keccak256(String(params[0])) };
      case "eth_subscribe": {
        if (peer === undefined) return { error: { code: -32601, message: "notifications not supported" } };
        const id = hex(++this.subscriptions);
        this.subscribers.set(peer, [...(this.subscribers.get(peer) ?? []), id]);
        return { result: id };
      }
      default:
        return { error: { code: -32601, message: `the method ${method} does not exist/is not available` } };
    }
  }

  private blockAt(at: unknown): FakeBlock | undefined {
    const { blocks, newest } = this.chain;
    if (typeof at === "object" && at !== null && "blockHash" in at) {
      return blocks.find(({ hash }) => hash === at.blockHash);
    }
    return typeof at === "string" && at.startsWith("0x") ? blocks[Number(at)] : newest;
  }

  private callAt(call: { to: string; data: string }, at: unknown): Result {
    if (typeof at === "object" && !this.knowsBlockHashes) {
      return { error: { code: -32602, message: "invalid argument 1: json: cannot unmarshal object into Go value" } };
    }
    const block = this.blockAt(at);
    if (block === undefined) return { error: { code: -32000, message: "header not found" } };
    try {
      return { result: this.chain.call(call, block) };
    } catch (error) {
      if (!(error instanceof FakeRevert)) throw error;
      return { error: { code: 3, message: error.message, data: error.data } };
    }
  }

  private logs({ address, blockHash, fromBlock, toBlock }: LogQuery): Result {
    const { blocks, newest } = this.chain;
    const wanted = new Set([address ?? []].flat().map((one) => one.toLowerCase()));
    let among: FakeBlock[];
    if (blockHash !== undefined) {
      const block = this.blockAt({ blockHash });
      if (block === undefined) return { error: { code: -32000, message: "unknown block" } };
      among = [block];
    } else {
      among = blocks.slice(Number(fromBlock), (toBlock === "latest" ? newest.number : Number(toBlock)) + 1);
    }
    const result = among.flatMap((block) =>
      block.logs.flatMap((log, logIndex) => {
        if (wanted.size > 0 && !wanted.has(log.address.toLowerCase())) return [];
        return {
          address: log.address,
          topics: log.topics,
          data: log.data ?? "0x",
          blockNumber: hex(block.number),
          blockHash: block.hash,
          transactionHash: digest(`${block.hash}/${logIndex}`),
          logIndex: hex(logIndex),
        };
      }),
    );
    return { result };
  }
}

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly unknown[];
}

interface LogQuery {
  readonly address?: string | readonly string[];
  readonly blockHash?: string;
  readonly fromBlock?: string;
  readonly toBlock?: string;
}

function header(block: FakeBlock): object {
  return {
    number: hex(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestamp: hex(block.timestamp),
    baseFeePerGas: "0x7",
    logsBloom: block.bloom,
    transactions: [],
  };
}

function headerOrNull(block: FakeBlock | undefined): object | null {
  return block === undefined ? null : header(block);
}

function pendingBlock({ newest, pending = [] }: FakeChain): object {
  return {
    number: hex(newest.number + 1),
    hash: null,
    parentHash: newest.hash,
    timestamp: hex(newest.timestamp + 2),
    baseFeePerGas: "0x7",
    logsBloom: null,
    transactions: pending,
  };
}
