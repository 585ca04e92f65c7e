import { WAD, collateralValueDown, mulDivDown, subtractOrZero } from "../../sdk/model/index.js";
import type { DecisionNote } from "../account/decisionLog.js";
import type { Judgement } from "../judge/judge.js";
import { loanText, wadText } from "./describe.js";

/** What was done about a loan, and why; with a code and figures where the plan gives them. */
export interface Done {
  readonly action: string;
  readonly reason: string;
  readonly code?: string | undefined;
  readonly figures?: Readonly<Record<string, unknown>> | undefined;
}

/** A decision with what it rests on, and what a watchman asks of it. */
export interface LoanNote extends DecisionNote {
  readonly facility: number;
  readonly debt: bigint;
  /** Could be liquidated at this block. */
  readonly isLiquidatable: boolean;
  /** Of the debt, what no sale at the oracle's price and least incentive covers. */
  readonly expectedLoss: bigint;
}

export function noteOf(judgement: Judgement, done: Done): LoanNote {
  const { loan, facility, debt, healthWad, priceE36, verdict } = judgement;
  const value = priceE36 === undefined ? undefined : collateralValueDown(loan.collateral, priceE36);
  const covered = value === undefined ? debt : mulDivDown(value, WAD, WAD + facility.terms.incentiveMinWad);
  const quote = verdict.kind === "liquidatable" ? verdict.quote : undefined;
  return {
    subject: loanText(loan.id),
    facility: facility.id,
    action: done.action,
    reason: done.reason,
    code: done.code,
    debt,
    isLiquidatable: verdict.kind === "liquidatable",
    expectedLoss: subtractOrZero(debt, covered),
    figures: {
      verdict: verdict.kind,
      debt: debt.toString(),
      collateral: loan.collateral.toString(),
      value: value?.toString() ?? null,
      priceE36: priceE36?.toString() ?? null,
      health: healthWad === undefined ? null : wadText(healthWad),
      ...(quote && {
        allowance: quote.allowance.toString(),
        repaid: quote.repaid.toString(),
        seized: quote.seized.toString(),
      }),
      ...done.figures,
    },
  };
}
