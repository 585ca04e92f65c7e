/** A value of a contract's custom error, as the model compares them. */
export type RefusalValue = bigint | string;

/**
 * The contracts would revert with this error. `reason` is the error's name, `values` its arguments in order; addresses are in
 * lower case. Solidity's own panics are named Panic, with their code.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly values: readonly RefusalValue[];

  constructor(
    readonly reason: string,
    ...values: readonly RefusalValue[]
  ) {
    super(`${reason}(${values.map(String).join(", ")})`);
    this.values = values;
  }
}

/** Throws the refusal unless the condition holds: the model's `require`. */
export function require(condition: boolean, reason: string, ...values: readonly RefusalValue[]): asserts condition {
  if (!condition) throw new Refusal(reason, ...values);
}
