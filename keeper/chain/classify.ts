/** What an error of an endpoint means for the one who asked. */
export type ErrorKind =
  /** The call was executed and reverted: an answer. */
  | "revert"
  /** Understood and declined (nonce, funds, arguments): an answer, the same from any endpoint. */
  | "refused"
  /** A range of logs is too large: ask for half of it. */
  | "too-much"
  /** Too many requests in one body, or no such bodies here: ask for fewer at once. */
  | "batch-refused"
  /** Too many requests in a time: ask later, or elsewhere. */
  | "rate-limited"
  /** The endpoint cannot serve just now: ask elsewhere. */
  | "unavailable"
  /** This endpoint does not have the block or its state: another may, or this one a moment later. */
  | "not-here"
  /** The endpoint does not know the method, or not this form of its arguments. */
  | "unsupported"
  /** Nothing came in time. */
  | "timeout";

export interface RpcFailure {
  readonly method: string;
  readonly code: number;
  readonly message: string;
  /** Where some gateways hide what they mean. */
  readonly detail?: string | undefined;
}

interface Rule {
  readonly kind: ErrorKind;
  readonly code?: readonly number[];
  readonly words?: RegExp;
  readonly method?: string;
}

/**
 * Read from the top; the first rule of which everything given holds is it. Codes are those of EIP-1474, geth and the OP
 * gateway proxyd; words are of geth, op-reth, erigon, nethermind, anvil and the large hosts, none of which agree.
 */
const RULES: readonly Rule[] = [
  { kind: "revert", code: [3] },
  { kind: "revert", words: /revert|vm exception|invalid opcode|out of gas|stack (under|over)flow/i },

  // Sends first: "fee too low" and "exceeds block gas limit" must not be taken for limits of the endpoint.
  {
    kind: "refused",
    words:
      /nonce|underpriced|insufficient funds|already known|known transaction|intrinsic gas|gas limit|fee cap|max fee/i,
  },

  { kind: "batch-refused", words: /batch/i },
  { kind: "batch-refused", code: [-32014] },

  { kind: "rate-limited", code: [429, -32012, -32016, -32017, -32029] },
  {
    kind: "rate-limited",
    words:
      /rate.?limit|too many requests|request (count|limit)|per second|throttl|quota|(over|exceeded).*(capacity|credit|compute)|capacity (limit )?exceeded|compute units/i,
  },

  {
    kind: "too-much",
    method: "eth_getLogs",
    words:
      /range|results|response (size|is too (large|big))|too (large|big|wide|many)|more than|limit|exceed|timeout|timed out|duration/i,
  },
  { kind: "too-much", method: "eth_getLogs", code: [-32005, -32020, -32614] },
  { kind: "batch-refused", words: /response (is )?too large/i },
  { kind: "rate-limited", code: [-32005] },

  {
    kind: "not-here",
    words:
      /(header|block|state|trie node|receipt|hash).*(not (found|available|(currently )?canonical)|missing|pruned|out of range)|(unknown|missing|no such) (block|header|trie node|state)|(resource|requested data) not found|outofrange|block is out of range|historical state/i,
  },
  { kind: "not-here", code: [-32001, -32019, -39001] },

  { kind: "unsupported", code: [-32601, -32004] },
  {
    kind: "unsupported",
    words:
      /(method|function).*(not (found|exist|supported|available|allowed)|unknown)|does not exist\/is not available|not whitelisted/i,
  },
  { kind: "unsupported", words: /unmarshal|invalid type|did not match any variant|deserializ/i },

  { kind: "unavailable", code: [-32603, -32011, -32015, -32018, -32021, -32002, -32700] },
  {
    kind: "unavailable",
    words:
      /internal|unavailable|no (healthy )?backend|upstream|bad gateway|time(d )?-?out|timeout|overload|too busy|try again|unauthori[sz]ed|forbidden|api key|syncing/i,
  },
];

/** What a JSON-RPC error means; an answer that no rule knows is taken for a refusal. */
export function classifyRpc({ method, code, message, detail }: RpcFailure): ErrorKind {
  const text = detail === undefined ? message : `${message} ${detail}`;
  const rule = RULES.find(
    (one) =>
      (one.method === undefined || one.method === method) &&
      (one.code === undefined || one.code.includes(code)) &&
      (one.words === undefined || one.words.test(text)),
  );
  return rule?.kind ?? "refused";
}

/** What an answer that is no JSON-RPC means, by its HTTP status and, where that says all is well, by its text. */
export function classifyHttp(status: number, body: string): ErrorKind {
  if (status === 429) return "rate-limited";
  if (status === 413) return "batch-refused";
  if (/too many requests|rate.?limit/i.test(body.slice(0, 2_000))) return "rate-limited";
  return "unavailable";
}

/** Whether another endpoint, or the same a little later, may give what this one did not. */
export function worthAskingElsewhere(kind: ErrorKind): boolean {
  return ["rate-limited", "unavailable", "not-here", "unsupported", "timeout", "batch-refused"].includes(kind);
}

/** Whether it says something about the endpoint's health; a rate limit has its own remedy, an old block is no illness. */
export function isIllness(kind: ErrorKind): boolean {
  return kind === "unavailable" || kind === "timeout";
}

/**
 * @param value of a Retry-After header: seconds, or a date
 * @returns milliseconds; undefined where it says nothing usable
 */
export function retryAfterMs(value: string | null | undefined, now: number): number | undefined {
  if (value === null || value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
