import { explainRevert } from "./explain.js";
import type { Facility } from "./facility.js";

/** A price of one collateral unit in loan units, scaled 1e36; or why the oracle refuses to name one. */
export type Price =
  | { readonly priceE36: bigint; readonly refusal?: undefined }
  | { readonly priceE36?: undefined; readonly refusal: string };

/** A price as the lens gives it: the oracle's revert data are put into words. */
export function priceOf(answer: { priceE36: bigint; refusal: string }, facility: Facility): Price {
  if (answer.refusal === "0x") return { priceE36: answer.priceE36 };
  return { refusal: explainRevert(answer.refusal, { facility }) };
}
