import Table from "cli-table3";
import { Option } from "commander";
import { InvalidConfig } from "../errors.js";
import type { Io } from "./io.js";

/** A JSON document with bigints as decimal strings: no number of ours fits a double. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);

/** Results go to stdout, and nothing else does. */
export const print = ({ out }: Io, text: string): void => out(`${text}\n`);

const PLAIN = { head: [], border: [] };

/** Heads that begin with # are of numbers, which stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths?: readonly number[],
): string {
  const drawn = new Table({
    head: head.map((text) => text.replace("#", "")),
    style: PLAIN,
    colAligns: head.map((text) => (text.startsWith("#") ? "right" : "left")),
    ...(widths && { colWidths: [...widths], wordWrap: true }),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** RFC 4180. */
export function csv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [head.map((text) => text.replace("#", "")), ...rows].map((row) => row.map(field).join(",")).join("\r\n");
}

export const jsonOption = (): Option => new Option("--json", "one JSON document instead of a table");

/**
 * A time as people write it.
 *
 * @returns seconds since 1970
 * @example
 * parseTime("2026-01-31", "--from"); // its first second, UTC
 */
export function parseTime(text: string, option: string): number {
  if (/^\d{9,}$/.test(text)) return Number(text);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new InvalidConfig(`${option} ${text} is no time: give a day such as 2026-01-31, or seconds since 1970`);
  }
  return Math.floor(at / 1_000);
}

/** The number of a block. */
export function parseBlock(text: unknown, option: string): number {
  if (typeof text === "string" && /^\d+$/.test(text)) return Number(text);
  throw new InvalidConfig(`${option} ${String(text)} is no block: give its number`);
}
