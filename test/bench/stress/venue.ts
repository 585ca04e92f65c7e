import { liquidityForDepth } from "../../../devnet/poolMaths.js";

/** How the market behaves in which collateral is sold. */
export interface VenueTerms {
  /** dollars: value of both tokens within 2 % of the price, on a calm day; Infinity for a market that nothing moves */
  readonly depth: number;
  /** what is left of it once the price is `thinAt` below the day's highest, falling in proportion until then */
  readonly thinnestShare: number;
  readonly thinAt: number;
  /** minutes in which others bring all but 37 % of a sale's impact back */
  readonly refillMinutes: number;
  /** of the pool, share of what is sold */
  readonly fee: number;
}

const MINUTES_A_DAY = 24 * 60;
/** √(dollar units for one satoshi) at a price in dollars for one bitcoin: 6 and 8 decimals. */
const rootOf = (price: number): number => Math.sqrt(price / 100);

function calmLiquidity(depth: number): number {
  if (depth === Infinity) return Infinity;
  const price = 10_000;
  const liquidity = liquidityForDepth(BigInt(price) * 10n ** 8n, BigInt(Math.round(depth * 1e6)));
  return Number(liquidity) * rootOf(price);
}

/**
 * A pool of concentrated liquidity, the same everywhere near the price (x · y = L² of virtual reserves), with others who trade it
 * back towards the market's price.
 */
export class Venue {
  /** By how much the pool's logarithm of the price is below the market's. */
  private displaced = 0;
  private price = 0;
  private root = 0;
  /** L, √(satoshi × dollar units) */
  private liquidity = Infinity;
  private readonly highest: { minute: number; price: number }[] = [];

  /** L · √price of a calm day, which is the depth's own and no price's. */
  private readonly calm: number;

  constructor(private readonly terms: VenueTerms) {
    this.calm = calmLiquidity(terms.depth);
  }

  /** A minute passes; the market is at `price`. */
  advance(minute: number, price: number): void {
    const { thinnestShare, thinAt, refillMinutes } = this.terms;
    this.displaced *= Math.exp(-1 / refillMinutes);
    this.price = price;
    this.root = rootOf(price * Math.exp(-this.displaced));
    const fallen = 1 - price / this.highestOfDay(minute, price);
    const left = 1 - (1 - thinnestShare) * Math.min(1, fallen / thinAt);
    this.liquidity = (this.calm * left) / rootOf(price);
  }

  /** Dollar units for one satoshi, of a sale that moves nothing. */
  marginal(): number {
    return this.root ** 2 * (1 - this.terms.fee);
  }

  /** Dollar units for so many satoshi, sold now. */
  proceedsOf(satoshi: bigint): bigint {
    const sold = Number(satoshi) * (1 - this.terms.fee);
    const after = this.rootAfter(sold);
    const units = this.liquidity === Infinity ? sold * this.root ** 2 : this.liquidity * (this.root - after);
    return BigInt(Math.floor(units));
  }

  sell(satoshi: bigint): bigint {
    const proceeds = this.proceedsOf(satoshi);
    this.root = this.rootAfter(Number(satoshi) * (1 - this.terms.fee));
    this.displaced = 2 * Math.log(rootOf(this.price) / this.root);
    return proceeds;
  }

  private rootAfter(sold: number): number {
    return this.liquidity === Infinity ? this.root : 1 / (1 / this.root + sold / this.liquidity);
  }

  /** Of the last 24 hours: a queue in which no later price is higher than an earlier one. */
  private highestOfDay(minute: number, price: number): number {
    while ((this.highest.at(-1)?.price ?? Infinity) <= price) this.highest.pop();
    this.highest.push({ minute, price });
    while ((this.highest[0]?.minute ?? minute) <= minute - MINUTES_A_DAY) this.highest.shift();
    return this.highest[0]?.price ?? price;
  }
}
