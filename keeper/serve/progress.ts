export interface Health {
  readonly ok: boolean;
  readonly reason: string;
}

export interface ProgressLimits {
  /** Without progress for so long, it is not healthy. */
  readonly stallMs: number;
  /** How long a standstill of the event loop is told of after it is over: a probe cannot be answered during one. */
  readonly remembersBlockMs?: number;
}

const REMEMBERS_BLOCK_MS = 10_000;

/**
 * Whether the keeper gets anywhere. A process that runs proves nothing: an await may never return, or the event loop stand
 * still. What counts is that polls come to an end, and which step holds one up.
 */
export class Progress {
  private at: number;
  private step: { name: string; since: number } | undefined;
  private decided: { block: number } | undefined;
  private blocked: { at: number; ms: number } | undefined;
  private failing: { since: number; why: string } | undefined;

  constructor(
    private readonly limits: ProgressLimits,
    /** Milliseconds that never go back. */
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.at = clock();
  }

  /** A poll came to its end, whether there was a new block or not. */
  polled(): void {
    this.at = this.clock();
    this.step = undefined;
  }

  /** The poll is at this step now. */
  enter(name: string): void {
    this.step = { name, since: this.clock() };
  }

  /** All that a block asked for is done. */
  decidedBlock(block: number): void {
    this.decided = { block };
    this.failing = undefined;
  }

  /** A decision failed, and is taken anew. */
  failed(why: string): void {
    this.failing = { since: this.failing?.since ?? this.clock(), why };
  }

  loopBlocked(ms: number): void {
    this.blocked = { at: this.clock(), ms };
  }

  /** Milliseconds since the last poll came to its end. */
  get idleMs(): number {
    return this.clock() - this.at;
  }

  /** Polls that come to an end are no progress where every decision fails. */
  get isStalled(): boolean {
    return Math.max(this.idleMs, this.failingMs) > this.limits.stallMs;
  }

  private get failingMs(): number {
    return this.failing === undefined ? 0 : this.clock() - this.failing.since;
  }

  /** Why there is no progress; for people. */
  get holdUp(): string {
    const { failing } = this;
    if (failing !== undefined && this.idleMs <= this.limits.stallMs) {
      return `every decision has failed for ${Math.round(this.failingMs)} ms; at most ${this.limits.stallMs} are allowed: ${failing.why}`;
    }
    const idle = `no progress for ${Math.round(this.idleMs)} ms; at most ${this.limits.stallMs} are allowed`;
    if (this.step === undefined) return idle;
    const waited = Math.round(this.clock() - this.step.since);
    return `${idle}: "${this.step.name}" has not returned for ${waited} ms`;
  }

  health(halted: string): Health {
    if (halted !== "") return { ok: false, reason: halted };
    if (this.isStalled) return { ok: false, reason: this.holdUp };
    const { remembersBlockMs = REMEMBERS_BLOCK_MS } = this.limits;
    if (this.blocked !== undefined && this.clock() - this.blocked.at < remembersBlockMs) {
      return { ok: false, reason: `the event loop stood still for ${Math.round(this.blocked.ms)} ms just now` };
    }
    if (this.decided === undefined) return { ok: false, reason: "no block is decided yet" };
    return { ok: true, reason: `block ${this.decided.block} is decided` };
  }

  /** Whether its decisions are up to date: a load balancer, or a person at an upgrade, may wait for it. */
  ready(headBlock: number | undefined, lagBlocks: number): Health {
    if (this.isStalled) return { ok: false, reason: this.holdUp };
    if (this.decided === undefined || headBlock === undefined) return { ok: false, reason: "no block is decided yet" };
    const behind = headBlock - this.decided.block;
    const reason = `block ${this.decided.block} is decided, the head is ${headBlock}`;
    return { ok: behind <= lagBlocks, reason: behind <= lagBlocks ? reason : `${reason}: ${behind} behind` };
  }
}
