import { RpcError } from "../chain/rpcErrors.js";

/** What a node's answer to a sent transaction means. */
export type SendOutcome =
  /** The node has it. */
  | "accepted"
  /** The nonce is used up on chain, by us or by someone with our key. */
  | "nonce-too-low"
  /** A nonce below it is missing, or too many wait. */
  | "nonce-too-high"
  /** Another transaction waits under this nonce and this one does not pay enough more. */
  | "replacement-underpriced"
  /** Less priority fee than the node asks of anyone. */
  | "tip-too-low"
  /** The most it would pay is below the base fee. */
  | "fee-cap-too-low"
  | "insufficient-funds"
  /** More gas than a block, or one transaction, may have. */
  | "gas-limit"
  /** No room; who pays more may get in. */
  | "pool-full"
  /** Refused for another reason; it will not be mined. */
  | "rejected"
  /** Not looked at, as the endpoint has had enough of us for now: the same bytes are sent again. */
  | "rate-limited"
  /** No usable answer: it may have been sent. */
  | "unknown";

/**
 * Nodes word these differently. In this order: "insufficient gas price to replace" is not about funds, and "nonce too low" may
 * come with figures in which other words occur. Covered are geth, op-geth, op-reth, erigon, nethermind and anvil.
 */
const WORDS: readonly (readonly [RegExp, SendOutcome])[] = [
  [/already (known|imported|in mempool)|alreadyknown|known transaction|already exists|same hash|^mined$/i, "accepted"],
  [
    /replacement.*(underpriced|not ?allowed)|replace existing|could not replace|replaced by|future transaction tries to replace|feetoolowtocompete/i,
    "replacement-underpriced",
  ],
  [
    /nonce.*(too low|is lower|already (been )?used|below)|old ?nonce|nonce has already been used|invalid nonce; got/i,
    "nonce-too-low",
  ],
  [
    /nonce.*(too high|gap|too distant|too ?far|is higher|max value)|gapped-nonce|noncetoohigh|in-flight transaction limit/i,
    "nonce-too-high",
  ],
  [/less than block base fee|below (the )?(base fee|chain minimum)|fee ?cap.*(too low|less|below)/i, "fee-cap-too-low"],
  [/underpriced|fee ?too ?low|below (the )?minimum|tip.*(too low|minimum)/i, "tip-too-low"],
  [
    /exceeds? block gas limit|gas limit (is )?(too high|exceeded|reached|exceeds)|gaslimitexceeded|gas limit.*cap|intrinsic gas too high|max block gas limit|exceeds max transaction gas/i,
    "gas-limit",
  ],
  [
    /pool (is )?full|poolfull|pool size|sub-?pool|account (slot |pool )?limit|account.*capacity|spammer|pool overflow/i,
    "pool-full",
  ],
  [/rate|too many requests|requests? (count|limit)|limit exceeded|quota|throttl|capacity exceeded/i, "rate-limited"],
  [/insufficient|not enough|out of funds|overshot|lack of funds/i, "insufficient-funds"],
];

/** Answers that speak of the endpoint's state, not of the transaction. */
const SILENT = /timeout|timed out|internal|syncing|unavailable|try again|backend|gateway/i;

/** @param error what the send threw; undefined when it did not */
export function sendOutcome(error: unknown): SendOutcome {
  if (error === undefined) return "accepted";
  if (!(error instanceof RpcError)) return "unknown";
  for (const [words, outcome] of WORDS) if (words.test(error.reason)) return outcome;
  if (error.code === -32005 || error.code === 429) return "rate-limited";
  return error.code === -32603 || SILENT.test(error.reason) ? "unknown" : "rejected";
}

/** Whether bytes that were never sent before are certainly in no pool after such an answer. */
export function isRefusal(outcome: SendOutcome): boolean {
  return outcome !== "accepted" && outcome !== "unknown" && outcome !== "rate-limited";
}
