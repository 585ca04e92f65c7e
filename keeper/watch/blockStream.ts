import type { Head, PendingBlock } from "../chain/node.js";
import { HeadFollower } from "./heads.js";

/** A state of the chain to decide about. */
export interface View {
  /** "pending": the block being built on the newest; its number is one higher, and its hash stands for its content so far. */
  readonly kind: "latest" | "pending";
  readonly head: Head;
}

export interface HeadSource {
  head(): Promise<Head | undefined>;
  pending(): Promise<{ readonly head: Head | undefined; readonly pending: PendingBlock | undefined }>;
}

export interface StreamOptions {
  readonly pollMs: number;
  /** The same while heads come by themselves: only to notice when they no longer do. */
  readonly pushedPollMs: number;
  /** How long a head lower than one seen before is taken for a lagging endpoint. */
  readonly regressPatienceMs: number;
  /** Without a new block for so long the chain itself stands still. */
  readonly stalledMs: number;
  /** Whether the block being built is shown too, where the endpoint offers it. */
  readonly pendingView: boolean;
}

/** What the stream notices besides views. */
export interface StreamEvents {
  polled?(): void;
  fault?(error: unknown): void;
  /** The endpoint answers and the chain does not grow: not the same as an endpoint that is dead. */
  stalled?(head: Head, ms: number): void;
  moving?(head: Head): void;
}

/** Most that a view which could not be decided waits, however rarely the head is polled for. */
const AGAIN_MS = 500;

/**
 * The chain's newest state, again and again, newest only: who is busy with one view gets, next, the newest there is then.
 * Heads are polled for and may be offered from elsewhere (a subscription), in any order, twice, or not at all: each is shown
 * once, a lower one only when it stays so.
 *
 * @example
 * for await (const view of stream) if (!(await decide(view))) stream.again(view);
 */
export class BlockStream implements AsyncIterable<View> {
  private readonly follower: HeadFollower;
  private next: View | undefined;
  private waiting: (() => void) | undefined;
  private stopped = false;
  private pushed = false;
  private polling = false;
  private wakened = false;
  private timer: NodeJS.Timeout | undefined;
  private pendingKey = "";
  private newAt: number;
  private isStalled = false;

  constructor(
    private readonly source: HeadSource,
    private readonly options: StreamOptions,
    private readonly events: StreamEvents = {},
    private readonly clock: () => number = Date.now,
  ) {
    this.follower = new HeadFollower(options.regressPatienceMs, clock);
    this.newAt = clock();
  }

  /** Newest block seen. */
  get head(): Head | undefined {
    return this.follower.head;
  }

  start(): void {
    this.wake();
  }

  /** Ends the iteration; a view being worked on is not disturbed. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.waiting?.();
  }

  /** Whether heads are offered as they come; polling goes on, more slowly. */
  setPushed(pushed: boolean): void {
    this.pushed = pushed;
    this.wake();
  }

  /** Looks at once: something happened, or was missed. */
  wake(): void {
    if (this.stopped) return;
    if (this.polling) this.wakened = true;
    else void this.poll();
  }

  /** A head that came by itself. */
  offer(head: Head): void {
    if (this.stopped) return;
    if (this.follower.observe(head) === "new") this.show({ kind: "latest", head });
  }

  /** Shows a view once more after a while, unless a newer one comes first: it could not be decided. */
  again(view: View): void {
    const { number, hash } = view.head;
    setTimeout(
      () => {
        const isNewest = view.kind === "latest" ? this.head?.hash === hash : this.head?.number === number - 1;
        if (isNewest && this.next === undefined) this.put(view);
      },
      Math.min(this.options.pollMs, AGAIN_MS),
    );
  }

  async *[Symbol.asyncIterator](): AsyncIterator<View> {
    while (!this.stopped) {
      const view = this.next;
      if (view === undefined) await new Promise<void>((resolve) => (this.waiting = resolve));
      else {
        this.next = undefined;
        yield view;
      }
    }
  }

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    this.polling = true;
    this.wakened = false;
    try {
      const { pendingView } = this.options;
      const { head, pending } = pendingView
        ? await this.source.pending()
        : { head: await this.source.head(), pending: undefined };
      if (head !== undefined && !this.stopped) this.take(head, pending);
      this.events.polled?.();
    } catch (error) {
      this.events.fault?.(error);
    }
    this.polling = false;
    if (this.stopped) return;
    // A block being built is not announced, so it is polled for as if nothing were.
    const slowly = this.pushed && !this.options.pendingView;
    const pause = this.wakened ? 0 : slowly ? this.options.pushedPollMs : this.options.pollMs;
    this.timer = setTimeout(() => void this.poll(), pause);
  }

  private take(head: Head, pending: PendingBlock | undefined): void {
    if (this.follower.observe(head) === "new") this.show({ kind: "latest", head });
    else this.checkStall();
    if (pending !== undefined && this.head?.hash === head.hash) this.takePending(head, pending);
  }

  private show(view: View): void {
    this.newAt = this.clock();
    if (this.isStalled) this.events.moving?.(view.head);
    this.isStalled = false;
    this.pendingKey = "";
    this.put(view);
  }

  private checkStall(): void {
    const { head } = this;
    const idle = this.clock() - this.newAt;
    if (head === undefined || this.isStalled || idle < this.options.stalledMs) return;
    this.isStalled = true;
    this.events.stalled?.(head, idle);
  }

  /** Nodes that build no blocks give the newest again, or an empty one: neither is shown. */
  private takePending(latest: Head, pending: PendingBlock): void {
    if (pending.number !== latest.number + 1 || pending.parentHash !== latest.hash) return;
    if (pending.transactions.length === 0) return;
    const key = `${pending.number}/${pending.transactions.length}/${pending.hash ?? ""}`;
    // The newest block is not passed over for one that may yet change.
    if (key === this.pendingKey || this.next?.kind === "latest") return;
    this.pendingKey = key;
    const { number, parentHash, timestamp, baseFeePerGas } = pending;
    this.put({ kind: "pending", head: { number, hash: `pending:${key}`, parentHash, timestamp, baseFeePerGas } });
  }

  private put(view: View): void {
    this.next = view;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.();
  }
}
