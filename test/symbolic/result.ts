/** What became of one lemma. */
export interface Result {
  readonly lemma: string;
  readonly claim: string;
  /** For which inputs it is proved. */
  readonly range: string;
  readonly by: "Halmos" | "z3";
  /** Ways through the branches, or steps of the proof. */
  readonly ways: number;
  /** What its mutated twin violates. */
  readonly twin: string | undefined;
  /** Why it does not count as proved. */
  readonly problem: string | undefined;
}
