import type { Outcome } from "../account/books.js";
import type { Intent } from "./intent.js";

/** Results without effect in a row after which nothing is sent any more. */
const MOST_WITHOUT_EFFECT = 3;
/** Structural reverts in a row, over as many different subjects, after which everything rests. */
const MOST_STRUCTURAL = 3;
const FIRST_REST_BLOCKS = 16;
const LONGEST_REST_BLOCKS = 4_096;

/**
 * What single loans' back-off cannot see: that everything fails. Transactions which succeed without effect mean that the keeper
 * does not understand what it does, and it stops until someone looks; the same kind of revert over different loans means that
 * something they share is broken (a pause, a right taken away), and it rests, then tries one transaction, for longer each time.
 * Lost races and moved markets count for neither: they are the trade.
 */
export class Breaker {
  private withoutEffect = 0;
  private readonly failing = new Set<string>();
  private structural = 0;
  private rests: { failures: number; until: number; trial: boolean } | undefined;
  private lastReason = "";

  record(intent: Intent, outcome: Outcome, why: string | undefined, block: number): void {
    switch (outcome) {
      case "done":
        this.withoutEffect = 0;
        this.close();
        return;
      case "no-effect":
        this.withoutEffect += 1;
        return;
      case "reverted":
        this.fail(intent, why, block);
        return;
      // Someone else was first, or the price moved: the way itself is open.
      case "race-lost":
      case "market-moved":
        this.close();
        return;
      // Nothing can be learned from it: where it was the trial, another may be made.
      case "cancelled":
      case "superseded":
        this.unclear();
    }
  }

  /** @returns why nothing may be sent at that block; empty where something may */
  halted(block: number): string {
    if (this.withoutEffect >= MOST_WITHOUT_EFFECT) {
      return `${this.withoutEffect} transactions in a row succeeded without effect: nothing is sent until a restart`;
    }
    if (this.rests === undefined) return "";
    const { until, trial } = this.rests;
    if (block < until) {
      return `${this.structural} transactions about different loans reverted in a row (${this.lastReason}): nothing is sent until block ${until}`;
    }
    return trial ? `one transaction is tried after ${this.structural} reverted in a row (${this.lastReason})` : "";
  }

  /** Something is about to be sent. @returns whether it is the trial after a rest, with which nothing else goes */
  sending(block: number): boolean {
    if (this.rests === undefined || block < this.rests.until) return false;
    this.rests.trial = true;
    return true;
  }

  /** The trial says nothing (not sent, cancelled, its nonce lost): another may be made. */
  unclear(): void {
    if (this.rests !== undefined) this.rests.trial = false;
  }

  private fail({ subjects }: Intent, why: string | undefined, block: number): void {
    this.structural += 1;
    for (const subject of subjects) this.failing.add(subject);
    this.lastReason = why ?? "no reason given";
    const isTrial = this.rests?.trial === true;
    if (!isTrial && this.failing.size < MOST_STRUCTURAL) return;
    const failures = (this.rests?.failures ?? 0) + (isTrial || this.rests === undefined ? 1 : 0);
    const rest = Math.min(FIRST_REST_BLOCKS * 2 ** (failures - 1), LONGEST_REST_BLOCKS);
    this.rests = { failures, until: block + rest, trial: false };
  }

  private close(): void {
    this.structural = 0;
    this.failing.clear();
    this.rests = undefined;
  }
}
