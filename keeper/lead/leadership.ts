import { hostname } from "node:os";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Episodes } from "../episodes.js";
import { InvalidConfig } from "../errors.js";
import { StoreFailed } from "../store/errors.js";
import type { Lease, LeaseStore } from "../store/store.js";
import type { Shards } from "./shards.js";
import { LEAST_VALID_SECONDS, Standing } from "./standing.js";

/** Who may send. A keeper that may not does all the rest, and is ready when it may. */
export interface Leadership {
  /** Begins to lead, or to wait for it. */
  start(): Promise<void>;
  /** @returns undefined where this keeper does not lead the shard, or not for long enough to send anything */
  fence(shard: number): { readonly fence: bigint; deadline(chainNow: bigint): bigint | undefined } | undefined;
  /** Who leads what, for people. */
  describe(): readonly ShardLead[];
  /** Gives up at once what it leads, after whatever was being sent is sent: the next takes over without waiting. */
  stop(): Promise<void>;
}

export interface ShardLead {
  readonly shard: number;
  /** undefined where nobody is known to. */
  readonly holder: string | undefined;
  readonly isOurs: boolean;
  readonly fence: bigint | undefined;
}

export interface LeaseOptions {
  readonly leaseMs: number;
  /** By how much the chain's clock may fall behind within a lease. */
  readonly skewSeconds: number;
  readonly shards: Shards;
  readonly log: Logger;
  /** As others see this keeper; new with every process. */
  readonly holder?: string;
  readonly onGained?: (shard: number, standing: Standing) => void;
  readonly onLost?: (shard: number, why: string) => void;
  /** Monotonic milliseconds. */
  readonly clock?: () => number;
}

/** A lease is renewed this often within its time, and looked at more often by those who wait for it. */
const RENEWALS = 3;
const LOOKS = 10;
/** After the moment at which another's lease should be over. */
const AFTER_EXPIRY_MS = 10;

/**
 * Leads by leases in the store, one a shard. Every keeper also holds a lease that says it is there; from their number follows
 * how many shards each may lead: who leads too many gives some up, who leads too few takes what is free.
 */
