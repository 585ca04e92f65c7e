import { parseUnits } from "ethers";
import { PRICE_SCALE, WAD } from "../model/index.js";
import { ClientError } from "./errors.js";
import type { Token } from "./token.js";

/** An amount a person wrote that cannot be meant. */
export class InvalidAmount extends ClientError {}

const NUMBER = /^(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/;

/**
 * Smallest units of an amount as people write it: "0.5", "0.5 WBTC", "12,345.67 USDX".
 *
 * @param text a plain decimal number, with or without separators of thousands, with or without the token's symbol
 * @throws InvalidAmount naming what is wrong and what the token allows
 * @example
 * parseAmount("0.5 WBTC", { address, symbol: "WBTC", decimals: 8 }); // 50000000n
 */
export function parseAmount(text: string, token: Pick<Token, "symbol" | "decimals">): bigint {
  const { symbol, decimals } = token;
  const [, number = "", unit = ""] = /^\s*([\d.,]*)\s*(.*?)\s*$/.exec(text) ?? [];
  if (unit !== "" && unit.toLowerCase() !== symbol.toLowerCase()) {
    throw new InvalidAmount(`"${text}" is not an amount of ${symbol}: write it like 0.5 or "0.5 ${symbol}"`);
  }
  const [, whole = "", fraction = ""] = NUMBER.exec(number) ?? [];
  if (whole === "") {
    throw new InvalidAmount(`"${text}" is not an amount: write digits with a point, like 0.5 or "0.5 ${symbol}"`);
  }
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > decimals) {
    throw new InvalidAmount(
      `${number} has ${significant.length} decimals, but ${symbol} has ${decimals}: the smallest amount is ${formatUnits(1n, decimals)}`,
    );
  }
  return BigInt(whole.replaceAll(",", "") + significant.padEnd(decimals, "0"));
}

/** As {@link parseAmount}, but nothing is not an amount. */
export function parsePositiveAmount(text: string, token: Pick<Token, "symbol" | "decimals">): bigint {
  const units = parseAmount(text, token);
  if (units === 0n) throw new InvalidAmount(`an amount of ${token.symbol} above zero is needed, not "${text}"`);
  return units;
}

/** Which way a number with more decimals than are shown is rounded. */
export type Rounding = "down" | "up";

export interface AmountFormat {
  /** Fewest digits after the point. */
  readonly least?: number;
  /** Most digits after the point; the rest is rounded. */
  readonly most?: number;
  readonly rounding?: Rounding;
}

/**
 * A fixed-point number in plain digits, thousands separated.
 *
 * @example
 * formatUnits(12_345_670_000n, 6, { least: 2 }); // "12,345.67"
 */
export function formatUnits(units: bigint, decimals: number, format: AmountFormat = {}): string {
  const { least = 0, most = decimals, rounding = "down" } = format;
  const shown = Math.min(decimals, most);
  const scale = 10n ** BigInt(decimals - shown);
  const rounded = rounding === "up" ? (units + scale - 1n) / scale : units / scale;
  const digits = rounded.toString().padStart(shown + 1, "0");
  const whole = digits.slice(0, digits.length - shown).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(digits.length - shown).replace(/0+$/, "");
  const padded = fraction.padEnd(Math.min(least, decimals), "0");
  return padded === "" ? whole : `${whole}.${padded}`;
}

/** Most digits after the point that people are shown: a satoshi. Tokens with 18 decimals are rounded to it. */
const MOST_SHOWN = 8;

/** An amount with its symbol: "12,345.67 USDX". Where 18 decimals are too many to read, rounded as told. */
export function formatAmount(units: bigint, token: Token, format: AmountFormat = {}): string {
  return `${formatUnits(units, token.decimals, { most: MOST_SHOWN, ...format })} ${token.symbol}`;
}

/** An amount of a loan asset, with at least cents: "10,000.00 USDX". */
export function formatCash(units: bigint, token: Token, rounding: Rounding = "down"): string {
  return formatAmount(units, token, { least: 2, rounding });
}

/** A WAD fraction as a percentage: 0.0425e18 is "4.25 %". */
export function formatPercent(wad: bigint, digits = 2): string {
  return `${formatUnits(wad, 16, { least: digits, most: digits })} %`;
}

/** "8.25" or "8.25 %" as a WAD fraction. */
export function parsePercent(text: string): bigint {
  const [, number] = /^(\d{1,6}(?:\.\d{1,16})?)\s*%?$/.exec(text.trim()) ?? [];
  if (number === undefined) throw new InvalidAmount(`"${text}" is no percentage: write it like 8.25`);
  return parseUnits(number, 16);
}

/** Basis points as a WAD fraction. */
export function bpsToWad(bps: bigint): bigint {
  return (bps * WAD) / 10_000n;
}

/** Basis points as a percentage. */
export function formatBps(bps: bigint): string {
  return formatPercent(bpsToWad(bps));
}

/** A health factor, rounded down so that it never looks safer than it is; a debt-free loan has none. */
export function formatHealth(wad: bigint): string {
  return wad >= 10n ** 36n ? "no debt" : formatUnits(wad, 18, { least: 3, most: 3 });
}

/** Loan assets for one whole collateral token, with `decimals` of the loan asset, out of a price scaled 1e36. */
export function priceInUnits(priceE36: bigint, collateral: Pick<Token, "decimals">): bigint {
  return (priceE36 * 10n ** BigInt(collateral.decimals)) / PRICE_SCALE;
}

/** "60,000.00": whole loan assets for one whole collateral token. */
export function formatPrice(
  priceE36: bigint,
  collateral: Pick<Token, "decimals">,
  loan: Pick<Token, "decimals">,
): string {
  return formatUnits(priceInUnits(priceE36, collateral), loan.decimals, { least: 2, most: 2 });
}

/** A second as people and machines both read it: 2026-01-31 12:00:00 UTC. */
export function formatTime(seconds: bigint): string {
  // Beyond what a Date holds there is no calendar worth printing.
  if (seconds > 8_640_000_000_000n) return `second ${seconds.toString()}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A length of time in its largest fitting units: "2 h 5 min". */
export function formatDuration(seconds: bigint): string {
  const units: readonly (readonly [bigint, string])[] = [
    [86_400n, "d"],
    [3_600n, "h"],
    [60n, "min"],
    [1n, "s"],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first === -1) return "0 s";
  let rest = seconds;
  const parts: string[] = [];
  for (const [size, name] of units.slice(first, first + 2)) {
    if (rest / size > 0n) parts.push(`${(rest / size).toString()} ${name}`);
    rest %= size;
  }
  return parts.join(" ");
}
