import { maxOf, minOf } from "../../sdk/model/index.js";
import { weiInLoanUnits } from "./etherPrice.js";
import { MAX_GAS, gasLimitOf, gasPerItemOf, gasUsedOf } from "./gas.js";
import { type Hold, type PlannedLiquidation, riskMarginOf } from "./planner.js";
import type { TransactionFees } from "./transactionFees.js";

/** A liquidation that passed its simulation. */
export interface Passed {
  readonly plan: PlannedLiquidation;
  /** By the simulation, or the plan where that expects less. */
  readonly grossProfit: bigint;
  readonly gasUsed: bigint;
}

/** Its part of the transaction's fees, wei; `total` in loan units. */
export interface ItemFees {
  readonly l2GasWei: bigint;
  readonly l1FeeWei: bigint;
  readonly operatorFeeWei: bigint;
  readonly total: bigint;
}

export interface PricedItem extends Passed {
  readonly fees: ItemFees;
  readonly riskMargin: bigint;
  /** Fees, risk margin and least profit. */
  readonly need: bigint;
  /** Bound given to the contract: never below what is needed, nor below what slippage explains. */
  readonly minGrossProfit: bigint;
}

export interface PricedBundle {
  readonly items: readonly PricedItem[];
  readonly gasPerItem: bigint;
  readonly gasLimit: bigint;
  /** All fees at the limit and at the highest gas price offered. */
  readonly worstWei: bigint;
  /** Most it may cost and still pay, within the budget. */
  readonly maxCostWei: bigint;
}

export interface PackOptions {
  readonly maxItems: number;
  /** Most one transaction may cost, wei. */
  readonly budgetWei: bigint;
  /** Ether that is free, for all transactions together. */
  readonly fundsWei: bigint;
  readonly gasHeadroomPercent: bigint;
  readonly riskMarginBps: bigint;
  readonly slippageBps: bigint;
  /** Of a transaction with so many items, at least. */
  readonly intrinsicGas: (items: number) => bigint;
}

export interface Packed {
  readonly bundles: readonly PricedBundle[];
  readonly holds: ReadonlyMap<bigint, Hold>;
}

const BPS = 10_000n;

/**
 * Puts liquidations into as few transactions as limits of gas, cost and funds allow, the most rewarding first. What a transaction
 * costs by itself (its intrinsic gas, the L1 fee, the operator fee) is shared in equal parts, what an item costs is its own; one
 * that does not pay its part is left out, the worst first, and the others share anew: what is sent pays for itself, item by item.
 */
export function pack(passed: readonly Passed[], fees: TransactionFees, options: PackOptions): Packed {
  const holds = new Map<bigint, Hold>();
  const bundles: PricedBundle[] = [];
  let funds = options.fundsWei;
  let rest = [...passed];
  while (rest.length > 0) {
    const { taken, reason } = longestPrefix(rest, fees, options, funds);
    if (taken.length === 0) {
      // Not even alone: a smaller one behind it may do.
      const [first] = rest;
      if (first !== undefined && reason !== undefined) holds.set(first.plan.candidate.loan.id, reason);
      rest = rest.slice(1);
      continue;
    }
    rest = rest.slice(taken.length);
    const bundle = profitable(taken, fees, options, holds);
    if (bundle === undefined) continue;
    bundles.push(bundle);
    funds -= bundle.worstWei;
  }
  return { bundles, holds };
}

/** As many of the first as one transaction may be about, and what stands in the way of one more. */
function longestPrefix(
  items: readonly Passed[],
  fees: TransactionFees,
  options: PackOptions,
  funds: bigint,
): { taken: readonly Passed[]; reason: Hold | undefined } {
  const taken: Passed[] = [];
  for (const item of items.slice(0, options.maxItems)) {
    const reason = obstacle([...taken, item], fees, options, funds);
    if (reason !== undefined) return { taken, reason };
    taken.push(item);
  }
  return { taken, reason: undefined };
}

