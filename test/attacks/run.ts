import type { Attack, Outcome } from "./attack.js";
import { attacksOnAuthority } from "./authority.js";
import { attacksOnFeeds } from "./feeds.js";
import { attacksOnLenders } from "./lenders.js";
import { attacksByLiquidation } from "./liquidations.js";
import { attacksWithTokens } from "./tokens.js";
import { attacksOnVenues } from "./venues.js";
import { type World, buildWorld } from "./world.js";

export interface Result {
  readonly attack: Attack;
  readonly outcome: Outcome;
  /** units of the loan asset that the same brings against the unguarded market */
  readonly unguardedProfit: bigint;
}

/** Every attack, by the number of its fault. */
export const ATTACKS: readonly Attack[] = [
  ...attacksOnFeeds,
  ...attacksOnVenues,
  ...attacksOnLenders,
  ...attacksWithTokens,
  ...attacksByLiquidation,
  ...attacksOnAuthority,
].sort((a, b) => Number(a.fault.slice(1)) - Number(b.fault.slice(1)));

/** A world of its own for as long as somebody attacks in it; each attack finds it as it was built. */
export class Arena {
  private constructor(private readonly world: World) {}

  static async open(): Promise<Arena> {
    return new Arena(await buildWorld());
  }

  async try(attack: Attack): Promise<Result> {
    const outcome = await this.apart(attack, () => attack.run(this.world));
    const unguardedProfit = await this.apart(attack, () => attack.unguarded(this.world));
    return { attack, outcome, unguardedProfit };
  }

  close(): Promise<void> {
    return this.world.connection.close();
  }

  private async apart<T>(attack: Attack, act: () => Promise<T>): Promise<T> {
    const snapshot = await this.world.connection.networkHelpers.takeSnapshot();
    try {
      if (attack.fresh !== true) await this.world.settle();
      return await act();
    } finally {
      await snapshot.restore();
    }
  }
}
