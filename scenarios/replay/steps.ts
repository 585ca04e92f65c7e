import { ScenarioError } from "../errors.js";
import type { PriceStep } from "../prices/path.js";
import type { KeeperProcess } from "./keeperProcess.js";
import type { Market } from "./market.js";
import type { World } from "./world.js";

/** The second source moves on between two rounds of the feeds, so the keeper is given a block at least this often. */
const LOOK_AGAIN_SECONDS = 150;
/** A keeper that still has something pending after so many blocks is not going to get rid of it. */
const MOST_BLOCKS_WAITING = 40;

/** A block whose consequences are all on the chain. */
export interface Settled {
  block: number;
  /** second */
  at: number;
}

/** Makes the blocks of the replay. No block is followed by another before the keeper has decided it. */
export class Steps {
  constructor(
    private readonly world: World,
    private readonly market: Market,
    private readonly keeper: KeeperProcess,
    private readonly blockTimeSeconds: number,
    /** hears of every block of L2, in order */
    private readonly onBlock: (block: Settled) => Promise<void>,
  ) {}

  /** A block for what people have sent, now or at a later second, and what the keeper has to do after it. */
  people(at = Number(this.world.devnet.now()) + this.blockTimeSeconds): Promise<Settled> {
    return this.untilSettled(at);
  }

  /**
   * One step: an L1 block, a round of the feeds and the arbitrage that follows in an L2 block, then more L2 blocks until
   * the next step.
   * @param until second of the next step
   * @param onSettled hears whenever nothing is pending
   * @param lookAgainSeconds the keeper is given a block at least this often
   */
  async take(
    step: PriceStep,
    until: number,
    onSettled: (settled: Settled) => Promise<void>,
    lookAgainSeconds = LOOK_AGAIN_SECONDS,
  ): Promise<void> {
    const { devnet, l1FeesAt } = this.world;
    await devnet.setL1Fees(l1FeesAt(step.at));
    await devnet.mineL1(this.notBeforeNow(step.at));
    await this.market.publish(step.price, step.at);
    await this.market.arbitrage(step.price, true);
    let seen = await this.untilSettled(step.at);
    await onSettled(seen);
    const looks = Math.max(2, Math.ceil((until - step.at) / lookAgainSeconds));
    for (let look = 1; look < looks;) {
      const planned = step.at + Math.floor(((until - step.at) * look) / looks);
      // The second at which a hold ends by its cap gets a block of its own: on a live chain there would be one.
      const { heldUntil } = seen;
      const isReleasedFirst = heldUntil !== undefined && heldUntil > seen.at && heldUntil < planned;
      if (!isReleasedFirst) look++;
      await this.market.arbitrage(step.price);
      seen = await this.untilSettled(isReleasedFirst ? heldUntil : planned);
      await onSettled(seen);
    }
  }

  /** Mines a block at that second, and then, a block time apart, as many as the keeper's transactions need. */
  private async untilSettled(at: number): Promise<Settled & { heldUntil: number | undefined }> {
    for (let blocks = 0; blocks < MOST_BLOCKS_WAITING; blocks++) {
      const settled = await this.mine(at + blocks * this.blockTimeSeconds);
      const { pending, facilities } = await this.keeper.decided(settled.block);
      if (pending === 0) return { ...settled, heldUntil: facilities[0]?.heldUntil ?? undefined };
    }
    throw new ScenarioError(
      `The keeper still has transactions pending after ${MOST_BLOCKS_WAITING} blocks from ${new Date(at * 1000).toISOString()}.`,
    );
  }

  private async mine(at: number): Promise<Settled> {
    const { devnet, outbox } = this.world;
    const { number, timestamp } = await devnet.mineL2(this.notBeforeNow(at));
    await outbox.collect();
    const settled = { block: Number(number), at: Number(timestamp) };
    await this.onBlock(settled);
    return settled;
  }

  /** With a long block time the keeper's transactions may have taken the chain past a moment that was meant. */
  private notBeforeNow(at: number): bigint {
    const wanted = BigInt(Math.floor(at));
    const now = this.world.devnet.now();
    return wanted > now ? wanted : now;
  }
}
