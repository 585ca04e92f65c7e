import type { RawAnswer, Transport } from "./rpc.js";

export interface SocketOptions {
  /** How often the other side must give a sign of life, asked for when it gives none by itself. */
  readonly beatMs: number;
  /** First pause before a new connection; doubled up to the longest, less a random part. */
  readonly restMs: number;
  readonly longestRestMs: number;
  /** Of the chain whose heads are wanted; heads of another are not shown. */
  readonly chainId?: number;
}

export const SOCKET_DEFAULTS: SocketOptions = { beatMs: 2_000, restMs: 100, longestRestMs: 10_000 };

interface Waiting {
  readonly resolve: (answer: RawAnswer) => void;
  readonly reject: (why: Error) => void;
}

type Message = {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly method?: string;
  readonly params?: unknown;
};

/**
 * A WebSocket to a node that is kept up: it notices that the other side is dead though nothing was closed, and that it lives
 * but forgot the subscription; it connects again and subscribes again. What was missed meanwhile is not made up here:
 * {@link onOpen} says to look.
 *
 * @example
 * const link = new SocketLink("ws://127.0.0.1:8545", SOCKET_DEFAULTS);
 * link.onHead = (header) => …;
 * link.start();
 */
export class SocketLink {
  /** A header, as the node sends it. */
  onHead: (header: unknown) => void = () => undefined;
  /** Connected and subscribed; heads may have been missed before. */
  onOpen: () => void = () => undefined;
  onDown: (why: string) => void = () => undefined;
  /** Requests by this socket, for an endpoint that has no HTTP. */
  readonly transport: Transport = async (body, signal, id) => this.carry(body, signal, id);

  private socket: WebSocket | undefined;
  private subscribed = false;
  private stopped = false;
  private failures = 0;
  private heardAt = 0;
  private lastHead = -1;
  /** Beats in a row that told of blocks the subscription did not. */
  private deafBeats = 0;
  private subscription: unknown;
  private beat: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    private readonly url: string,
    private readonly options: SocketOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** Whether heads come by themselves now. */
  get isLive(): boolean {
    return this.subscribed;
  }

  start(): void {
    this.connect();
    this.beat = setInterval(() => this.onBeat(), this.options.beatMs).unref();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.beat);
    clearTimeout(this.retry);
    this.drop("stopped");
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      this.heardAt = Date.now();
      this.send("chain", "eth_chainId", []);
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (socket === this.socket && typeof data === "string") this.hear(data);
    });
    socket.addEventListener("error", () => this.failed(socket, "the connection failed"));
    socket.addEventListener("close", () => this.failed(socket, "the connection was closed"));
  }

  private send(id: string, method: string, params: readonly unknown[]): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  }

  private hear(text: string): void {
    this.heardAt = Date.now();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return this.answerOldest(text);
    }
    const messages = (Array.isArray(parsed) ? parsed : [parsed]) as (Message | null)[];
    for (const message of messages) {
      const waiting = typeof message?.id === "number" ? this.waiting.get(message.id) : undefined;
      if (waiting !== undefined) return waiting.resolve({ status: 200, body: text });
    }
    const [message] = messages;
    if (message === undefined || message === null) return;
    if (message.method === "eth_subscription") return this.hearHead(message.params);
    if (message.id === "chain") return this.hearChain(message);
    if (message.id === "heads") return this.hearSubscribed(message);
    if (message.id === "beat" && typeof message.result === "string") return this.hearBeat(Number(message.result));
    // An error without an id, as for a batch that is too large, is somebody's answer.
    if (message.id === null || message.id === undefined) this.answerOldest(text);
  }

  private answerOldest(text: string): void {
    const [oldest] = this.waiting.values();
    oldest?.resolve({ status: 200, body: text });
  }

  private hearChain({ result }: Message): void {
    const { chainId } = this.options;
    if (chainId === undefined || Number(result) === chainId) return this.send("heads", "eth_subscribe", ["newHeads"]);
    this.failed(this.socket, `it is of chain ${Number(result)}, not ${chainId}`);
  }

  private hearSubscribed({ result }: Message): void {
    if (result === undefined) return this.failed(this.socket, "the subscription was refused");
    this.subscription = result;
    this.subscribed = true;
    this.failures = 0;
    this.deafBeats = 0;
    this.lastHead = -1;
    // What is known of the chain from the start shows a subscription that is never served.
    this.send("beat", "eth_blockNumber", []);
    this.onOpen();
  }

  private hearHead(params: unknown): void {
    const { subscription, result } = (params ?? {}) as { subscription?: unknown; result?: { number?: unknown } };
    if (subscription !== this.subscription || result === undefined) return;
    this.deafBeats = 0;
    if (typeof result.number === "string") this.lastHead = Number(result.number);
    this.onHead(result);
  }

  private onBeat(): void {
    if (this.socket === undefined) return;
    // Two beats without a word, and one was asked for: it is dead, whatever the operating system thinks.
    if (Date.now() - this.heardAt > 2 * this.options.beatMs)
      return this.failed(this.socket, "nothing is heard any more");
    this.send("beat", "eth_blockNumber", []);
  }

  private hearBeat(newest: number): void {
    if (!this.subscribed) return;
    if (this.lastHead < 0 || newest <= this.lastHead) {
      this.lastHead = newest;
      this.deafBeats = 0;
      return;
    }
    this.deafBeats += 1;
    // A head may be on its way when the beat overtakes it; two beats in a row are no accident.
    if (this.deafBeats >= 2) this.failed(this.socket, "the subscription is not served");
  }

  private failed(socket: WebSocket | undefined, why: string): void {
    if (socket === undefined || socket !== this.socket) return;
    this.drop(why);
    if (this.stopped) return;
    const { restMs, longestRestMs } = this.options;
    const rest = Math.min(longestRestMs, restMs * 2 ** this.failures) * (0.5 + this.random() / 2);
    this.failures += 1;
    this.retry = setTimeout(() => this.connect(), rest).unref();
    this.onDown(why);
  }

  private drop(why: string): void {
    const { socket } = this;
    this.socket = undefined;
    this.subscribed = false;
    for (const { reject } of this.waiting.values()) reject(new TypeError(`WebSocket: ${why}`));
    this.waiting.clear();
    socket?.close();
  }

  private carry(body: string, signal: AbortSignal, id: number): Promise<RawAnswer> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      if (socket?.readyState !== WebSocket.OPEN) return reject(new TypeError("WebSocket: not connected"));
      const settle = (act: () => void): void => {
        this.waiting.delete(id);
        signal.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      signal.addEventListener("abort", onAbort);
      this.waiting.set(id, {
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (why) => settle(() => reject(why)),
      });
      socket.send(body);
    });
  }
}
