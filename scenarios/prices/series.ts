import { parse, CsvError } from "csv-parse/sync";
import { ScenarioError } from "../errors.js";
import { parsePriceE8, type PriceE8 } from "./decimal.js";

/** One hour of a price series. */
export interface Hour {
  /** second at which the hour begins */
  startsAt: number;
  low: PriceE8;
  close: PriceE8;
}

export const HOUR_SECONDS = 3600;
const COLUMNS = ["timestamp", "low", "close"] as const;
type Column = (typeof COLUMNS)[number];

/** A price file that cannot be read; the message begins with `file:line` and names the column. */
export class PriceFileError extends ScenarioError {
  override readonly name = "PriceFileError";
}

/**
 * Reads hourly prices from CSV with the columns `timestamp`, `low`, `close` (any order, more are ignored).
 * @param text the file's content. Timestamps are ISO 8601 in UTC (`2020-03-12T00:00Z`) on the full hour, one row each hour
 * @param file its name, for messages
 * @throws PriceFileError naming line and column
 */
export function parseSeries(text: string, file: string): Hour[] {
  const rows = readRows(text, file);
  const hours = rows.map(({ line, cells }) => readHour(cells, (column, problem) => fail(file, line, column, problem)));
  if (hours.length === 0) throw new PriceFileError(`${file}: no prices in it; give at least one row below the header.`);
  for (const [index, hour] of hours.entries()) {
    const before = hours[index - 1];
    if (before && hour.startsAt !== before.startsAt + HOUR_SECONDS)
      fail(
        file,
        rows[index]?.line ?? 0,
        "timestamp",
        `${iso(hour.startsAt)} does not follow ${iso(before.startsAt)} by one hour; give one row for every hour, in order.`,
      );
  }
  return hours;
}

interface Row {
  line: number;
  cells: Record<Column, string>;
}

function readRows(text: string, file: string): Row[] {
  try {
    const parsed = parse(text, {
      bom: true,
      trim: true,
      info: true,
      skip_empty_lines: true,
      columns: (names: string[]) => {
        for (const column of COLUMNS)
          if (!names.includes(column))
            fail(file, 1, column, `the header has no such column (it has: ${names.join(", ")}).`);
        return names;
      },
    }) as unknown as { record: Record<Column, string>; info: { lines: number } }[];
    return parsed.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new PriceFileError(`${file}:${typeof error.lines === "number" ? error.lines : 1}: ${error.message}`);
  }
}

function readHour(cells: Record<Column, string>, problem: (column: Column, text: string) => never): Hour {
  const price = (column: "low" | "close") =>
    parsePriceE8(cells[column]) ??
    problem(
      column,
      `"${cells[column]}" is not a price; write a positive number with at most 8 decimals, such as 7901.35.`,
    );
  const startsAt = parseHour(cells.timestamp);
  if (startsAt === undefined)
    problem("timestamp", `"${cells.timestamp}" is not a full hour in UTC; write it like 2020-03-12T00:00Z.`);
  const [low, close] = [price("low"), price("close")];
  if (low > close)
    problem("low", `${cells.low} is above the same hour's close of ${cells.close}; are the columns swapped?`);
  return { startsAt, low, close };
}

function parseHour(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:00(:00(\.0+)?)?Z$/.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  // Date.parse takes 2020-02-30 for 1 March.
  return Number.isInteger(seconds) && iso(seconds).slice(0, 13) === text.slice(0, 13) ? seconds : undefined;
}

function fail(file: string, line: number, column: Column, problem: string): never {
  throw new PriceFileError(`${file}:${line}, column ${column}: ${problem}`);
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace(":00.000Z", "Z");
