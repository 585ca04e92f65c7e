import { setTimeout as sleep } from "node:timers/promises";
import type { Store, StoredDecision, StoredResult } from "../store/store.js";

export interface RecorderEvents {
  /** A write failed and is tried again. */
  readonly failed: (error: unknown) => void;
  /** All that waited is written. */
  readonly recovered: () => void;
  readonly backlog: (writes: number) => void;
}

type Write = { readonly kind: "result" | "decision"; readonly run: () => Promise<void> };

/** Decisions that wait for a store that is away; results are never given up. */
const MOST_DECISIONS = 10_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Writes down results and decisions behind the keeper's back: what the chain did is true whether a database is there or not,
 * and no liquidation waits for one. Writes go in order, each until it is taken. What a killed process had not written is found
 * again: its transactions are in the journal, and are booked anew.
 */
export class Recorder {
  private readonly waiting: Write[] = [];
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<Store, "results" | "decisions">,
    private readonly events: RecorderEvents,
    private readonly firstPauseMs = FIRST_PAUSE_MS,
  ) {}

  book(results: readonly StoredResult[]): void {
    if (results.length > 0) this.add({ kind: "result", run: () => this.store.results.put(results) });
  }

  /** Takes back what was booked in blocks after `block`, of all facilities or of those named. */
  rollBackTo(block: number, facilities?: readonly number[]): void {
    if (facilities?.length === 0) return;
    this.add({ kind: "result", run: () => this.store.results.removeAfter(block, facilities) });
  }

  decide(decisions: readonly StoredDecision[]): void {
    if (decisions.length > 0) this.add({ kind: "decision", run: () => this.store.decisions.append(decisions) });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.working;
  }

  /** Waits for what is to be written, for so long. */
  async close(graceMs = 5_000): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(), graceMs);
    await this.working;
    clearTimeout(timer);
  }

  private add(write: Write): void {
    const decisions = this.waiting.filter(({ kind }) => kind === "decision");
    if (write.kind === "decision" && decisions.length >= MOST_DECISIONS && decisions[0] !== undefined) {
      this.waiting.splice(this.waiting.indexOf(decisions[0]), 1);
    }
    this.waiting.push(write);
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  private async work(): Promise<void> {
    let pause = this.firstPauseMs;
    let hasFailed = false;
    for (let write = this.waiting[0]; write !== undefined && !this.stopping.signal.aborted; write = this.waiting[0]) {
      this.events.backlog(this.waiting.length);
      try {
        await write.run();
        if (this.waiting[0] === write) this.waiting.shift();
        pause = this.firstPauseMs;
      } catch (error) {
        hasFailed = true;
        this.events.failed(error);
        await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
    this.events.backlog(this.waiting.length);
    if (hasFailed && this.waiting.length === 0) this.events.recovered();
  }
}
