/** A replay that cannot start, or cannot go on. The message says what was found, the limit, and what to do. */
export class ScenarioError extends Error {
  override readonly name: string = "ScenarioError";
}
