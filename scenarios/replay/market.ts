import { Interface, Wallet } from "ethers";
import type { Feeds } from "../../devnet/index.js";
import { priceE8Of, sqrtPriceX96 } from "../../devnet/poolMaths.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { World } from "./world.js";

const feed = new Interface(["function publish(int256 answer, uint256 updatedAt)"]);
const pool = new Interface([
  "function slot0() view returns (uint160 sqrtPriceX96, int24, uint16, uint16, uint16, uint8, bool)",
]);
const router = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96)) returns (uint256)",
]);

const PAR = 10n ** 8n;
/** The feeds that hardly move publish this often, well within their heartbeats of a day. */
const SLOW_FEED_SECONDS = 4 * 3600;
/** More of either token than any trade to a price takes; the trade stops at the price. */
const STAKE = { btc: 500_000n * 10n ** 8n, dollars: 10n ** 10n * 10n ** 6n };
const NO_DEADLINE = 2n ** 256n - 1n;

/** The market outside: what the publisher of the feeds and the arbitrageur do. Both only send; blocks come from elsewhere. */
export class Market {
  private slowFeedsAt = 0;
  private readonly publisher: Wallet;
  private readonly arbitrageur: Wallet;

  constructor(private readonly world: World) {
    const { publisher, marketMaker } = world.devnet.info.accounts;
    this.publisher = new Wallet(publisher.privateKey);
    this.arbitrageur = new Wallet(marketMaker.privateKey);
  }

  /** A round of the bitcoin feed, and of the other two when they are due. @param at second */
  async publish(price: PriceE8, at: number): Promise<void> {
    await this.round("btcUsd", price, at);
    if (at - this.slowFeedsAt < SLOW_FEED_SECONDS) return;
    await this.round("wrapperBtc", PAR, at);
    await this.round("dollarUsd", PAR, at);
    this.slowFeedsAt = at;
  }

  /**
   * Swaps on Uniswap until its price is the market's, where it pays: within the pool's fee nobody does.
   * @param always also for less
   */
  async arbitrage(price: PriceE8, always = false): Promise<void> {
    const { devnet, outbox, provider } = this.world;
    const { uniswap, tokens } = devnet.info;
    const slot0 = await provider.call({ to: uniswap.pool, data: pool.encodeFunctionData("slot0") });
    const current = pool.decodeFunctionResult("slot0", slot0)[0] as bigint;
    const target = sqrtPriceX96(price, uniswap);
    if (target === current || (!always && isWithinFee(priceE8Of(current, uniswap), price, uniswap.poolFee))) return;
    // Selling token0 lowers the pool's price, selling token1 raises it.
    const sellsBtc = target < current === uniswap.btcIsToken0;
    const [tokenIn, tokenOut, amountIn] = sellsBtc
      ? [tokens.wrappedBtc.l2, tokens.dollar, STAKE.btc]
      : [tokens.dollar, tokens.wrappedBtc.l2, STAKE.dollars];
    const recipient = this.arbitrageur.address;
    const swap = [tokenIn, tokenOut, uniswap.poolFee, recipient, NO_DEADLINE, amountIn, 0n, target];
    const data = router.encodeFunctionData("exactInputSingle", [swap]);
    await outbox.put(this.arbitrageur, { to: uniswap.swapRouter, data }, "arbitrage");
  }

  private async round(name: keyof Feeds, answer: bigint, at: number): Promise<void> {
    const data = feed.encodeFunctionData("publish", [answer, at]);
    await this.world.outbox.put(this.publisher, { to: this.world.devnet.info.feeds[name], data }, `publish ${name}`);
  }
}

/** @param fee hundredths of a basis point */
function isWithinFee(here: PriceE8, there: PriceE8, fee: number): boolean {
  const apart = here > there ? here - there : there - here;
  return apart * 1_000_000n <= there * BigInt(fee);
}
