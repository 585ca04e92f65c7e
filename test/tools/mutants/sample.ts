import { createHash } from "node:crypto";
import type { Mutant } from "./mutant.js";

/** The share of a list that a seed draws, in the list's order: each by what it is, whatever else there is. */
export function sample<T extends Pick<Mutant, "file" | "key">>(all: readonly T[], share: number, seed: number): T[] {
  return all.filter(({ file, key }) => placeOf(`${seed} ${file} ${key}`) < share);
}

/** From 0 to below 1. */
function placeOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
