import { KeeperError } from "../errors.js";
import { type ErrorKind, classifyRpc, worthAskingElsewhere } from "./classify.js";

export interface FailureOptions extends ErrorOptions {
  readonly kind?: ErrorKind | undefined;
  /** What the endpoint asked to be left alone for. */
  readonly retryAfterMs?: number | undefined;
}

/** No usable answer: timeout, refused connection, HTTP status, something that is not JSON-RPC. Whether it was done is unknown. */
export class TransportError extends KeeperError {
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly method: string,
    why: string,
    options?: FailureOptions,
  ) {
    super(`${method} got no usable answer from the node: ${why}`, options);
    this.kind = options?.kind ?? "unavailable";
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** The node understood and refused. */
export class RpcError extends KeeperError {
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly method: string,
    readonly code: number,
    readonly reason: string,
    readonly data: string | undefined,
    options?: Omit<FailureOptions, "kind"> & { readonly detail?: string | undefined },
  ) {
    super(`${method} was refused by the node: ${reason} (${code})`, options);
    this.kind = classifyRpc({ method, code, message: reason, detail: options?.detail });
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** Whether a call was executed and reverted, as against refused. Nodes agree on neither code nor words. */
  get isRevert(): boolean {
    return this.kind === "revert";
  }

  /** Whether a range of logs was too much for the node: ask for half of it. */
  get isTooMuch(): boolean {
    return this.kind === "too-much";
  }
}

/** Whether it is about what a node answered, or did not. */
export function isAnswerError(error: unknown): error is RpcError | TransportError {
  return error instanceof RpcError || error instanceof TransportError;
}

/** Whether the node could not serve just now, and may later. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof TransportError || (error instanceof RpcError && worthAskingElsewhere(error.kind));
}
