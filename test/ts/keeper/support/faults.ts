/** What {@link FaultProxy} can do to a request, an answer or a connection. */
export type Fault =
  // ---- carrying ----
  /** The connection is cut; nothing reaches the node. */
  | { readonly kind: "cut" }
  /** The node is asked; then the connection is cut, or nothing ever comes. For a send: was it sent? */
  | { readonly kind: "answerLost"; readonly how: "cut" | "hang" }
  /** No answer, ever; nothing reaches the node. */
  | { readonly kind: "hang" }
  /** Milliseconds, or any between the two. */
  | { readonly kind: "delay"; readonly ms: number | readonly [least: number, most: number] }
  /** Held back until this is over, then carried. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> }
  /** The node gets it twice, and what it says to the second is the answer; over a WebSocket answer or notification come twice too. */
  | { readonly kind: "duplicate" }
  /** Held back until another answer has passed, `ms` at most; in a batch, the answers come in reverse. */
  | { readonly kind: "reorder"; readonly ms?: number }
  /** Half of the JSON. */
  | { readonly kind: "truncate" }
  /** The answer to some other request. */
  | { readonly kind: "wrongId" }
  // ---- refusing ----
  /** Any HTTP answer: 429 with Retry-After, a page of HTML, nothing. By WebSocket only the body goes. */
  | {
      readonly kind: "http";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A JSON-RPC error, with status 200 unless said otherwise. */
  | {
      readonly kind: "error";
      readonly code: number;
      readonly message: string;
      readonly data?: unknown;
      readonly status?: number;
    }
  /** Batches of more items are refused as a whole, as geth does. */
  | { readonly kind: "batchLimit"; readonly most: number }
  // ---- another state of the chain ----
  /** Everything is answered as of so many blocks ago; what is newer is unknown. With `chance` it alternates at random. */
  | { readonly kind: "staleHead"; readonly blocks: number }
  /** Every second request is answered as of so many blocks ago. */
  | { readonly kind: "alternate"; readonly blocks: number }
  /** The chain stops at `at`, by default at the newest block when the fault is first met; the endpoint goes on answering. */
  | { readonly kind: "frozenHead"; readonly at?: number }
  /**
   * Of the logs asked for, only this share is there (0: none): of all blocks, of the newest `freshBlocks`, or of blocks first
   * mentioned less than `freshMs` ago.
   */
  | {
      readonly kind: "missingLogs";
      readonly keep: number;
      readonly freshBlocks?: number;
      readonly freshMs?: number;
    }
  // ---- another chain ----
  | { readonly kind: "chainId"; readonly id: number }
  /** Other bytecode at this address. */
  | { readonly kind: "code"; readonly address: string; readonly code: string }
  // ---- sends and subscriptions ----
  /** A send is answered with its hash and forgotten. */
  | { readonly kind: "swallow" }
  /** A subscription is granted and never heard of again. */
  | { readonly kind: "deafSubscription" };

export type FaultKind = Fault["kind"];

export interface RpcRequest {
  readonly id?: number | string | null;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Which requests a fault befalls. All that is given must hold. */
export interface When {
  /** "eth_subscription" stands for notifications, which {@link Fault} kinds cut, hang, delay, duplicate, reorder and frozenHead befall. */
  readonly methods?: readonly string[];
  readonly transport?: "http" | "ws";
  readonly inBatch?: boolean;
  readonly where?: (request: RpcRequest) => boolean;
  /** So many that match are let through first. */
  readonly after?: number;
  /** At most so often. */
  readonly times?: number;
  /** Probability of each; drawn from the proxy's seed. Default 1. */
  readonly chance?: number;
}

/** Words of real nodes and gateways. */
export const REFUSALS = {
  rateLimited: { kind: "error", code: -32005, message: "daily request count exceeded, request rate limited" },
  overCapacity: { kind: "error", code: -32012, message: "backend is over capacity", status: 429 },
  tooManyLogs: { kind: "error", code: -32005, message: "query returned more than 10000 results" },
  headerNotFound: { kind: "error", code: -32000, message: "header not found" },
  internal: { kind: "error", code: -32603, message: "internal error" },
  reverted: { kind: "error", code: 3, message: "execution reverted", data: "0x" },
  nonceTooLow: { kind: "error", code: -32000, message: "nonce too low: next nonce 5, tx nonce 4" },
  nonceTooHigh: { kind: "error", code: -32000, message: "nonce too high" },
  alreadyKnown: { kind: "error", code: -32000, message: "already known" },
  underpriced: { kind: "error", code: -32000, message: "replacement transaction underpriced" },
  feeTooLow: { kind: "error", code: -32000, message: "max fee per gas less than block base fee" },
  noFunds: { kind: "error", code: -32000, message: "insufficient funds for gas * price + value" },
  tooManyRequests: { kind: "http", status: 429, body: "slow down", headers: { "retry-after": "1" } },
  page: { kind: "http", status: 502, body: "<html><body>502 Bad Gateway</body></html>" },
} as const satisfies Readonly<Record<string, Fault>>;
