import { maxOf } from "../../sdk/model/index.js";
import type { BoundedRollupFees } from "./rollupFees.js";

/** What the rollup asks of a transaction of so many items and so much gas. */
export interface FeeSample {
  readonly items: number;
  readonly gasLimit: bigint;
  readonly fees: BoundedRollupFees;
}

/**
 * Fees of any transaction between two that the chain was asked about: the smallest and the largest. Both charges grow evenly: the
 * L1 fee with what is written, the operator fee with gas. How they are computed is the chain's business (Isthmus, Jovian, or what
 * comes next): nothing of it is repeated here.
 */
export class TransactionFees {
  constructor(
    /** What a unit of L2 gas costs now, and at most, wei. */
    readonly gasPriceWei: bigint,
    readonly maxGasPriceWei: bigint,
    private readonly small: FeeSample,
    private readonly large: FeeSample,
  ) {}

  /** To be expected at most: an L1 block further on, base fee and blob fee may be an eighth higher each. */
  l1FeeWei(items: number): bigint {
    return this.risen(this.betweenItems(items, ({ l1Fee }) => l1Fee));
  }

  /** Worst case: nothing of it compresses. */
  l1WorstWei(items: number): bigint {
    const bound = this.risen(this.betweenItems(items, ({ l1FeeUpperBound }) => l1FeeUpperBound));
    return maxOf(bound, this.l1FeeWei(items));
  }

  /** Taken at the limit; what is not used is given back. */
  operatorFeeWei(gasLimit: bigint): bigint {
    const [a, b] = [this.small, this.large];
    return between(
      { at: a.gasLimit, value: a.fees.operatorFee },
      { at: b.gasLimit, value: b.fees.operatorFee },
      gasLimit,
    );
  }

  private betweenItems(items: number, of: (fees: BoundedRollupFees) => bigint): bigint {
    const [a, b] = [this.small, this.large];
    return between(
      { at: BigInt(a.items), value: of(a.fees) },
      { at: BigInt(b.items), value: of(b.fees) },
      BigInt(items),
    );
  }

  private risen(fee: bigint): bigint {
    return (fee * 9n + 7n) / 8n;
  }
}

interface Known {
  readonly at: bigint;
  readonly value: bigint;
}

/** On the straight line through both, rounded up, never below zero. */
function between(a: Known, b: Known, at: bigint): bigint {
  const width = b.at - a.at;
  if (width === 0n) return maxOf(a.value, b.value);
  const rise = (b.value - a.value) * (at - a.at);
  const up = rise >= 0n === width > 0n ? (abs(rise) + abs(width) - 1n) / abs(width) : -(abs(rise) / abs(width));
  return maxOf(a.value + up, 0n);
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
