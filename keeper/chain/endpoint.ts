import { setTimeout as sleep } from "node:timers/promises";
import { batches } from "../batches.js";
import { Circuit, type CircuitOptions } from "./circuit.js";
import { type ErrorKind, isIllness } from "./classify.js";
import { type Answered, JsonRpc, type Question, type Rpc, type Transport } from "./rpc.js";
import { RateLimit } from "./rateLimit.js";
import { TransportError, isAnswerError } from "./rpcErrors.js";

export interface EndpointOptions extends CircuitOptions {
  readonly timeoutMs: number;
  /** Most questions in one body; 1 for no batches. */
  readonly maxBatch: number;
}

/** What the identity check found. */
export type Standing = "unchecked" | "right" | "wrong";

/** Small reads, which lose nothing by sharing a body; a slow one would hold the others up. */
const BATCHED = new Set([
  "eth_call",
  "eth_chainId",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
]);

interface Waiting {
  readonly question: Question;
  readonly settle: (answered: Answered) => void;
}

/**
 * One endpoint and what is known of it: pace, health, newest block, standing. Questions put in one turn of the event loop
 * share a body, so that all reads of a decision make one round trip.
 */
export class Endpoint implements Rpc {
  readonly limit = new RateLimit();
  readonly circuit: Circuit;
  /** Newest block it has spoken of. */
  head = -1;
  /** Blocks it was behind the newest known when it last spoke of its own. */
  lag = 0;
  headAt = 0;
  standing: Standing = "unchecked";
  /** Whether it takes a block's hash for a block (EIP-1898); undefined until tried. */
  takesHashes: boolean | undefined;
  requests = 0;
  faults = 0;
  private latency = new Map<string, number>();
  private illness = 0;
  private maxBatch: number;
  private queue: Waiting[] = [];
  /** Hears of the endpoint's newest block. */
  onHead: ((number: number) => void) | undefined;
  /** Hears of every question and what became of it. */
  onAnswer: ((method: string, ms: number, outcome: ErrorKind | "answered") => void) | undefined;

  constructor(
    /** For logs and metrics: the host, as the rest of an address may hold a key. */
    readonly name: string,
    readonly rpc: JsonRpc,
    private readonly options: EndpointOptions,
    private readonly clock: () => number = Date.now,
  ) {
    this.circuit = new Circuit(options);
    this.maxBatch = options.maxBatch;
  }

  static at(name: string, target: string | Transport, options: EndpointOptions): Endpoint {
    return new Endpoint(name, new JsonRpc(target, options.timeoutMs), options);
  }

  /**
   * Milliseconds an answer usually takes, alone or (method "batch") in a body with others; undefined when never asked. A header
   * is what all endpoints are asked for, so that is how they compare.
   */
  latencyMs(method = "eth_getBlockByNumber"): number | undefined {
    return this.latency.get(method);
  }

  /** Share of recent questions it was too ill to answer. */
  get errorRate(): number {
    return this.illness;
  }

