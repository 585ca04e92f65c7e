import { getBytes } from "ethers";
import { maxOf, minOf } from "../../sdk/model/index.js";

/** The most the OP Stack takes from one transaction, less one. */
export const MAX_GAS = 16_777_215n;
/** The contract's own: Liquidator.gasFor. */
const ITEM_OVERHEAD = 40_000n;
/** Until liquidateMany has looked at the gas it has. */
const ENTRY = 30_000n;
const INTRINSIC = 21_000n;
/** What an item is measured to take beside its own call, and the entry likewise: what is paid, not what must be there. */
const ITEM_BESIDE = 9_000n;
const ENTRY_PAID = 12_000n;

/**
 * What an item must have left when its oracle asks a source: one that fails counts as failing only where 300,000 gas could be
 * given to it (GuardedCall), however little it took. A simulation with ample gas does not show that.
 */
const SOURCE_SPARE = 320_000n;

/** Gas an item is given, when the hungriest in its transaction took so much. */
export function gasPerItemOf(mostUsed: bigint, headroomPercent: bigint): bigint {
  return mostUsed + maxOf((mostUsed * headroomPercent) / 100n, SOURCE_SPARE);
}

/** Gas that liquidateMany must be entered with. */
export function gasFor(items: number, gasPerItem: bigint): bigint {
  return BigInt(items) * (gasPerItem + ITEM_OVERHEAD) + gasPerItem / 63n;
}

/** What a transaction with that calldata costs before anything is executed. */
export function intrinsicGas(calldata: string): bigint {
  const bytes = getBytes(calldata);
  const zeros = bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return INTRINSIC + 4n * BigInt(zeros) + 16n * BigInt(bytes.length - zeros);
}

/** Limit of a transaction of liquidateMany. */
export function gasLimitOf(intrinsic: bigint, items: number, gasPerItem: bigint): bigint {
  return intrinsic + ENTRY + gasFor(items, gasPerItem);
}

/** Gas it will use, when each item uses so much. */
export function gasUsedOf(intrinsic: bigint, gasOfItems: readonly bigint[]): bigint {
  return gasOfItems.reduce((sum, gas) => sum + gas + ITEM_BESIDE, intrinsic + ENTRY_PAID);
}

/** Gas of items as simulations showed it lately. */
export class GasExperience {
  private smallest = 150_000n;
  private largest = 500_000n;
  private room = MAX_GAS - 500_000n;

  /** What an item takes at least: for telling early what can never pay. */
  get least(): bigint {
    return this.smallest;
  }

  /** What an item is given in a simulation: twice what any has needed. */
  get ample(): bigint {
    return 2n * this.largest;
  }

  /** Items that fit in one transaction when each is given ample gas. */
  get itemsInSimulation(): number {
    const fit = this.room / (this.ample + ITEM_OVERHEAD + 30_000n);
    return Number(maxOf(fit, 1n));
  }

  learn(used: readonly bigint[]): void {
    if (used.length === 0) return;
    this.smallest = used.reduce(minOf);
    this.largest = maxOf(used.reduce(maxOf), 400_000n);
  }

  /** A node gave a call only so much gas: simulate fewer at a time. */
  learnRoom(gas: bigint): void {
    this.room = minOf(this.room, gas);
  }

  /** An item ran out of what it was given. */
  learnShortage(): void {
    this.largest = minOf(2n * this.largest, 4_000_000n);
  }
}

/** Gas of a leg beyond an item's first: a swap through a pool of its own. */
export const LEG_GAS = 110_000n;
