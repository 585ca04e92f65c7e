import { readFileSync } from "node:fs";
import JSON5 from "json5";
import { z } from "zod";
import { isDead, type Result } from "./result.js";

/** Why mutants that no test can kill do no harm, by file and key. */
export type Survivors = ReadonlyMap<string, ReadonlyMap<string, string>>;

const SHAPE = z.record(z.string(), z.record(z.string(), z.string().min(10)));

export function readSurvivors(path: string): Survivors {
  const given = SHAPE.parse(JSON5.parse(readFileSync(path, "utf8")));
  return new Map(Object.entries(given).map(([file, reasons]) => [file, new Map(Object.entries(reasons))]));
}

/**
 * What is wrong with the list: entries whose mutant a test kills by now, or that no longer is one.
 * @param exists whether there is a mutant of that key, run or not
 */
export function wrongEntries(
  survivors: Survivors,
  results: readonly Result[],
  exists: (file: string, key: string) => boolean,
): string[] {
  const dead = new Map(results.filter(isDead).map((result) => [`${result.file} ${result.key}`, result]));
  const wrong: string[] = [];
  for (const [file, reasons] of survivors) {
    for (const key of reasons.keys()) {
      const killed = dead.get(`${file} ${key}`);
      if (killed !== undefined)
        wrong.push(`${file}: "${key}" is listed as a survivor, but ${killed.by} kills it: take it out`);
      else if (!exists(file, key))
        wrong.push(`${file}: "${key}" is listed as a survivor, but there is no such mutant: take it out`);
    }
  }
  return wrong;
}

export const explained = (survivors: Survivors, { file, key }: Pick<Result, "file" | "key">): string | undefined =>
  survivors.get(file)?.get(key);
