import { collateralValueDown } from "../../sdk/model/index.js";
import type { Head } from "../chain/node.js";
import type { Judgement } from "../judge/judge.js";
import type { PlannedLiquidation } from "../plan/planner.js";
import type { BadDebt, DecisionCode, DecisionFigures, DecisionRecord } from "../plan/record.js";
import { loanText } from "../serve/describe.js";
import type { LoanAction } from "../serve/status.js";

/** Collects what was decided about each loan at one block, and the figures it rests on as they become known. */
export class Records {
  private readonly byLoan = new Map<bigint, DecisionRecord>();
  private readonly figures = new Map<bigint, DecisionFigures>();
  private readonly losses = new Map<bigint, { facility: number; amount: string }>();

  constructor(private readonly head: Head) {}

  /** What was decided last about each loan. */
  get all(): ReadonlyMap<bigint, DecisionRecord> {
    return this.byLoan;
  }

  /** Notes what the judgement says of a loan. */
  judged({ loan, debt, healthWad, priceE36, verdict }: Judgement): void {
    const liquidatable = verdict.kind === "liquidatable" ? verdict.quote : undefined;
    const loss = liquidatable === undefined ? 0n : liquidatable.debtClosed - liquidatable.repaid;
    if (loss > 0n) this.losses.set(loan.id, { facility: loan.facility, amount: loss.toString() });
    this.add(loan.id, {
      debt: debt.toString(),
      collateral: loan.collateral.toString(),
      ...(healthWad !== undefined && { healthWad: healthWad.toString() }),
      ...(priceE36 !== undefined && {
        priceE36: priceE36.toString(),
        value: collateralValueDown(loan.collateral, priceE36).toString(),
      }),
      ...(liquidatable !== undefined && { allowance: liquidatable.allowance.toString() }),
      ...(loss > 0n && { badDebt: loss.toString() }),
    });
  }

  /** And what was planned for it. */
  planned({ candidate, quote, shares, proceeds, grossProfit, terms }: PlannedLiquidation): void {
    this.add(candidate.loan.id, {
      repaid: quote.repaid.toString(),
      seized: quote.seized.toString(),
      proceeds: proceeds.toString(),
      legs: shares.map(({ path, amountIn }) => ({ path, amountIn: amountIn.toString() })),
      fromInventory: shares.length === 0,
      markFirst: candidate.markFirst ?? false,
      grossProfit: grossProfit.toString(),
      loanUnitsPerEther: terms.loanUnitsPerEther.toString(),
      minProfit: terms.minProfit.toString(),
    });
  }

  add(loan: bigint, figures: DecisionFigures): void {
    this.figures.set(loan, { ...this.figures.get(loan), ...figures });
    const record = this.byLoan.get(loan);
    if (record !== undefined) this.byLoan.set(loan, { ...record, figures: { ...record.figures, ...figures } });
  }

  decide(
    { id, facility }: { readonly id: bigint; readonly facility: number },
    action: LoanAction,
    code: DecisionCode,
    text: string,
    figures: DecisionFigures = {},
  ): void {
    this.add(id, figures);
    this.byLoan.set(id, {
      block: this.head.number,
      blockHash: this.head.hash,
      timestamp: Number(this.head.timestamp),
      loan: loanText(id),
      facility,
      action,
      code,
      text,
      figures: this.figures.get(id) ?? {},
    });
  }

  /** Loans beyond rescue, whether or not anything is done about them: lenders should know before they are closed. */
  get badDebts(): BadDebt[] {
    return [...this.losses].map(([id, { facility, amount }]) => ({ loan: loanText(id), facility, amount }));
  }
}
