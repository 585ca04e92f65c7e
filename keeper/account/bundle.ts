import type { PaidFees } from "./fees.js";

/**
 * Divides what one transaction cost between the loans it was about, in proportion to their weights; all parts together are the
 * whole, to the wei. Where nothing weighs anything (every item failed), each bears the same.
 *
 * @param weights what was repaid for each, most often: gas and calldata are much the same for every item, but a small loan
 * that was sold beside a large one would not have been worth a transaction by itself
 */
export function splitFees({ l2Gas, l1Data, operator }: PaidFees, weights: readonly bigint[]): PaidFees[] {
  const parts = [l2Gas, l1Data, operator].map((amount) => split(amount, weights));
  return weights.map((_, index) => ({
    l2Gas: parts[0]?.[index] ?? 0n,
    l1Data: parts[1]?.[index] ?? 0n,
    operator: parts[2]?.[index] ?? 0n,
  }));
}

/** What is left of a division goes to the last that weighs anything. */
function split(amount: bigint, given: readonly bigint[]): bigint[] {
  const sum = given.reduce((total, weight) => total + weight, 0n);
  const weights = sum === 0n ? given.map(() => 1n) : given;
  const whole = sum === 0n ? BigInt(given.length) : sum;
  const parts = weights.map((weight) => (amount * weight) / whole);
  const last = weights.findLastIndex((weight) => weight > 0n);
  const rest = amount - parts.reduce((total, part) => total + part, 0n);
  return parts.map((part, index) => (index === last ? part + rest : part));
}
