import type { Mutant } from "./mutant.js";
import type { Status } from "./result.js";

export interface Verdict {
  readonly status: Status;
  readonly by?: string;
}

/** One of the things that can be mutated, ready to be judged. */
export interface Part {
  readonly mutants: readonly Mutant[];
  /** Says what a mutant's file was like, and its judges: results hold as long as both stand. */
  sourceOf(mutant: Mutant): string;
  readonly tests: string;
  judge(mutant: Mutant): Promise<Verdict>;
}

/** Where a person sees what is going on. */
export type Say = (line: string) => void;
