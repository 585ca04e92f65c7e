import { readFileSync } from "node:fs";
import JSON5 from "json5";
import { z } from "zod";
import type { Side } from "./side.js";

/** Why sides that no test takes can be taken by nobody, by file and key. */
export type Unreachable = ReadonlyMap<string, ReadonlyMap<string, string>>;

const SHAPE = z.record(z.string(), z.record(z.string(), z.string().min(10)));

export function readUnreachable(path: string): Unreachable {
  const given = SHAPE.parse(JSON5.parse(readFileSync(path, "utf8")));
  return new Map(Object.entries(given).map(([file, reasons]) => [file, new Map(Object.entries(reasons))]));
}

export const explained = (unreachable: Unreachable, { file, key }: Pick<Side, "file" | "key">): string | undefined =>
  unreachable.get(file)?.get(key);

/** What is wrong with the list: entries whose side is taken after all, or that is no side any more. */
export function wrongEntries(unreachable: Unreachable, sides: readonly Side[], taken: ReadonlySet<number>): string[] {
  const known = new Map(sides.map((side) => [`${side.file} ${side.key}`, side]));
  const wrong: string[] = [];
  for (const [file, reasons] of unreachable) {
    for (const key of reasons.keys()) {
      const side = known.get(`${file} ${key}`);
      if (side === undefined) wrong.push(`${file}: "${key}" is listed, but there is no such side: take it out`);
      else if (taken.has(side.mark)) wrong.push(`${file}: "${key}" is listed, but a test takes it: take it out`);
    }
  }
  return wrong;
}
