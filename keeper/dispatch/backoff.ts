/** Blocks a loan rests after its n-th failure in a row. */
const FIRST_REST = 2;
const LONGEST_REST = 1_024;

/**
 * A liquidation that reverts on chain for a reason of its own is not tried again without end: each failure doubles the rest.
 */
export class Backoff {
  private readonly bySubject = new Map<string, { failures: number; restsUntil: number }>();

  fail(subject: string, block: number): void {
    const failures = (this.bySubject.get(subject)?.failures ?? 0) + 1;
    const rest = Math.min(FIRST_REST ** failures, LONGEST_REST);
    this.bySubject.set(subject, { failures, restsUntil: block + rest });
  }

  clear(subject: string): void {
    this.bySubject.delete(subject);
  }

  /** @returns first block at which the subject may be tried again; undefined when it may be now */
  restsUntil(subject: string, block: number): number | undefined {
    const until = this.bySubject.get(subject)?.restsUntil;
    return until !== undefined && until > block ? until : undefined;
  }
}