export class LeasedLeadership implements Leadership {
  readonly holder: string;
  private readonly led = new Map<number, Standing>();
  private readonly stopping = new AbortController();
  private readonly clock: () => number;
  private readonly episodes: Episodes;
  /** By shard, as the store said last. */
  private seen = new Map<number, Lease>();
  private loop: Promise<void> | undefined;
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly leases: LeaseStore,
    private readonly options: LeaseOptions,
  ) {
    const { leaseMs, skewSeconds, log } = options;
    // What is left just before it is renewed must be enough to send.
    const least = Math.ceil((1_000 * (skewSeconds + LEAST_VALID_SECONDS) * RENEWALS) / (RENEWALS - 1));
    if (leaseMs < least) {
      throw new InvalidConfig(
        `a lease of ${leaseMs} ms with a skew of ${skewSeconds} s leaves no time to send: give at least ${least} ms`,
      );
    }
    this.clock = options.clock ?? (() => performance.now());
    this.holder = options.holder ?? `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
    this.episodes = new Episodes(log);
  }

  async start(): Promise<void> {
    await this.round();
    this.loop = this.run();
  }

  fence(shard: number): Standing | undefined {
    const standing = this.led.get(shard);
    return standing?.isLongEnough === true ? standing : undefined;
  }

  describe(): readonly ShardLead[] {
    return Array.from({ length: this.options.shards.count }, (_, shard) => {
      const lease = this.seen.get(shard);
      return { shard, holder: lease?.holder, isOurs: this.led.has(shard), fence: lease?.fence };
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.expiry);
    await this.loop;
    const { shards } = this.options;
    try {
      for (const shard of [...this.led.keys()]) await this.giveUp(shard, "stopping");
      await this.leases.release(shards.presence(this.holder), this.holder);
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      this.options.log.warn({ why: error.message }, "the lease could not be given up; it ends by itself");
    }
  }

  private async run(): Promise<void> {
    let wait = this.options.leaseMs / LOOKS;
    while (!this.stopping.signal.aborted) {
      await sleep(wait, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      wait = await this.round();
    }
  }

  /** One look at the leases. @returns milliseconds until the next */
  async round(): Promise<number> {
    const { leaseMs } = this.options;
    const start = this.clock();
    const trouble = "the leases cannot be read: this keeper leads until its own ends";
    try {
      const soonest = await this.look();
      this.episodes.end(trouble);
      const due = this.led.size > 0 ? leaseMs / RENEWALS : leaseMs / LOOKS;
      return Math.max(AFTER_EXPIRY_MS, Math.min(due, soonest + AFTER_EXPIRY_MS) - (this.clock() - start));
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      this.episodes.begin(trouble, { why: error.message });
      this.dropExpired();
      return leaseMs / LOOKS;
    }
  }

  /** @returns in how many milliseconds the first of the others' leases ends */
  private async look(): Promise<number> {
    const { shards } = this.options;
    this.dropExpired();
    // First, so that where this keeper dies it ends before the leases of its shards, and the others know how many they are.
    const presence = await this.acquire(shards.presence(this.holder));
    const divided = "other keepers divide the facilities differently: this one waits until they are gone";
    if (presence.standing === undefined) {
      this.episodes.begin(divided, { theirs: presence.lease.name, by: presence.lease.holder });
      for (const shard of [...this.led.keys()]) this.lose(shard, divided);
      return this.options.leaseMs;
    }
    this.episodes.end(divided);
    for (const shard of [...this.led.keys()]) await this.take(shard);

    const held = await this.leases.held();
    const keepers = held.filter(({ name }) => name.startsWith(shards.presences)).map(({ holder }) => holder);
    const share = Math.ceil(shards.count / Math.max(1, keepers.length));
    for (const shard of [...this.led.keys()].slice(share))
      await this.giveUp(shard, "another keeper is there to lead it");
    this.seen = new Map();
    for (const lease of held) {
      const shard = Array.from({ length: shards.count }, (_, i) => i).find((i) => shards.lease(i) === lease.name);
      if (shard !== undefined) this.seen.set(shard, lease);
    }
    for (const shard of this.preferred(keepers, share)) {
      if (this.led.size >= share) break;
      if (!this.seen.has(shard)) await this.take(shard);
    }
    this.watchExpiry();
    const others = held.filter(({ holder }) => holder !== this.holder);
    return Math.min(this.options.leaseMs, ...others.map(({ expiresAt, now }) => expiresAt - now));
  }

  /** All shards, from another one on for each keeper, so that they do not reach for the same. */
  private preferred(keepers: readonly string[], share: number): number[] {
    const { count } = this.options.shards;
    const rank = Math.max(0, [...keepers].sort().indexOf(this.holder));
    return Array.from({ length: count }, (_, i) => (rank * share + i) % count);
  }

  private async acquire(name: string): Promise<{ lease: Lease; standing: Standing | undefined }> {
    const start = this.clock();
    const lease = await this.leases.acquire(name, this.holder, this.options.leaseMs);
    if (lease.name !== name || lease.holder !== this.holder) return { lease, standing: undefined };
    // Never longer than was asked for, whatever the store's clock did meanwhile.
    const left = Math.min(this.options.leaseMs, lease.expiresAt - lease.now);
    return { lease, standing: new Standing(lease.fence, start + left, this.options.skewSeconds, this.clock) };
  }

  private async take(shard: number): Promise<void> {
    const before = this.led.get(shard);
    const { lease, standing } = await this.acquire(this.options.shards.lease(shard));
    this.seen.set(shard, lease);
    if (standing === undefined) return this.lose(shard, `${lease.holder} leads`);
    if (before !== undefined && before.fence !== standing.fence) this.lose(shard, "the lease was over for a while");
    const isNew = !this.led.has(shard);
    this.led.set(shard, standing);
    if (!isNew) return;
    this.options.log.info({ shard, fence: standing.fence.toString(), holder: this.holder }, "leads");
    this.options.onGained?.(shard, standing);
  }

  private async giveUp(shard: number, why: string): Promise<void> {
    this.lose(shard, why);
    await this.leases.release(this.options.shards.lease(shard), this.holder);
  }

  private lose(shard: number, why: string): void {
    if (!this.led.delete(shard)) return;
    this.options.log.warn({ shard, why }, "leads no more");
    this.options.onLost?.(shard, why);
  }

  private dropExpired(): void {
    for (const [shard, { until }] of this.led) {
      if (this.clock() >= until) this.lose(shard, "the lease ended before it could be renewed");
    }
  }

  /** The end of a lease is noticed when it comes, also while the store does not answer. */
  private watchExpiry(): void {
    clearTimeout(this.expiry);
    if (this.led.size === 0) return;
    const first = Math.min(...[...this.led.values()].map(({ until }) => until));
    this.expiry = setTimeout(
      () => {
        this.dropExpired();
        this.watchExpiry();
      },
      Math.max(1, first - this.clock()),
    );
    this.expiry.unref();
  }
}
