import { setTimeout as sleep } from "node:timers/promises";
import { keccak256 } from "ethers";
import { SeededRandom } from "../../../../scenarios/book/random.js";
import type { Fault, FaultKind, RpcRequest, When } from "./faults.js";
import { asOf } from "./oldView.js";
import { type Reply, RpcServer } from "./rpcServer.js";
import type { WebSocketPeer } from "./webSocketServer.js";

export { type Fault, type FaultKind, REFUSALS, type RpcRequest, type When } from "./faults.js";

/** One fault in force. */
export interface Injection {
  readonly fault: Fault;
  /** How often it struck. */
  readonly fired: number;
  remove(): void;
}

export interface SeenRequest {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly transport: "http" | "ws";
  readonly inBatch: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly faults: readonly FaultKind[];
}

interface Rule extends Injection {
  readonly when: When;
  fired: number;
  met: number;
  frozenAt: number | undefined;
}

interface RpcAnswer {
  readonly jsonrpc: "2.0";
  readonly id: RpcRequest["id"];
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** What becomes of one request: its answer, or something that befalls the whole connection. */
type Outcome =
  { readonly answer: RpcAnswer; readonly status?: number; readonly reorder?: boolean } | { readonly whole: Reply };

const ofErrors = (fault: Fault & { kind: "error" }): RpcAnswer["error"] => {
  const { code, message, data } = fault;
  return { code, message, ...(data !== undefined && { data }) };
};

/** Requests remembered in {@link FaultProxy.requests}. */
const REMEMBERED = 20_000;

/**
 * Stands between a keeper and its node, by HTTP and WebSocket at one port, and spoils what passes by rules; what no rule
 * matches passes unchanged. Rules apply in the order of injection, several to one request where several match, and every
 * random choice follows from the seed.
 *
 * @example
 * const proxy = await FaultProxy.start(devnet.info.l2.rpcUrl, { seed: 7 });
 * // keeper --rpc <proxy.url>   or with   wsRpc: proxy.wsUrl
 * const hang = proxy.inject({ kind: "hang" }, { methods: ["eth_call"], chance: 0.1 });
 * proxy.inject({ kind: "staleHead", blocks: 3 }, { times: 20 });
 * proxy.inject(REFUSALS.tooManyRequests, { after: 10, times: 5 });
 * proxy.inject({ kind: "answerLost", how: "hang" }, { methods: ["eth_sendRawTransaction"], times: 1 });
 * proxy.silenceSockets();              // WebSockets stay open, and nothing comes
 * proxy.down(); proxy.up();            // connections refused, and taken again
 * hang.remove(); proxy.clear();        // one rule, all rules
 * await proxy.stop();
 */
export class FaultProxy {
  /** The last requests that came, oldest first. */
  readonly requests: SeenRequest[] = [];
  /** How often each kind of fault struck. */
  readonly struck = new Map<FaultKind, number>();
  private readonly counts = new Map<string, number>();
  /** Bodies that came: a batch is one. */
  bodies = 0;

  private rules: Rule[] = [];
  private readonly random: SeededRandom;
  private server!: RpcServer;
  private readonly upstreams = new Map<WebSocketPeer, WebSocket>();
  /** When each block was first mentioned. */
  private readonly firstSeen = new Map<number, number>();
  private readonly waiting = new Set<() => void>();

  private constructor(
    private readonly upstream: string,
    seed: number | string,
  ) {
    this.random = new SeededRandom(seed);
  }

  /** @param upstream http address of the node; its WebSocket is taken to be at the same place */
  static async start(upstream: string, { seed = 1 }: { readonly seed?: number | string } = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, seed);
    proxy.server = await RpcServer.start((body, peer) => proxy.respond(body, peer));
    proxy.server.onPeerClosed = (peer) => proxy.upstreams.get(peer)?.close();
    return proxy;
  }

  get url(): string {
    return this.server.url;
  }

  get wsUrl(): string {
    return this.server.wsUrl;
  }

  /** Open WebSockets. */
  get sockets(): number {
    return this.server.peers.size;
  }

