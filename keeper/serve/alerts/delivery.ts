import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { publicUrl } from "../../config/secrets.js";
import type { Post } from "./formats.js";

export interface DeliveryOptions {
  readonly timeoutMs?: number;
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
}

/** More than that many messages that nobody takes are not kept. */
const MOST_WAITING = 1_000;

/**
 * Posts one after another to one place, each until it is taken; nobody waits for it. A place that refuses a message for what
 * it is (4xx, but not 408 or 429) does not get it again.
 */
export class Delivery {
  private readonly waiting: Post[] = [];
  private readonly stopping = new AbortController();
  private working: Promise<void> | undefined;
  private lost = 0;

  constructor(
    private readonly log: Logger,
    private readonly onOutcome: (delivered: boolean) => void,
    private readonly options: DeliveryOptions = {},
  ) {}

  /** Returns at once. */
  post(post: Post): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.waiting.shift();
      this.lost += 1;
      this.onOutcome(false);
    }
    this.waiting.push(post);
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Gives what waits a last chance, for so long. */
  async close(graceMs = 2_000): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(), graceMs);
    await this.working;
    clearTimeout(timer);
  }

  private async work(): Promise<void> {
    const { firstPauseMs = 1_000, longestPauseMs = 60_000 } = this.options;
    let pause = firstPauseMs;
    for (let post = this.waiting[0]; post !== undefined && !this.stopping.signal.aborted; post = this.waiting[0]) {
      const answer = await this.attempt(post);
      if (answer.kind === "retry") {
        await sleep(Math.max(pause, answer.afterMs), undefined, { signal: this.stopping.signal, ref: false }).catch(
          () => undefined,
        );
        pause = Math.min(2 * pause, longestPauseMs);
        continue;
      }
      pause = firstPauseMs;
      if (this.waiting[0] === post) this.waiting.shift();
      this.onOutcome(answer.kind === "taken");
    }
  }

  private async attempt({
    url,
    body,
  }: Post): Promise<{ kind: "taken" | "refused" } | { kind: "retry"; afterMs: number }> {
    const { timeoutMs = 5_000 } = this.options;
    const to = publicUrl(url);
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.stopping.signal]),
      });
      await response.arrayBuffer();
      if (response.ok) return { kind: "taken" };
      this.log.warn({ to, status: response.status, lost: this.lost }, "an alert was not taken");
      const isFinal = response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);
      if (isFinal) return { kind: "refused" };
      return { kind: "retry", afterMs: 1_000 * (Number(response.headers.get("retry-after") ?? 0) || 0) };
    } catch (error) {
      // What fetch throws can quote the address, and with it the secret.
      this.log.warn(
        { to, why: error instanceof Error ? error.name : "unknown", lost: this.lost },
        "an alert was not taken",
      );
      return { kind: "retry", afterMs: 0 };
    }
  }
}
