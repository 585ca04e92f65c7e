import { z } from "zod";
import { classifyHttp, retryAfterMs } from "./classify.js";
import { RpcError, TransportError } from "./rpcErrors.js";

/** One question to a node. */
export interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
}

export type Answered =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: RpcError | TransportError };

/** Whatever answers questions to the chain: one endpoint, or several under supervision. */
export interface Rpc {
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /**
   * Asks all of it of one and the same endpoint, so that the answers fit together.
   *
   * @throws the first error among the answers
   */
  together(questions: readonly Question[]): Promise<unknown[]>;
  /** Asks another endpoint than the one preferred now, where there is one: for answers that need a second opinion. */
  requestElsewhere?(method: string, params: readonly unknown[]): Promise<unknown>;
  /** From now on a read at this block means exactly this one, by hash, or what is pending; see {@link SupervisedRpc.pin}. */
  pin?(block: number, as: BlockIdentity): void;
}

export type BlockIdentity = { readonly hash: string } | "pending";

const errorSchema = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });
const answerSchema = z.union([
  z.object({ id: z.number(), result: z.unknown(), error: z.undefined().optional() }),
  z.object({ id: z.number().nullable().optional(), error: errorSchema }),
]);
type Answer = z.output<typeof answerSchema>;

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  /** The header Retry-After. */
  readonly retryAfter?: string | null | undefined;
}

/**
 * What carries a body to a node; tests put their own in place of it.
 *
 * @param id of the request, or of the first of a batch, for carriers of several at once
 */
export type Transport = (body: string, signal: AbortSignal, id: number) => Promise<RawAnswer>;

const overHttp =
  (url: string): Transport =>
  async (body, signal) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    return {
      status: response.status,
      body: await response.text(),
      retryAfter: response.headers.get("retry-after"),
    };
  };

/**
 * JSON-RPC with one endpoint, and a deadline on every request. It neither retries nor caches: who asks knows whether asking
 * twice is safe, and a keeper must never act on yesterday's answer.
 *
 * @example
 * const rpc = new JsonRpc("http://127.0.0.1:8545", 5_000);
 * await rpc.request("eth_blockNumber", []);
 */
export class JsonRpc implements Rpc {
  private nextId = 1;
  private readonly transport: Transport;
  /** Hears of every request that got no usable answer. */
  onFault: ((error: TransportError) => void) | undefined;

  constructor(
    target: string | Transport,
    readonly timeoutMs: number,
  ) {
    this.transport = typeof target === "string" ? overHttp(target) : target;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.nextId++;
    const raw = await this.carry(method, JSON.stringify({ jsonrpc: "2.0", id, method, params }), id);
    const answer = answerSchema.safeParse(parseJson(raw.body));
    return this.unwrap(answer.success ? this.read(answer.data, id, method, raw) : this.unusable(method, raw));
  }

  async together(questions: readonly Question[]): Promise<unknown[]> {
    const answers = await this.batch(questions);
    return answers.map((answer) => this.unwrap(answer));
  }

  /**
   * Several questions in one body, each with an answer or error of its own.
   *
   * @throws RpcError or TransportError when the body as a whole got no answer
   */
  async batch(questions: readonly Question[]): Promise<Answered[]> {
    const [first] = questions;
    if (first === undefined) return [];
    const from = this.nextId;
    this.nextId += questions.length;
    const bodies = questions.map(({ method, params }, at) => ({ jsonrpc: "2.0", id: from + at, method, params }));
    const raw = await this.carry(first.method, JSON.stringify(bodies), from);
    const content = parseJson(raw.body);
    if (!Array.isArray(content)) {
      const whole = answerSchema.safeParse(content);
      this.unwrap(whole.success ? this.read(whole.data, from, "batch", raw) : this.unusable("batch", raw));
      throw this.heard(new TransportError("batch", "one answer to several questions", { kind: "batch-refused" }));
    }
    const byId = new Map<number, Answer>();
    for (const item of content) {
      const answer = answerSchema.safeParse(item);
      if (answer.success && typeof answer.data.id === "number") byId.set(answer.data.id, answer.data);
    }
    return questions.map(({ method }, at) => {
      const answer = byId.get(from + at);
      if (answer !== undefined) return this.read(answer, from + at, method, raw);
      return { ok: false, error: this.heard(new TransportError(method, `none among ${content.length} in the batch`)) };
    });
  }

  private async carry(method: string, body: string, id: number): Promise<RawAnswer> {
    try {
      return await this.transport(body, AbortSignal.timeout(this.timeoutMs), id);
    } catch (cause) {
      const timedOut = cause instanceof Error && cause.name === "TimeoutError";
      const why = timedOut ? `none within ${this.timeoutMs} ms` : describe(cause);
      throw this.heard(new TransportError(method, why, { cause, kind: timedOut ? "timeout" : "unavailable" }));
    }
  }

  private read(answer: Answer, id: number, method: string, raw: RawAnswer): Answered {
    if (answer.error !== undefined) {
      const { code, message, data } = answer.error;
      const options = { detail: detailOf(data), retryAfterMs: retryAfterMs(raw.retryAfter, Date.now()) };
      return { ok: false, error: new RpcError(method, code, message, revertData(data), options) };
    }
    if (answer.id === id) return { ok: true, result: answer.result };
    return {
      ok: false,
      error: this.heard(new TransportError(method, `answer to request ${answer.id} instead of ${id}`)),
    };
  }

  private unusable(method: string, { status, body, retryAfter }: RawAnswer): Answered {
    const options = { kind: classifyHttp(status, body), retryAfterMs: retryAfterMs(retryAfter, Date.now()) };
    const why = `HTTP ${status} with ${JSON.stringify(body.slice(0, 120))}`;
    return { ok: false, error: this.heard(new TransportError(method, why, options)) };
  }

  private unwrap(answered: Answered): unknown {
    if (answered.ok) return answered.result;
    throw answered.error;
  }

  private heard(error: TransportError): TransportError {
    this.onFault?.(error);
    return error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says no more than "fetch failed"; what failed is its cause. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${String(cause)}: ${cause.cause.message}` : String(cause);
}

/** Some nodes put the bytes in `data`, some an object around them. */
function revertData(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data === "object" && data !== null && "data" in data) return revertData(data.data);
  return undefined;
}

/** What a gateway adds in words of its own; bytes of a revert are none. */
function detailOf(data: unknown): string | undefined {
  if (data === undefined || data === null) return undefined;
  if (typeof data === "string") return data.startsWith("0x") ? undefined : data.slice(0, 500);
  return JSON.stringify(data).slice(0, 500);
}
