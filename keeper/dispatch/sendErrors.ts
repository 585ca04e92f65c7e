import { RpcError } from "../chain/rpcErrors.js";

/** What a node's answer to a sent transaction means for its nonce. */
export type SendOutcome =
  /** The node has it. */
  | "accepted"
  /** The nonce is used up on chain, by us or by someone with our key. */
  | "nonce-too-low"
  /** The nonce leaves a gap the node does not take. */
  | "nonce-too-high"
  /** Another transaction waits under this nonce and this one does not pay enough more. */
  | "underpriced"
  | "insufficient-funds"
  /** Refused for another reason; it will not be mined. */
  | "rejected"
  /** No usable answer: it may have been sent. */
  | "unknown";

/** Nodes word these differently; geth, op-geth, op-reth, erigon, nethermind and anvil are covered. */
const WORDS: readonly (readonly [RegExp, SendOutcome])[] = [
  [/already (known|imported|in mempool)|known transaction|already exists|tx.* imported/i, "accepted"],
  [
    /nonce.*(too low|is lower|already used|below)|old nonce|oldnonce|invalid nonce; got|nonce has already been used/i,
    "nonce-too-low",
  ],
  [/nonce.*(too high|gap|too distant|is higher)|noncetoohigh/i, "nonce-too-high"],
  [/underpriced|fee too low|below (the )?(minimum|base fee)|less than block base fee|feetoolow/i, "underpriced"],
  [/insufficient|not enough|out of funds|overshot|lack of funds/i, "insufficient-funds"],
];

/** @param error what the send threw; undefined when it did not */
export function sendOutcome(error: unknown): SendOutcome {
  if (error === undefined) return "accepted";
  if (!(error instanceof RpcError)) return "unknown";
  for (const [words, outcome] of WORDS) if (words.test(error.reason)) return outcome;
  // -32603 "internal error" and rate limits say nothing about the transaction.
  const isSilent =
    error.code === -32603 || error.code === -32005 || /rate|too many requests|timeout/i.test(error.reason);
  return isSilent ? "unknown" : "rejected";
}