  inject(fault: Fault, when: When = {}): Injection {
    const frozenAt = fault.kind === "frozenHead" ? fault.at : undefined;
    const remove = (): void => void (this.rules = this.rules.filter((one) => one !== rule));
    const rule: Rule = { fault, when, fired: 0, met: 0, frozenAt, remove };
    this.rules.push(rule);
    return rule;
  }

  clear(): void {
    this.rules = [];
  }

  /** Cuts all connections; new ones are taken. */
  killSockets(): void {
    this.server.cutAll();
  }

  /** WebSockets that are open now stay so and say nothing any more; new ones are served. */
  silenceSockets(): void {
    for (const peer of this.server.peers) peer.silent = true;
  }

  /** Cuts all connections and takes no new one, until {@link up}. */
  down(): void {
    this.server.isDown = true;
    this.server.cutAll();
  }

  up(): void {
    this.server.isDown = false;
  }

  /** How many requests of a method came, since the beginning. */
  count(method: string): number {
    return this.counts.get(method) ?? 0;
  }

  async stop(): Promise<void> {
    for (const upstream of this.upstreams.values()) upstream.close();
    await this.server.stop();
  }

  // ---- one body ----

  private async respond(body: string, peer: WebSocketPeer | undefined): Promise<Reply> {
    this.bodies += 1;
    const parsed = JSON.parse(body) as RpcRequest | readonly RpcRequest[];
    if (!isMany(parsed)) {
      const outcome = await this.answer(parsed, peer, false);
      if ("whole" in outcome) return outcome.whole;
      return { status: outcome.status ?? 200, body: JSON.stringify(outcome.answer) };
    }
    const limit = this.rules.find(({ fault }) => fault.kind === "batchLimit" && parsed.length > fault.most);
    const [first] = parsed;
    if (limit !== undefined && first !== undefined && this.strikes(limit, first, peer, true)) {
      const error = { code: -32600, message: "batch too large" };
      return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: null, error }) };
    }
    const outcomes = await Promise.all(parsed.map((request) => this.answer(request, peer, true)));
    const whole = outcomes.find((outcome) => "whole" in outcome);
    if (whole !== undefined) return whole.whole;
    const answers = outcomes.flatMap((outcome) => ("answer" in outcome ? [outcome.answer] : []));
    if (outcomes.some((outcome) => "answer" in outcome && outcome.reorder)) answers.reverse();
    return { status: 200, body: JSON.stringify(answers) };
  }

  /** Whether the rule befalls this request; counts it if so. */
  private strikes(rule: Rule, request: RpcRequest, peer: WebSocketPeer | undefined, inBatch: boolean): boolean {
    const { methods, transport, inBatch: onlyBatches, where, after = 0, times = Infinity, chance = 1 } = rule.when;
    if (methods !== undefined && !methods.includes(request.method)) return false;
    if (transport !== undefined && transport !== (peer === undefined ? "http" : "ws")) return false;
    if (onlyBatches !== undefined && onlyBatches !== inBatch) return false;
    if (where !== undefined && !where(request)) return false;
    rule.met += 1;
    if (rule.met <= after || rule.fired >= times) return false;
    if (chance < 1 && this.random.next() >= chance) return false;
    rule.fired += 1;
    const { kind } = rule.fault;
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
    return true;
  }

  // ---- one request ----

  private async answer(request: RpcRequest, peer: WebSocketPeer | undefined, inBatch: boolean): Promise<Outcome> {
    const { id, method, params = [] } = request;
    const rules = this.rules.filter(
      (rule) => rule.fault.kind !== "batchLimit" && this.strikes(rule, request, peer, inBatch),
    );
    this.remember(request, peer, inBatch, rules);
    const says = (result: unknown): Outcome => ({ answer: { jsonrpc: "2.0", id, result } });

    let asked: RpcRequest | undefined = request;
    let times = 1;
    for (const rule of rules) {
      const { fault } = rule;
      if (fault.kind === "cut") return { whole: "cut" };
      if (fault.kind === "hang") return { whole: "hang" };
      if (fault.kind === "delay") await sleep(this.draw(fault.ms));
      if (fault.kind === "hold") await fault.until;
      if (fault.kind === "http") return { whole: { body: "", ...fault } };
      if (fault.kind === "error") {
        return { answer: { jsonrpc: "2.0", id, error: ofErrors(fault) }, status: fault.status };
      }
      if (fault.kind === "duplicate") times = 2;
      if (fault.kind === "swallow" && method === "eth_sendRawTransaction") return says(keccak256(String(params[0])));
      if (fault.kind === "deafSubscription" && method === "eth_subscribe") return says("0xdeaf");
      if (fault.kind === "chainId" && method === "eth_chainId") return says(`0x${fault.id.toString(16)}`);
      if (fault.kind === "code" && method === "eth_getCode") {
        if (String(params[0]).toLowerCase() === fault.address.toLowerCase()) return says(fault.code);
      }
      const height = await this.heightOf(rule);
      if (height !== undefined && asked !== undefined) {
        const seen = await asOf(asked, height, (one) => this.ask(one));
        if (seen.answer !== undefined) return { answer: { jsonrpc: "2.0", id, ...seen.answer } };
        asked = seen.ask;
      }
    }
    let answer = await this.forward(asked, peer);
    for (let again = 1; again < times; again++) answer = await this.forward(asked, peer);
    this.noteBlocks(answer.result);
    for (const { fault } of rules) {
      if (fault.kind === "answerLost") return { whole: fault.how };
      if (fault.kind === "truncate") {
        const whole = JSON.stringify({ ...answer, id });
        return { whole: { status: 200, body: whole.slice(0, Math.ceil(whole.length / 2)) } };
      }
      if (fault.kind === "missingLogs" && method === "eth_getLogs") answer = await this.withoutLogs(answer, fault);
      if (fault.kind === "reorder" && !inBatch) await this.overtaken(fault.ms ?? 200);
      if (fault.kind === "wrongId") return { answer: { ...answer, id: 999_999_999 } };
      if (fault.kind === "duplicate" && peer !== undefined) peer.send(JSON.stringify({ ...answer, id }));
    }
    const reorder = rules.some(({ fault }) => fault.kind === "reorder");
    if (!reorder) for (const go of [...this.waiting]) go();
    return { answer: { ...answer, id }, reorder };
  }

  private remember(
    { method, params = [] }: RpcRequest,
    peer: WebSocketPeer | undefined,
    inBatch: boolean,
    rules: readonly Rule[],
  ): void {
    const faults = rules.map(({ fault }) => fault.kind);
    const transport = peer === undefined ? "http" : "ws";
    this.requests.push({ method, params, transport, inBatch, at: Date.now(), faults });
    this.counts.set(method, this.count(method) + 1);
    if (this.requests.length > REMEMBERED) this.requests.splice(0, REMEMBERED / 2);
  }

  private draw(ms: number | readonly [number, number]): number {
    return typeof ms === "number" ? ms : ms[0] + this.random.next() * (ms[1] - ms[0]);
  }

  /** Newest block a request may know of under this rule; undefined for all. */
  private async heightOf(rule: Rule): Promise<number | undefined> {
    const { fault } = rule;
    if (fault.kind === "staleHead") return Math.max(0, (await this.newest()) - fault.blocks);
    if (fault.kind === "alternate") {
      return rule.fired % 2 === 0 ? Math.max(0, (await this.newest()) - fault.blocks) : undefined;
    }
    if (fault.kind === "frozenHead") return (rule.frozenAt ??= await this.newest());
    return undefined;
  }

  private async newest(): Promise<number> {
    return Number((await this.ask({ method: "eth_blockNumber" })).result);
  }

  private async withoutLogs(answer: RpcAnswer, fault: Fault & { kind: "missingLogs" }): Promise<RpcAnswer> {
    if (!Array.isArray(answer.result)) return answer;
    const logs = answer.result as { readonly blockNumber: string }[];
    const { freshBlocks, freshMs } = fault;
    const newest = freshBlocks === undefined ? 0 : await this.newest();
    const isFresh = (block: number): boolean =>
      (freshBlocks === undefined || block > newest - freshBlocks) &&
      (freshMs === undefined || Date.now() - (this.firstSeen.get(block) ?? 0) < freshMs);
    const fresh = logs.filter((log) => isFresh(Number(log.blockNumber)));
    const kept = new Set(fresh.slice(0, Math.floor(fresh.length * fault.keep)));
    return { ...answer, result: logs.filter((log) => kept.has(log) || !fresh.includes(log)) };
  }

  private noteBlocks(result: unknown): void {
    const items: readonly unknown[] = Array.isArray(result) ? result : [result];
    for (const item of items) {
      if (typeof item !== "object" || item === null) continue;
      const { number, blockNumber } = item as { number?: unknown; blockNumber?: unknown };
      const block = number ?? blockNumber;
      if (typeof block === "string" && !this.firstSeen.has(Number(block)))
        this.firstSeen.set(Number(block), Date.now());
    }
  }

  private overtaken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.waiting.add(go);
    });
  }

  // ---- the node behind ----

  private async forward(request: RpcRequest, peer: WebSocketPeer | undefined): Promise<RpcAnswer> {
    const isSubscription = request.method === "eth_subscribe" || request.method === "eth_unsubscribe";
    return peer !== undefined && isSubscription ? this.overSocket(request, peer) : this.ask(request);
  }

  private async ask({ method, params = [] }: RpcRequest): Promise<RpcAnswer> {
    const response = await fetch(this.upstream, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return (await response.json()) as RpcAnswer;
  }

  /** Each client's subscriptions have a WebSocket of their own to the node. */
  private async overSocket(request: RpcRequest, peer: WebSocketPeer): Promise<RpcAnswer> {
    const socket = this.upstreams.get(peer) ?? new WebSocket(this.upstream.replace(/^http/, "ws"));
    if (!this.upstreams.has(peer)) {
      this.upstreams.set(peer, socket);
      socket.addEventListener("close", () => {
        this.upstreams.delete(peer);
        peer.kill();
      });
      socket.addEventListener("error", () => peer.kill());
      socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
        const message = JSON.parse(data) as RpcRequest & RpcAnswer;
        if (message.method === "eth_subscription") void this.notify(message, data, peer);
      });
    }
    if (socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    }
    return new Promise((resolve) => {
      const hear = ({ data }: MessageEvent<string>): void => {
        const message = JSON.parse(data) as RpcAnswer & { method?: string };
        if (message.method !== undefined || message.id !== request.id) return;
        socket.removeEventListener("message", hear);
        resolve(message);
      };
      socket.addEventListener("message", hear);
      socket.send(JSON.stringify({ jsonrpc: "2.0", ...request }));
    });
  }

  private async notify(request: RpcRequest, text: string, peer: WebSocketPeer): Promise<void> {
    const rules = this.rules.filter((rule) => this.strikes(rule, request, peer, false));
    const { result } = (request.params ?? {}) as { readonly result?: { readonly number?: string } };
    let times = 1;
    for (const rule of rules) {
      const { fault } = rule;
      if (fault.kind === "cut") return peer.kill();
      if (fault.kind === "hang") return;
      if (fault.kind === "delay") await sleep(this.draw(fault.ms));
      if (fault.kind === "reorder") await this.overtaken(fault.ms ?? 200);
      if (fault.kind === "duplicate") times += 1;
      const height = await this.heightOf(rule);
      if (height !== undefined && Number(result?.number ?? 0) > height) return;
    }
    for (let time = 0; time < times; time++) {
      // At once they would be one for who takes the newest only.
      if (time > 0) await sleep(20);
      peer.send(text);
    }
    if (!rules.some(({ fault }) => fault.kind === "reorder")) for (const go of [...this.waiting]) go();
  }
}

/** Array.isArray does not know read-only arrays. */
function isMany(parsed: RpcRequest | readonly RpcRequest[]): parsed is readonly RpcRequest[] {
  return Array.isArray(parsed);
}
