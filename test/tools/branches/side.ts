import { Keys, short } from "../mutants/keys.js";

/** One of the ways that a condition can go. */
export interface Side {
  /** What the build records when it is taken. */
  readonly mark: number;
  readonly file: string;
  readonly line: number;
  /** The condition as it is written. */
  readonly source: string;
  /** true, false, success or catch */
  readonly way: string;
  /** Unique within its file. */
  readonly key: string;
}

/** Collects the sides of many files and gives each its number and key. */
export class Sides {
  readonly list: Side[] = [];
  readonly #keys = new Keys();

  /**
   * @param scope name of the function, or what else stands around it
   * @returns the number of the first; the others follow
   */
  add(scope: string, place: Pick<Side, "file" | "line" | "source">, ways: readonly string[]): number {
    const first = this.list.length;
    const source = short(place.source);
    for (const [index, way] of ways.entries()) {
      const key = this.#keys.of(place.file, `${scope}: ${source} is ${way}`);
      this.list.push({ ...place, mark: first + index, source, way, key });
    }
    return first;
  }
}
