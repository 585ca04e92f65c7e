import { Keys, short } from "./keys.js";

/** What a mutant does to the program, in the words of the report. */
export const OPERATORS = [
  "arithmetic", // another operator: + - * / % ** & | ^ << >>
  "boundary", // < for <=, > for >=, and back
  "comparison", // the comparison's opposite: < for >=, == for !=
  "condition", // a condition negated, && for ||
  "constant", // a number's neighbour, true for false
  "statement", // a statement left out
  "check", // a require, or an if that only refuses, left out
  "rounding", // up for down
  "modifier", // a modifier left out
  "arguments", // two neighbours of the same type change places
] as const;
export type Operator = (typeof OPERATORS)[number];

/** One small change of one file. Its key stays the same as long as the function that it is in does not change at that place. */
export interface Mutant {
  /** What switches it on; 0 is no mutant. Counted over all files, so it says nothing to people. */
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly operator: Operator;
  readonly original: string;
  readonly replacement: string;
  /** Unique within its file. */
  readonly key: string;
}

/** Text put around a range of a file. Ranges nest as the syntax tree does. */
export interface Wrap {
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
  /** The mutant it belongs to. */
  readonly id: number;
}

/** Collects the mutants of many files and gives each its number and key. */
export class Mutants {
  readonly list: Mutant[] = [];
  readonly #wraps = new Map<string, Wrap[]>();
  readonly #keys = new Keys();
  readonly #idle = new Set<number>();

  /**
   * @param scope name of the function, or what else stands around it
   * @param isIdle that it plainly changes nothing: it has a number, but is not counted among the mutants
   */
  add(
    file: string,
    scope: string,
    place: Pick<Mutant, "line" | "operator" | "original" | "replacement">,
    isIdle = false,
  ): number {
    const id = this.list.length + 1;
    const [original, replacement] = [short(place.original), short(place.replacement)];
    if (isIdle) this.#idle.add(id);
    const key = this.#keys.of(file, `${scope}: ${original} → ${replacement}`);
    this.list.push({ id, file, line: place.line, operator: place.operator, original, replacement, key });
    return id;
  }

  wrap(file: string, wrap: Wrap): void {
    const wraps = this.#wraps.get(file);
    if (wraps === undefined) this.#wraps.set(file, [wrap]);
    else wraps.push(wrap);
  }

  /** Those that can matter. A constant that nothing reads has no place to be changed at. */
  get placed(): readonly Mutant[] {
    const placed = new Set([...this.#wraps.values()].flat().map(({ id }) => id));
    return this.list.filter(({ id }) => placed.has(id) && !this.#idle.has(id));
  }

  wraps(file: string): readonly Wrap[] {
    return this.#wraps.get(file) ?? [];
  }
}
