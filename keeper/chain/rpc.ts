import { z } from "zod";
import { RpcError, TransportError } from "./rpcErrors.js";

const answerSchema = z.union([
  z.object({ id: z.number(), result: z.unknown(), error: z.undefined().optional() }),
  z.object({
    id: z.number().nullable().optional(),
    error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }),
  }),
]);

/** What carries a JSON-RPC request to a node; tests put their own in place of it. */
export type Transport = (body: string, signal: AbortSignal) => Promise<{ status: number; body: string }>;

const overHttp =
  (url: string): Transport =>
  async (body, signal) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal,
    });
    return { status: response.status, body: await response.text() };
  };

/**
 * JSON-RPC over HTTP with a deadline on every request. It neither retries nor caches: who asks knows whether asking twice is
 * safe, and a keeper must never act on yesterday's answer.
 *
 * @example
 * const rpc = new JsonRpc("http://127.0.0.1:8545", 5_000);
 * await rpc.request("eth_blockNumber", []);
 */
export class JsonRpc {
  private nextId = 1;
  private readonly transport: Transport;
  /** Hears of every request that got no usable answer. */
  onFault: ((error: TransportError) => void) | undefined;

  constructor(
    target: string | Transport,
    private readonly timeoutMs: number,
  ) {
    this.transport = typeof target === "string" ? overHttp(target) : target;
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.attempt(method, params);
    } catch (error) {
      if (error instanceof TransportError) this.onFault?.(error);
      throw error;
    }
  }

  private async attempt(method: string, params: readonly unknown[]): Promise<unknown> {
    const id = this.nextId++;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    let raw: { status: number; body: string };
    try {
      raw = await this.transport(body, AbortSignal.timeout(this.timeoutMs));
    } catch (cause) {
      const timedOut = cause instanceof Error && cause.name === "TimeoutError";
      throw new TransportError(method, timedOut ? `none within ${this.timeoutMs} ms` : String(cause), { cause });
    }
    const answer = answerSchema.safeParse(parseJson(raw.body));
    if (!answer.success) {
      throw new TransportError(method, `HTTP ${raw.status} with ${JSON.stringify(raw.body.slice(0, 120))}`);
    }
    if (answer.data.error !== undefined) {
      const { code, message, data } = answer.data.error;
      throw new RpcError(method, code, message, revertData(data));
    }
    if (answer.data.id !== id) throw new TransportError(method, `answer to request ${answer.data.id} instead of ${id}`);
    return answer.data.result;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Some nodes put the bytes in `data`, some an object around them. */
function revertData(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data === "object" && data !== null && "data" in data) return revertData(data.data);
  return undefined;
}
