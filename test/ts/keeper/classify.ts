import { expect } from "chai";
import { type ErrorKind, classifyHttp, classifyRpc, retryAfterMs } from "../../../keeper/chain/classify.js";

const [CALL, LOGS, SEND] = ["eth_call", "eth_getLogs", "eth_sendRawTransaction"] as const;

/** Words of nodes, gateways and hosts, as they were seen. */
const SEEN: readonly (readonly [kind: ErrorKind, method: string, code: number, message: string, detail?: string])[] = [
  ["revert", CALL, 3, "execution reverted"],
  ["revert", CALL, -32000, "execution reverted: Too little received"],
  ["revert", CALL, -32603, "VM Exception while processing transaction: reverted with an unrecognized error"],
  ["revert", CALL, -32015, "VM execution error.", "Reverted 0x08c379a0"],
  ["revert", CALL, -32000, "out of gas"],

  ["refused", SEND, -32000, "nonce too low: next nonce 5, tx nonce 4"],
  ["refused", SEND, -32000, "already known"],
  ["refused", SEND, -32000, "replacement transaction underpriced"],
  ["refused", SEND, -32000, "insufficient funds for gas * price + value: balance 0, tx cost 1"],
  ["refused", SEND, -32000, "max fee per gas less than block base fee"],
  ["refused", SEND, -32000, "exceeds block gas limit"],
  ["refused", SEND, -32003, "transaction rejected"],
  ["refused", CALL, -32602, "invalid argument 0: hex string has length 38, want 40"],

  ["rate-limited", CALL, -32005, "limit exceeded"],
  ["rate-limited", CALL, -32005, "daily request count exceeded, request rate limited"],
  ["rate-limited", LOGS, -32005, "project ID request rate exceeded: too many requests"],
  ["rate-limited", CALL, 429, "Your app has exceeded its compute units per second capacity"],
  ["rate-limited", CALL, -32016, "over rate limit"],
  ["rate-limited", CALL, -32012, "backend is over capacity"],
  ["rate-limited", CALL, -32007, "50/second request limit reached - reduce calls per second"],

  ["too-much", LOGS, -32005, "query returned more than 10000 results"],
  ["too-much", LOGS, -32005, "limit exceeded"],
  ["too-much", LOGS, -32602, "query exceeds max block range 10000"],
  ["too-much", LOGS, -32602, "range 1000000 exceeds limit of 10000"],
  ["too-much", LOGS, -32602, "invalid params", "range 9009594 is bigger than range limit 2000"],
  ["too-much", LOGS, -32614, "eth_getLogs is limited to a 10,000 range"],
  ["too-much", LOGS, -32000, "block range is larger than max block range, block range = 5120, max block range = 5000"],
  [
    "too-much",
    LOGS,
    -32602,
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
  ],
  ["too-much", LOGS, -32020, "backend response too large"],

  ["batch-refused", "batch", -32600, "batch too large"],
  ["batch-refused", "batch", -32014, "too many RPC calls in batch request"],
  ["batch-refused", CALL, -32003, "response too large"],

  ["not-here", CALL, -32000, "header not found"],
  ["not-here", CALL, -32000, "unknown block"],
  ["not-here", CALL, -32000, "missing trie node 5a1b (path ) state 0x5a1b is not available"],
  ["not-here", CALL, -32001, "block not found: hash 0xabc"],
  ["not-here", CALL, -32000, "hash 0xabc is not currently canonical"],
  ["not-here", CALL, -32602, "BlockOutOfRangeError: block height is 12 but requested was 15"],
  ["not-here", CALL, -32019, "block is out of range"],

  ["unsupported", "eth_subscribe", -32601, "the method eth_subscribe does not exist/is not available"],
  ["unsupported", CALL, -32602, "invalid argument 1: json: cannot unmarshal object into Go value of type string"],
  ["unsupported", CALL, -32602, "data did not match any variant of untagged enum BlockId"],

  ["unavailable", CALL, -32603, "Internal error"],
  ["unavailable", CALL, -32011, "no backends available for method"],
  ["unavailable", CALL, -32000, "execution aborted (timeout = 5s)"],
  ["unavailable", CALL, -32000, "Unauthorized: the api key is not known"],
];

describe("keeper: what an error means", () => {
  for (const [kind, method, code, message, detail] of SEEN) {
    it(`fault K3: ${method} ${code} "${message.slice(0, 60)}" is ${kind}`, () => {
      expect(classifyRpc({ method, code, message, detail })).to.equal(kind);
    });
  }

  it("fault K3: an answer that is no JSON-RPC is told by its status, or by its words", () => {
    expect(classifyHttp(429, "")).to.equal("rate-limited");
    expect(classifyHttp(413, "Request Entity Too Large")).to.equal("batch-refused");
    expect(classifyHttp(502, "<html>Bad Gateway</html>")).to.equal("unavailable");
    expect(classifyHttp(200, "<html>Too Many Requests</html>")).to.equal("rate-limited");
    expect(classifyHttp(200, "")).to.equal("unavailable");
  });

  it("fault K3: Retry-After is understood as seconds and as a date, and nothing else", () => {
    const now = Date.parse("2025-06-01T12:00:00Z");
    expect(retryAfterMs("1.5", now)).to.equal(1_500);
    expect(retryAfterMs("Sun, 01 Jun 2025 12:00:03 GMT", now)).to.equal(3_000);
    for (const nothing of [undefined, null, "", "soon", "-4", "Sun, 01 Jun 2025 11:59:00 GMT"]) {
      expect(retryAfterMs(nothing, now), String(nothing)).to.equal(undefined);
    }
  });
});
