/** An amount in whole units, as configured, in the asset's smallest; digits it does not have are left away. */
export function unitsOf(amount: string, decimals: number): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
}
