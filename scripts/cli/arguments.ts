import type { AmountOrMost } from "../../sdk/client/actions/index.js";
import { parsePositiveAmount } from "../../sdk/client/amounts.js";
import type { Token } from "../../sdk/client/token.js";

/** What a shell split at blanks: `0.5 WBTC` need not be quoted. */
export function joined(words: string | readonly string[]): string {
  return typeof words === "string" ? words : words.join(" ");
}

/** An amount, or "max" or "all" for as much as there can be. */
export function amountOrMost(words: string | readonly string[], token: Token): AmountOrMost {
  const text = joined(words).trim();
  return /^(max|all)$/i.test(text) ? "most" : parsePositiveAmount(text, token);
}
