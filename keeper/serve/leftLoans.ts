import type { LoanNote } from "./loanNotes.js";

/** For how many blocks liquidatable loans have been left alone. */
export class LeftLoans {
  private since = new Map<string, number>();

  constructor(private readonly longBlocks: number) {}

  /** @returns how many are left at this block, and which for too long */
  after(block: number, notes: readonly LoanNote[]): { now: number; long: LoanNote[] } {
    const left = notes.filter(({ isLiquidatable, action }) => isLiquidatable && action === "left");
    this.since = new Map(left.map(({ subject }) => [subject, Math.min(this.since.get(subject) ?? block, block)]));
    const long = left.filter(({ subject }) => block - (this.since.get(subject) ?? block) >= this.longBlocks);
    return { now: left.length, long };
  }
}
