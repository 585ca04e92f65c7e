import JSON5 from "json5";
import type { z } from "zod";

/** Headings under which options are listed. */
export const GROUPS = [
  "Chain",
  "Keys",
  "Store and leadership",
  "What pays",
  "Transactions",
  "Errands",
  "Watching over itself",
] as const;
export type Group = (typeof GROUPS)[number];

/** From the text of a flag or variable to the field's value; zod judges the result. */
export type Reader = (text: string) => unknown;

export const asText: Reader = (text) => text;
export const asNumber: Reader = (text) => (text.trim() === "" ? text : Number(text));
export const asSwitch: Reader = (text) => ({ true: true, "1": true, false: false, "0": false })[text] ?? text;
/** Values with commas between. */
export const asList: Reader = (text) => text.split(",").map((part) => part.trim());
export const asNumbers: Reader = (text) => text.split(",").map(asNumber);
export const asJson5: Reader = (text) => {
  try {
    return JSON5.parse<unknown>(text);
  } catch {
    return text;
  }
};

/** Everything that is said of a field, once: the flag, the help, the annotated example and the error messages are made of it. */
export interface About {
  readonly group: Group;
  readonly help: string;
  /** What its number counts. */
  readonly unit?: string;
  /** What stands for the value in the help, such as `<ms>`; a switch has none. */
  readonly value?: string;
  readonly reads: Reader;
  /**
   * Not to be seen by others: it has no flag, since arguments are visible to every user of a machine, and is never printed.
   */
  readonly isSecret?: true;
  /** A variable of this name is read as well. */
  readonly variable?: string;
  /** Shown in the annotated example where there is no default. */
  readonly example?: unknown;
}

export interface Field<S extends z.ZodType = z.ZodType> extends About {
  readonly schema: S;
}

export const field = <S extends z.ZodType>(schema: S, about: About): Field<S> => ({ schema, ...about });

/** What a field is where nobody says; undefined where it may be left out. */
export function defaultOf({ schema }: Field): unknown {
  const parsed = schema.safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}

/** How far a text is from another, in letters changed, added, left out or exchanged with their neighbour. */
function distance(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

/** The known name that was most likely meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const of = (candidate: string): number => distance(name.toLowerCase(), candidate.toLowerCase());
  const best = known.reduce<string | undefined>(
    (found, candidate) => (found === undefined || of(candidate) < of(found) ? candidate : found),
    undefined,
  );
  return best !== undefined && of(best) <= Math.max(2, best.length / 3) ? best : undefined;
}
