/** Slowest an endpoint is asked, requests a second. */
const SLOWEST = 2;
/** What a second without complaint adds. */
const FASTER_EACH_SECOND = 4;
/** What is not used is kept for so long, and no longer: a burst would bring the next complaint. */
const KEPT_SECONDS = 0.2;
/** Complaints so close together are one: they answer requests that were on their way already. */
const ONE_COMPLAINT_MS = 500;

/**
 * How fast an endpoint may be asked. Nothing is held back until it complains; a complaint halves the pace it was really asked
 * at, and every second without one adds a little (additive increase, multiplicative decrease).
 */
export class RateLimit {
  private perSecond = Infinity;
  private credit = 0;
  private creditedAt = 0;
  private pausedUntil = 0;
  private complainedAt = -Infinity;
  private recent: { readonly at: number; readonly requests: number }[] = [];

  /** Requests a second allowed; Infinity before the first complaint. */
  get rate(): number {
    return this.perSecond;
  }

  /** Milliseconds before the next request may go; 0 for at once. */
  wait(now: number): number {
    this.refill(now);
    const paused = Math.max(0, this.pausedUntil - now);
    if (this.perSecond === Infinity || this.credit >= 1) return paused;
    return Math.max(paused, Math.ceil(((1 - this.credit) / this.perSecond) * 1_000));
  }

  /** Counts requests that go now, in a batch each of them; they may run up a debt that those after them wait for. */
  take(now: number, requests = 1): void {
    this.refill(now);
    if (this.perSecond !== Infinity) this.credit -= requests;
    this.recent = [...this.recent.filter(({ at }) => now - at < 1_000), { at: now, requests }];
  }

  /** @param retryAfterMs for how long the endpoint asked to be left alone */
  complain(now: number, retryAfterMs?: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now + (retryAfterMs ?? 1_000 / Math.min(this.perSecond, 10)));
    if (now - this.complainedAt < ONE_COMPLAINT_MS) return;
    this.refill(now);
    this.complainedAt = now;
    const asked = this.recent.reduce((sum, one) => sum + (now - one.at <= 1_000 ? one.requests : 0), 0);
    this.perSecond = Math.max(SLOWEST, Math.min(this.perSecond, asked) / 2);
    this.credit = Math.min(this.credit, 1);
    this.creditedAt = now;
  }

  private refill(now: number): void {
    if (this.perSecond === Infinity) return;
    const seconds = Math.max(0, now - this.creditedAt) / 1_000;
    this.creditedAt = now;
    this.perSecond += FASTER_EACH_SECOND * seconds;
    this.credit = Math.min(Math.max(1, this.perSecond * KEPT_SECONDS), this.credit + this.perSecond * seconds);
  }
}
