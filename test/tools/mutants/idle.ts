/** A comparison and what it chooses between, as they are written. */
export interface Choice {
  readonly left: string;
  readonly right: string;
  readonly whenTrue: string;
  readonly whenFalse: string;
}

/**
 * Whether it is all the same which way a choice goes while both sides are equal: the smaller or larger of two, a difference
 * that stops at zero. There `<` and `<=` are one.
 */
export function isIdleAtEquality({ left, right, whenTrue, whenFalse }: Choice): boolean {
  const sides = [left, right].sort().join("\n");
  if ([whenTrue, whenFalse].sort().join("\n") === sides) return true;
  const differences = [`${left} - ${right}`, `${right} - ${left}`];
  return [whenTrue, whenFalse].every((each) => differences.includes(each) || /^0n?$/.test(each));
}
