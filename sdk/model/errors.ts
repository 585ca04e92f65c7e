/** An argument the model's arithmetic has no answer for; the contracts' libraries would panic or revert on it. */
export class ModelInputError extends Error {
  override readonly name = "ModelInputError";

  constructor(what: string, value: bigint | number | string, expectation: string) {
    super(`${what} is ${value.toString()}, but must be ${expectation}`);
  }
}

/** A facility's risk terms that no facility may be created with. */
export class InvalidRiskTerms extends Error {
  override readonly name = "InvalidRiskTerms";

  constructor(rule: string, found: string) {
    super(`risk terms refused: ${rule} is required, found ${found}`);
  }
}
