import { formatUnits } from "../../sdk/client/amounts.js";

/** An amount for people, with that many decimals, cut off; profits may be negative. */
export function amountText(units: bigint, decimals: number, shown = 2): string {
  const size = units < 0n ? -units : units;
  return `${units < 0n ? "−" : ""}${formatUnits(size, decimals, { least: shown, most: shown })}`;
}

/** The same for programs: all decimals there are, and nothing between thousands. */
export function exactText(units: bigint, decimals: number): string {
  const size = units < 0n ? -units : units;
  return `${units < 0n ? "-" : ""}${formatUnits(size, decimals).replaceAll(",", "")}`;
}
