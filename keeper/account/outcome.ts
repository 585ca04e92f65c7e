import type { Revert } from "../chain/contracts.js";
import type { Outcome } from "./books.js";

/** Errors that say someone else was there first, or the loan recovered: nothing is wrong. */
const RACE = new Set([
  "NotLiquidatable",
  "NoSuchLoan",
  "BelowMinimum",
  "SourcesAgree",
  "AlreadyMarked",
  "NotInDefault",
  "NoOrder",
  "LtvBelowTrigger",
  "PriceBelowTrigger",
  "NothingOwed",
]);
/** Errors that say the market or the price moved since the plan: the next plan allows for it. */
const MOVED = new Set(["ProfitTooLow", "PriceTooLow", "DeadlinePassed", "SourcesDisagree", "FeeTooLow", "TooMuchSold"]);

/** The router still uses texts. */
const ROUTER_TEXTS = /Too little received|Transaction too old/;

/** Tells a lost race from a fault, by what the same call reverts with now. */
export function outcomeOfRevert(revert: Revert | undefined): Outcome {
  // It would pass now: what stood in its way is gone.
  if (revert === undefined || RACE.has(revert.name)) return "race-lost";
  if (MOVED.has(revert.name) || ROUTER_TEXTS.test(revert.text)) return "market-moved";
  return "reverted";
}
