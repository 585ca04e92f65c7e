import type { Head } from "../chain/node.js";
import type { Backoff } from "../dispatch/backoff.js";
import type { Sender } from "../dispatch/sender.js";
import type { Errand } from "../errand/errand.js";
import type { Judgement } from "../judge/judge.js";
import type { Candidate } from "../plan/planner.js";
import type { DecisionCode } from "../plan/record.js";
import { loanText } from "../serve/describe.js";
import type { LoanAction } from "../serve/status.js";
import type { DecisionInput } from "./input.js";
import type { Records } from "./records.js";

export interface CandidateDeps {
  readonly dispatcher: Pick<Sender, "isPending" | "halted">;
  readonly backoff: Pick<Backoff, "restsUntil">;
}

/** Why a loan is not acted on whatever it would earn. */
interface Obstacle {
  readonly action: LoanAction;
  readonly code: DecisionCode;
  readonly text: string;
}

/** Liquidatable loans about which nothing is under way; why the others are left goes into the records. */
export function candidatesOf(deps: CandidateDeps, input: DecisionInput, records: Records): Candidate[] {
  const candidates: Candidate[] = [];
  for (const judgement of input.judgements) {
    records.judged(judgement);
    const obstacle = obstacleOf(deps, judgement, input.head, input.halted);
    if (obstacle !== undefined) records.decide(judgement.loan, obstacle.action, obstacle.code, obstacle.text);
    else if (isCandidate(judgement)) candidates.push(judgement);
  }
  return candidates;
}

/**
 * Term loans in default that nobody has marked, judged as if the mark were made now: where the sale pays at once, mark and sale
 * are one transaction, and nobody comes between. The incentive then is the least there is; where that is too little, the errand
 * marks the loan and the incentive grows.
 */
export function defaultCandidates(deps: CandidateDeps, input: DecisionInput, records: Records): Candidate[] {
  return input.errands.filter(opensSale).flatMap((errand) => {
    const judgement = input.asMarked(errand.loan);
    // The errand says itself what stands in the way of both.
    if (
      judgement === undefined ||
      !isCandidate(judgement) ||
      obstacleOf(deps, judgement, input.head, input.halted) !== undefined
    )
      return [];
    records.judged(judgement);
    return [{ ...judgement, markFirst: true }];
  });
}

const opensSale = ({ kind, leadsToSale }: Errand): boolean => kind === "mark" && leadsToSale;

function isCandidate(judgement: Judgement): judgement is Candidate {
  return judgement.verdict.kind === "liquidatable";
}

function obstacleOf(
  { backoff, dispatcher }: CandidateDeps,
  { loan, priceE36, verdict }: Judgement,
  head: Head,
  halted: string,
): Obstacle | undefined {
  const subject = loanText(loan.id);
  const left = (code: DecisionCode, text: string): Obstacle => ({ action: "left", code, text });
  if (verdict.kind === "held") {
    const text = `the oracle's sources disagree; released at ${verdict.releasedAt}`;
    return { action: "held", code: "disagreement", text };
  }
  if (verdict.kind === "unpriced") return { action: "watch", code: "no-price", text: verdict.why };
  if (verdict.kind !== "liquidatable") return undefined;
  if (dispatcher.isPending(subject)) {
    return { action: "pending", code: "pending", text: "a liquidation is under way" };
  }
  const stops = halted === "" ? dispatcher.halted(head.number, loan.facility) : halted;
  if (stops !== "") return left("halted", stops);
  // An oracle that says so is broken, whatever else it says: nothing is sold for nothing.
  if (priceE36 === undefined || priceE36 === 0n) return left("no-price", "the oracle's price is zero");
  const until = backoff.restsUntil(subject, head.number);
  if (until !== undefined) return left("resting", `the last attempt reverted; tried again at block ${until}`);
  if (verdict.quote.repaid === 0n) return left("below-minimum", "no repayment would leave at least minDebt");
  return undefined;
}
