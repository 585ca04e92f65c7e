import { readFileSync } from "node:fs";

/** A row of test/vectors: amounts as decimal strings, small counts as numbers. */
export type VectorRow = Record<string, string | number | boolean | null>;

/** Reads one of the reference files. They were made by an exact rational model that shares no code with this project. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(`test/vectors/${name}.json`, "utf8")) as T;
}

/** A field of a vector as an exact integer; fails on a missing one rather than comparing with nothing. */
export function integer(row: VectorRow, field: string): bigint {
  const value = row[field];
  if (typeof value !== "string" && typeof value !== "number") throw new Error(`vector has no integer ${field}`);
  return BigInt(value);
}
