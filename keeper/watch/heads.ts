import type { Head } from "../chain/node.js";

/** What a newly polled head means. */
export type HeadNews =
  /** To be decided: the chain grew, or was reorganised. */
  | "new"
  /** Known already. */
  | "same"
  /** Lower than what was seen: a lagging endpoint, most likely; ignored unless it stays so. */
  | "behind";

/**
 * Tells news from noise in what an endpoint calls its newest block. An endpoint behind a balancer alternates between states;
 * one that stays lower for `patienceMs` is believed, because then the chain did go back.
 */
export class HeadFollower {
  private last: Head | undefined;
  private behindSince: number | undefined;

  constructor(
    private readonly patienceMs: number,
    private readonly clock: () => number = Date.now,
  ) {}

  get head(): Head | undefined {
    return this.last;
  }

  observe(head: Head): HeadNews {
    if (this.last?.hash === head.hash) {
      this.behindSince = undefined;
      return "same";
    }
    if (this.last !== undefined && head.number < this.last.number) {
      this.behindSince ??= this.clock();
      if (this.clock() - this.behindSince < this.patienceMs) return "behind";
    }
    this.behindSince = undefined;
    this.last = head;
    return "new";
  }
}
