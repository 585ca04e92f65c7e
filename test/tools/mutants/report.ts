import { table } from "../../../scripts/cli/output.js";
import { isDead, type Result } from "./result.js";
import { explained, type Survivors } from "./survivors.js";

export interface Score {
  readonly file: string;
  /** Mutants that were run and compile. */
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  /** Survivors that the kept list explains. */
  readonly equivalent: number;
  /** Survivors that nobody has explained, those that no test comes by among them. */
  readonly open: number;
  readonly unreached: number;
  readonly uncompilable: number;
  /** Killed of all that compile, the explained ones among them; percent. */
  readonly raw: number;
  /** The same without the explained ones. */
  readonly score: number;
}

export const percent = (part: number, whole: number): number =>
  whole === 0 ? 100 : Math.round((part / whole) * 1000) / 10;

export function scoreOf(file: string, results: readonly Result[], survivors: Survivors): Score {
  const count = (is: (result: Result) => boolean) => results.filter(is).length;
  const uncompilable = count(({ status }) => status === "uncompilable");
  const mutants = results.length - uncompilable;
  const dead = count(isDead);
  const lives = (result: Result) => !isDead(result) && result.status !== "uncompilable";
  const equivalent = count((result) => lives(result) && explained(survivors, result) !== undefined);
  return {
    ...{ file, mutants, killed: count(({ status }) => status === "killed") },
    ...{ timeout: count(({ status }) => status === "timeout"), equivalent, open: mutants - dead - equivalent },
    ...{ unreached: count(({ status }) => status === "unreached"), uncompilable },
    ...{ raw: percent(dead, mutants), score: percent(dead, mutants - equivalent) },
  };
}

export interface Report {
  readonly files: readonly Score[];
  readonly total: Score;
  /** Survivors that nobody has explained. */
  readonly open: readonly Result[];
  readonly wrong: readonly string[];
}

export function reportOf(results: readonly Result[], survivors: Survivors, wrong: readonly string[]): Report {
  const files = [...new Set(results.map(({ file }) => file))].sort();
  const scores = files.map((file) =>
    scoreOf(
      file,
      results.filter((result) => result.file === file),
      survivors,
    ),
  );
  const open = results.filter(
    (result) => !isDead(result) && result.status !== "uncompilable" && explained(survivors, result) === undefined,
  );
  return { files: scores, total: scoreOf("all", results, survivors), open, wrong };
}

export function describe({ files, total, open, wrong }: Report): string {
  const head = ["file", "mutants", "killed", "timeout", "equivalent", "open", "no program", "raw %", "score %"];
  const rows = [...files, total].map((row) => [
    row.file,
    ...[row.mutants, row.killed, row.timeout, row.equivalent, row.open, row.uncompilable].map(String),
    ...[row.raw, row.score].map((value) => value.toFixed(1)),
  ]);
  const lines = open.map(
    ({ file, line, operator, key, status }) =>
      `${file}:${line}  ${operator}  ${key}${status === "unreached" ? "  (no test comes by)" : ""}`,
  );
  return [table(head, rows), ...lines, ...wrong].join("\n");
}