function obstacle(
  items: readonly Passed[],
  fees: TransactionFees,
  { budgetWei, ...options }: PackOptions,
  funds: bigint,
): Hold | undefined {
  const { gasLimit, worstWei } = sizeOf(items, fees, { budgetWei, ...options });
  if (gasLimit > MAX_GAS) {
    return { code: "too-much-gas", text: `needs ${gasLimit} gas, more than a transaction's ${MAX_GAS}` };
  }
  if (worstWei > budgetWei) {
    return { code: "over-budget", text: `could cost ${worstWei} wei, more than the budget of ${budgetWei}` };
  }
  if (worstWei > funds) return { code: "no-funds", text: `needs ${worstWei} wei at most, ${funds} are free` };
  return undefined;
}

function sizeOf(
  items: readonly Passed[],
  fees: TransactionFees,
  { gasHeadroomPercent, intrinsicGas }: PackOptions,
): { gasPerItem: bigint; gasLimit: bigint; worstWei: bigint } {
  // Every item gets what the hungriest took: which of them warms what they share is not known beforehand.
  const most = items.map(({ gasUsed }) => gasUsed).reduce(maxOf, 0n);
  const gasPerItem = gasPerItemOf(most, gasHeadroomPercent);
  const gasLimit = gasLimitOf(intrinsicGas(items.length), items.length, gasPerItem);
  const worstWei = gasLimit * fees.maxGasPriceWei + fees.l1WorstWei(items.length) + fees.operatorFeeWei(gasLimit);
  return { gasPerItem, gasLimit, worstWei };
}

function profitable(
  items: readonly Passed[],
  fees: TransactionFees,
  options: PackOptions,
  holds: Map<bigint, Hold>,
): PricedBundle | undefined {
  let kept = items;
  while (kept.length > 0) {
    const size = sizeOf(kept, fees, options);
    const priced = price(kept, size.gasLimit, fees, options);
    const worst = priced.reduce((a, b) => (inEther(lacking(a), a) >= inEther(lacking(b), b) ? a : b));
    if (lacking(worst) <= 0n) {
      const spare = priced.reduce((sum, one) => sum + inEther(one.grossProfit - one.need + one.fees.total, one), 0n);
      const maxCostWei = minOf(options.budgetWei, maxOf(size.worstWei, spare));
      return { items: priced, ...size, maxCostWei };
    }
    holds.set(worst.plan.candidate.loan.id, {
      code: "unprofitable",
      text: `would leave ${worst.grossProfit} units, ${worst.need} are needed: fees of ${worst.fees.total}, a risk margin of ${worst.riskMargin} and the least profit`,
      planned: { ...worst.plan, grossProfit: worst.grossProfit },
      need: worst.need,
    });
    kept = kept.filter((one) => one.plan !== worst.plan);
  }
  return undefined;
}

const lacking = ({ need, grossProfit }: PricedItem): bigint => need - grossProfit;

/** Loan units as wei, rounded down. */
const inEther = (units: bigint, { plan }: Passed): bigint => (units * 10n ** 18n) / plan.terms.loanUnitsPerEther;

function price(
  items: readonly Passed[],
  gasLimit: bigint,
  fees: TransactionFees,
  { intrinsicGas, riskMarginBps, slippageBps }: PackOptions,
): PricedItem[] {
  const count = BigInt(items.length);
  const all = gasUsedOf(
    intrinsicGas(items.length),
    items.map(({ gasUsed }) => gasUsed),
  );
  const sharedGas = all - items.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  const share = (wei: bigint): bigint => (wei + count - 1n) / count;
  return items.map((item) => {
    const { plan, grossProfit, gasUsed } = item;
    const l2GasWei = gasUsed * fees.gasPriceWei + share(sharedGas * fees.gasPriceWei);
    const l1FeeWei = share(fees.l1FeeWei(items.length));
    const operatorFeeWei = share(fees.operatorFeeWei(gasLimit));
    const total = weiInLoanUnits(l2GasWei + l1FeeWei + operatorFeeWei, plan.terms.loanUnitsPerEther);
    const riskMargin = riskMarginOf(plan.proceeds, riskMarginBps);
    const need = total + riskMargin + plan.terms.minProfit;
    const minGrossProfit = maxOf(need, grossProfit - (plan.proceeds * slippageBps) / BPS);
    return { ...item, fees: { l2GasWei, l1FeeWei, operatorFeeWei, total }, riskMargin, need, minGrossProfit };
  });
}
