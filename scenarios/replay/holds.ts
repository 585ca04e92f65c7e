import type { Hold } from "../result.js";

/** What was seen of the two price sources and of the unhealthy loans at one moment. */
export interface Sight {
  /** second */
  at: number;
  /** liquidation is held back: the sources disagree, and not yet for as long as the cap */
  held: boolean;
  /** the sources are further apart than the limit */
  disagree: boolean;
  /** their difference as a share of the primary price */
  apartBps: number;
  /** loans whose health factor is below 1 at the primary price */
  unhealthy: readonly { id: bigint; debt: bigint }[];
}

/** What a sight changed: a hold that began with it, or one that is over. */
export interface Change {
  began?: Hold;
  ended?: Hold;
}

/** Finds out, from one sight after another, which loans had to wait for the second source, how long, and what freed them. */
export class HoldTracker {
  readonly holds: Hold[] = [];
  private open: Hold | undefined;
  private readonly waiting = new Map<bigint, { since: number; freedAt?: number }>();

  see(sight: Sight): Change {
    const { at, held, disagree, unhealthy } = sight;
    for (const id of this.waiting.keys()) if (!unhealthy.some((loan) => loan.id === id)) this.waiting.delete(id);
    if (held && unhealthy.length > 0) {
      const began = this.open ? undefined : (this.open = this.begin(sight));
      widen(this.open, sight);
      for (const { id } of unhealthy) if (!this.waiting.has(id)) this.waiting.set(id, { since: at });
      return { began };
    }
    if (!held) for (const wait of this.waiting.values()) wait.freedAt ??= at;
    return { ended: this.end(at, held ? "recovery" : disagree ? "cap" : "agreement") };
  }

  /** @returns seconds a loan that is liquidated now has waited for the sources */
  liquidated(id: bigint, at: number): number {
    const wait = this.waiting.get(id);
    this.waiting.delete(id);
    return wait === undefined ? 0 : (wait.freedAt ?? at) - wait.since;
  }

  finish(at: number): Change {
    return { ended: this.end(at, "end") };
  }

  private begin({ at }: Sight): Hold {
    const hold: Hold = { from: at, until: at, endedBy: "end", loans: 0, debt: 0n, apartBps: 0 };
    this.holds.push(hold);
    return hold;
  }

  private end(at: number, endedBy: Hold["endedBy"]): Hold | undefined {
    const hold = this.open;
    if (hold) Object.assign(hold, { until: at, endedBy });
    this.open = undefined;
    return hold;
  }
}

function widen(hold: Hold, { apartBps, unhealthy }: Sight): void {
  const debt = unhealthy.reduce((sum, loan) => sum + loan.debt, 0n);
  hold.loans = Math.max(hold.loans, unhealthy.length);
  hold.debt = debt > hold.debt ? debt : hold.debt;
  hold.apartBps = Math.max(hold.apartBps, apartBps);
}