  /**
   * @throws RpcError as the node says
   * @throws TransportError where there is no answer, or the pace allows no question within the deadline
   */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    const wait = this.limit.wait(this.clock());
    if (wait > 0) await this.pause(method, wait);
    const question = { method, params };
    const answered = BATCHED.has(method) ? await this.queued(question) : await this.single(question);
    if (!answered.ok) throw answered.error;
    this.noteHead(question, answered.result);
    return answered.result;
  }

  /** All in one body, or in several where the endpoint takes no batches of this size; each has its own answer or error. */
  async answers(questions: readonly Question[]): Promise<Answered[]> {
    const wait = this.limit.wait(this.clock());
    if (wait > 0) await this.pause("batch", wait);
    const answers = await this.bodies(questions);
    for (const [at, answered] of answers.entries()) {
      const question = questions[at];
      if (question !== undefined && answered.ok) this.noteHead(question, answered.result);
    }
    return answers;
  }

  /** @throws the first error among the answers */
  async together(questions: readonly Question[]): Promise<unknown[]> {
    return (await this.answers(questions)).map((answered) => {
      if (!answered.ok) throw answered.error;
      return answered.result;
    });
  }

  /** @param newest known of any endpoint */
  sawHead(number: number, newest: number): void {
    this.head = number;
    this.headAt = this.clock();
    this.lag = Math.max(0, newest - number);
  }

  private async pause(method: string, ms: number): Promise<void> {
    if (ms >= this.options.timeoutMs) {
      const why = `the endpoint asked for fewer requests; it may be asked again in ${Math.ceil(ms)} ms`;
      throw new TransportError(method, why, { kind: "rate-limited", retryAfterMs: ms });
    }
    await sleep(ms);
  }

  private queued(question: Question): Promise<Answered> {
    return new Promise((settle) => {
      this.queue.push({ question, settle });
      if (this.queue.length === 1) queueMicrotask(() => void this.flush());
    });
  }

  private async flush(): Promise<void> {
    const waiting = this.queue;
    this.queue = [];
    const answers = await this.bodies(waiting.map(({ question }) => question));
    for (const [at, { question, settle }] of waiting.entries()) {
      const none = new TransportError(question.method, "none among the batch's");
      settle(answers[at] ?? { ok: false, error: none });
    }
  }

  private async bodies(questions: readonly Question[]): Promise<Answered[]> {
    const parts = [...batches(questions, this.maxBatch)];
    return (await Promise.all(parts.map((part) => this.body(part)))).flat();
  }

  private async body(questions: readonly Question[]): Promise<Answered[]> {
    const [only] = questions;
    if (only !== undefined && questions.length === 1) return [await this.single(only)];
    const began = this.clock();
    this.limit.take(began, questions.length);
    let answers: Answered[];
    try {
      answers = await this.rpc.batch(questions);
    } catch (error) {
      if (!isAnswerError(error)) throw error;
      if (error.kind === "batch-refused") return this.smaller(questions);
      answers = questions.map(() => ({ ok: false, error }));
    }
    for (const [at, answered] of answers.entries()) this.book(questions[at]?.method ?? "", answered, began, "batch");
    // An item too large for a batch may well be answered alone.
    const alone = answers.map(async (answered, at) => {
      const question = questions[at];
      const isRefused = !answered.ok && answered.error.kind === "batch-refused";
      return isRefused && question !== undefined ? this.single(question) : answered;
    });
    return Promise.all(alone);
  }

  /** The endpoint takes no bodies of this size: half of it from now on. */
  private smaller(questions: readonly Question[]): Promise<Answered[]> {
    this.maxBatch = Math.max(1, Math.min(this.maxBatch, Math.floor(questions.length / 2)));
    return this.bodies(questions);
  }

  private async single({ method, params }: Question): Promise<Answered> {
    const began = this.clock();
    this.limit.take(began);
    let answered: Answered;
    try {
      answered = { ok: true, result: await this.rpc.request(method, params) };
    } catch (error) {
      if (!isAnswerError(error)) throw error;
      answered = { ok: false, error };
    }
    this.book(method, answered, began);
    return answered;
  }

  private book(method: string, answered: Answered, began: number, timedAs = method): void {
    const now = this.clock();
    this.requests += 1;
    const kind = answered.ok ? undefined : answered.error.kind;
    this.onAnswer?.(method, now - began, kind ?? "answered");
    const isIll = kind !== undefined && isIllness(kind);
    this.illness += (Number(isIll) - this.illness) * 0.1;
    if (isIll) {
      this.faults += 1;
      // A node that was away may come back as another: it is looked at again before it is believed.
      if (this.circuit.fail(now) && this.standing === "right") this.standing = "unchecked";
      return;
    }
    if (!answered.ok && kind === "rate-limited") {
      this.faults += 1;
      this.limit.complain(now, answered.error.retryAfterMs);
      return;
    }
    this.circuit.succeed();
    const before = this.latency.get(timedAs);
    const took = now - began;
    this.latency.set(timedAs, before === undefined ? took : before + (took - before) * 0.2);
  }

  private noteHead({ method, params }: Question, result: unknown): void {
    if (method === "eth_blockNumber" && typeof result === "string") this.onHead?.(Number(result));
    if (method !== "eth_getBlockByNumber" || params[0] !== "latest") return;
    if (typeof result !== "object" || result === null || !("number" in result)) return;
    if (typeof result.number === "string") this.onHead?.(Number(result.number));
  }
}
