/** A value of a statement; integers only. */
export type Value = string | number | bigint | Uint8Array | null;
export type Row = Readonly<Record<string, unknown>>;

/** SQL with $1, $2 … for its values. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly Value[];
}

/** The few words in which SQLite and PostgreSQL differ. */
export interface Dialect {
  readonly begin: string;
  /** What goes before the first tables. */
  readonly setup: readonly string[];
  /** Type of a key that the database gives. */
  readonly serial: string;
  readonly text: string;
  readonly json: string;
  readonly blob: string;
  /** The database's clock, whole milliseconds since 1970. */
  readonly now: string;
  /** Ends a query of rows that must not change until the statement is done. */
  readonly share: string;
  /** Whether a text contains another. */
  contains(text: string, part: string): string;
  /** A JSON array with one more element. */
  append(array: string, element: string): string;
  /** The larger of two numbers. */
  greatest(a: string, b: string): string;
}

/** A database, however it is reached. */
export interface Sql {
  readonly dialect: Dialect;
  /** Where it is, for people; without a password. */
  readonly place: string;
  /**
   * Runs statements as one, all or none, and gives the rows of each. Repeats what passes by itself, so every list must come to
   * the same when it is run twice.
   *
   * @throws StoreFailed where it cannot, within a few seconds
   * @throws Duplicate where a unique index has one of the values already
   */
  run(...statements: Statement[]): Promise<Row[][]>;
  /** Names of the tables there are. */
  tables(): Promise<string[]>;
  close(): Promise<void>;
}

/** A unique index has the value already. */
export class Duplicate extends Error {}

/** Rows of the only statement. */
export async function rows(sql: Sql, text: string, ...values: Value[]): Promise<Row[]> {
  const [only] = await sql.run({ text, values });
  return only ?? [];
}

/** A column that may be empty. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** `($1, $2), ($3, $4)`: the places of `count` rows, each column cast to its type. */
export function places(count: number, types: readonly string[]): string {
  const row = (n: number): string =>
    `(${types.map((type, i) => `CAST($${n * types.length + i + 1} AS ${type})`).join(", ")})`;
  return Array.from({ length: count }, (_, n) => row(n)).join(", ");
}

/** Rows of one statement at most, so that it does not have too many values. */
export const ROWS_A_STATEMENT = 500;
