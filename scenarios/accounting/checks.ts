import { ScenarioError } from "../errors.js";

export type Unit = "btc" | "usd" | "eth";

/** One total found in two ways that share nothing; they must be the same number. */
export interface Check {
  what: string;
  unit: Unit;
  /** how the first number was found, and the number, smallest units */
  measured: { from: string; amount: bigint };
  /** the same for the second */
  expected: { from: string; amount: bigint };
}

export const passes = ({ measured, expected }: Check) => measured.amount === expected.amount;

/** The run's books do not close. Lists every total that was found twice and differently. */
export class NotReconciled extends ScenarioError {
  override readonly name = "NotReconciled";

  constructor(readonly failed: readonly Check[]) {
    super(
      `The books do not close; ${failed.length} total${failed.length === 1 ? " differs" : "s differ"} ` +
        `(smallest units):\n${failed.map(describe).join("\n")}`,
    );
  }
}

/** @throws NotReconciled when any check fails */
export function requireAll(checks: readonly Check[]): void {
  const failed = checks.filter((check) => !passes(check));
  if (failed.length > 0) throw new NotReconciled(failed);
}

function describe({ what, unit, measured, expected }: Check): string {
  const apart = measured.amount - expected.amount;
  return (
    `  ${what} (${unit}): ${measured.amount} by ${measured.from}, ${expected.amount} by ${expected.from}, ` +
    `${apart > 0n ? "+" : ""}${apart} apart`
  );
}
