/** Decimals of every price in a scenario: those of the Chainlink USD feeds. */
export const PRICE_DECIMALS = 8;

/** A price in US dollars with 8 decimals, the unit of a feed's answer. */
export type PriceE8 = bigint;

/**
 * Reads a positive decimal number without passing through a float.
 * @returns undefined when the text is not such a number, has more than 8 decimals, or is zero
 */
export function parsePriceE8(text: string): PriceE8 | undefined {
  const match = /^(\d{1,12})(?:\.(\d{1,8}))?$/.exec(text);
  if (!match) return undefined;
  const price = BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(PRICE_DECIMALS, "0"));
  return price === 0n ? undefined : price;
}
