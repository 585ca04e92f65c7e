import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Mutant } from "./mutant.js";

/** killed: a test fails with it. timeout: a test ran out of time or gas. unreached: no test comes by. uncompilable: no program. */
export type Status = "killed" | "timeout" | "survived" | "unreached" | "uncompilable";

export interface Result extends Omit<Mutant, "id"> {
  readonly status: Status;
  /** The test that failed. */
  readonly by?: string;
  readonly ms: number;
  /** Of the file it is in, and of the tests it was shown to. */
  readonly source: string;
  readonly tests: string;
}

export const isDead = ({ status }: Result): boolean => status === "killed" || status === "timeout";

/** Results as they come, a line each, so that an interrupted run can go on. */
export class Results {
  readonly #known = new Map<string, Result>();

  constructor(
    private readonly path: string,
    keep: boolean,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    if (!keep) rmSync(path, { force: true });
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      // The last line of an interrupted run may be half a line.
      if (line.endsWith("}")) this.#take(JSON.parse(line) as Result);
    }
  }

  /** What is known of a mutant and still holds: what was killed stays so while its file is the same, what was not also needs the same tests. */
  of(mutant: Mutant, source: string, tests: string): Result | undefined {
    const known = this.#known.get(`${mutant.file} ${mutant.key}`);
    if (known === undefined || known.source !== source) return undefined;
    return isDead(known) || known.tests === tests ? known : undefined;
  }

  add(result: Result): void {
    this.#take(result);
    appendFileSync(this.path, `${JSON.stringify(result)}\n`);
  }

  #take(result: Result): void {
    this.#known.set(`${result.file} ${result.key}`, result);
  }
}
