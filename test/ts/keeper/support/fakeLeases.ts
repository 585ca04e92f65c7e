import { StoreFailed } from "../../../../keeper/store/errors.js";
import type { Lease, LeaseStore } from "../../../../keeper/store/store.js";

/** Time as tests want it: one clock that only runs, from which the store's is as far away as it likes. */
export class FakeTime {
  /** Monotonic milliseconds, the same for all on this machine. */
  now = 1_000;
  /** Of the store's clock. */
  offset = 0;
}

/** Leases of many keepers under {@link FakeTime}; each keeper reaches them by a {@link line} of its own. */
export class FakeLeases {
  private readonly rows = new Map<string, Lease>();
  private lastFence = 0n;

  constructor(readonly time: FakeTime) {}

  line(): FakeLine {
    return new FakeLine(this);
  }

  get clock(): number {
    return this.time.now + this.time.offset;
  }

  acquire(name: string, holder: string, milliseconds: number): Lease {
    const group = name.split("/")[0];
    const other = this.live().find((one) => one.name.split("/")[0] !== group);
    const mine = this.live().find((one) => one.name === name);
    const obstacle = other ?? (mine?.holder === holder ? undefined : mine);
    if (obstacle !== undefined) return { ...obstacle, now: this.clock };
    const fence = mine?.fence ?? (this.lastFence += 1n);
    const lease = { name, holder, fence, expiresAt: this.clock + milliseconds, now: this.clock };
    this.rows.set(name, lease);
    return lease;
  }

  release(name: string, holder: string): void {
    if (this.rows.get(name)?.holder === holder) this.rows.delete(name);
  }

  live(): Lease[] {
    return [...this.rows.values()]
      .filter(({ expiresAt }) => expiresAt > this.clock)
      .map((one) => ({ ...one, now: this.clock }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** One keeper's way to the leases: it may be slow, or cut. */
export class FakeLine implements LeaseStore {
  /** Milliseconds to the store, and back. */
  there = 0;
  back = 0;
  isCut = false;

  constructor(private readonly leases: FakeLeases) {}

  acquire(name: string, holder: string, milliseconds: number): Promise<Lease> {
    return this.ask(() => this.leases.acquire(name, holder, milliseconds));
  }

  release(name: string, holder: string): Promise<void> {
    return this.ask(() => this.leases.release(name, holder));
  }

  held(): Promise<Lease[]> {
    return this.ask(() => this.leases.live());
  }

  private ask<T>(question: () => T): Promise<T> {
    if (this.isCut) return Promise.reject(new StoreFailed("the line is cut"));
    this.leases.time.now += this.there;
    const answer = question();
    this.leases.time.now += this.back;
    return Promise.resolve(answer);
  }
}
