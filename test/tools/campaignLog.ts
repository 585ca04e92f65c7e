import { Interface } from "ethers";
import { table } from "../../scripts/cli/output.js";
import * as abis from "../../sdk/client/abi/index.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";

/** What became of one kind of action in one run: revolving, term, senior only. */
export interface ActionLine {
  readonly name: string;
  readonly tried: readonly number[];
  readonly done: readonly number[];
  /** By the error's selector. */
  readonly refused: Readonly<Record<string, number>>;
}

interface ActionTotals {
  tried: number[];
  done: number[];
  refused: Record<string, number>;
}

/** What the campaign's contract writes after each run. */
export function linesOf(log: string): ActionLine[] {
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ActionLine);
}

const added = (a: readonly number[], b: readonly number[]): number[] => b.map((value, at) => value + (a[at] ?? 0));
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** The sum of many runs. */
export class Tally {
  private readonly byName = new Map<string, ActionTotals>();

  add({ name, tried, done, refused }: ActionLine): void {
    const totals = this.byName.get(name) ?? { tried: [], done: [], refused: {} };
    totals.tried = added(totals.tried, tried);
    totals.done = added(totals.done, done);
    for (const [selector, times] of Object.entries(refused)) {
      const error = errorNamed(selector);
      totals.refused[error] = (totals.refused[error] ?? 0) + times;
    }
    this.byName.set(name, totals);
  }

  get actions(): Readonly<Record<string, Readonly<ActionTotals>>> {
    return Object.fromEntries(this.byName);
  }

  /** Actions tried so often of which none succeeded: a hole in what is tried. */
  neverDone(often: number): string[] {
    return [...this.byName]
      .filter(([, { tried, done }]) => sum(tried) >= often && sum(done) === 0)
      .map(([name]) => name);
  }
}

/** Calls in all. */
export const callsOf = ({ actions }: Tally): number => sum(Object.values(actions).flatMap(({ tried }) => tried));

export function tallyTable({ actions }: Tally): string {
  const rows = Object.entries(actions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { tried, done, refused }]) => {
      const reasons = Object.entries(refused).sort(([, a], [, b]) => b - a);
      return [
        name,
        // Not tried by itself: something that a tried action turned out to be.
        sum(tried) === 0 ? "" : String(sum(tried)),
        done.join(" / "),
        reasons.map(([error, times]) => `${error} ${times}`).join(", "),
      ];
    });
  return table(["action", "tried", "done (revolving / term / senior only)", "refused because"], rows, 4);
}

/** Of the tokens that misbehave in the tests. */
const TOKEN_ERRORS = new Interface(["error TokenPaused()", "error ZeroTransfer()", "error Blocked(address)"]);

const names = new Map(
  [...Object.values(abis).map(interfaceOf), TOKEN_ERRORS].flatMap((contract) => {
    const found: [string, string][] = [];
    contract.forEachError(({ selector, name }) => found.push([selector, name]));
    return found;
  }),
);

/** 0 where nothing, or no error's selector, came back. */
function errorNamed(selector: string): string {
  if (/^0x0+$/.test(selector)) return "(nothing)";
  return { "0x4e487b71": "Panic", "0x08c379a0": "Error" }[selector] ?? names.get(selector) ?? selector;
}
