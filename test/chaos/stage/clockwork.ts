import { ScenarioError } from "../../../scenarios/errors.js";
import { BASE_FEE, type Stage } from "./stage.js";

/** The feeds publish when the price moved by a thousandth, and at least this often, seconds. */
const ROUND_SECONDS = 60;
const MOVED = 1_000n;

/** Makes the blocks of a stage: the market moves, then a block takes what is waiting. */
export class Clockwork {
  /** wei, of every block until changed */
  baseFee = BASE_FEE;
  private published = { price: 0n, at: 0 };

  constructor(private readonly stage: Stage) {}

  get now(): number {
    return Number(this.stage.world.devnet.now());
  }

  /**
   * @param price dollars, 8 decimals
   * @param seconds after the block before; 0 shares its second
   * @returns its number
   */
  async block(price: bigint, seconds: number): Promise<number> {
    const { market } = this.stage;
    const at = this.now + seconds;
    const moved = price > this.published.price ? price - this.published.price : this.published.price - price;
    if (moved * MOVED > price || at - this.published.at >= ROUND_SECONDS) {
      // The oracle takes no round from the future, and the block is not before `at`.
      await market.publish(price, at);
      this.published = { price, at };
    }
    await market.arbitrage(price);
    return this.mine(at);
  }

  /** A block without news of the market. */
  async mine(at = this.now): Promise<number> {
    const { devnet, outbox } = this.stage.world;
    await devnet.rpc("l2", "anvil_setNextBlockBaseFeePerGas", [`0x${this.baseFee.toString(16)}`]);
    const { number } = await devnet.mineL2(BigInt(at));
    await collect(outbox);
    return Number(number);
  }

  /** What was published may have been taken back. */
  forget(): void {
    this.published = { price: 0n, at: 0 };
  }
}

/** A swap or a round that failed because blocks were taken back is made good by the next one. */
async function collect(outbox: Stage["world"]["outbox"]): Promise<void> {
  try {
    await outbox.collect();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
  }
}
