import { table } from "../../../scripts/cli/output.js";
import { percent } from "../mutants/report.js";
import type { Side } from "./side.js";
import { explained, type Unreachable } from "./unreachable.js";

export interface Score {
  readonly file: string;
  /** Sides of all its conditions. */
  readonly sides: number;
  readonly covered: number;
  /** Not covered, and listed with a reason. */
  readonly unreachable: number;
  /** Covered of those that are not listed, percent. */
  readonly percent: number;
}

export interface Report {
  readonly files: readonly Score[];
  readonly total: Score;
  /** Sides that no test takes and no reason explains. */
  readonly open: readonly Side[];
}

function scoreOf(file: string, sides: readonly Side[], taken: ReadonlySet<number>, listed: Unreachable): Score {
  const missing = sides.filter(({ mark }) => !taken.has(mark));
  const covered = sides.length - missing.length;
  const unreachable = missing.filter((side) => explained(listed, side) !== undefined).length;
  return { file, sides: sides.length, covered, unreachable, percent: percent(covered, sides.length - unreachable) };
}

export function reportOf(sides: readonly Side[], taken: ReadonlySet<number>, listed: Unreachable): Report {
  const files = [...new Set(sides.map(({ file }) => file))].sort();
  return {
    files: files.map((file) => {
      const own = sides.filter((side) => side.file === file);
      return scoreOf(file, own, taken, listed);
    }),
    total: scoreOf("total", sides, taken, listed),
    open: sides.filter((side) => !taken.has(side.mark) && explained(listed, side) === undefined),
  };
}

export function describe({ files, total, open }: Report): string {
  const rows = [...files, total].map(({ file, sides, covered, unreachable, percent }) => [
    file,
    ...[`${covered} / ${sides}`, `${unreachable}`, percent.toFixed(1)],
  ]);
  const missing = open.map(({ file, line, source, way }) => `${file}:${line}  ${source}  is never ${way}`);
  const drawn = table(["file", "covered / all", "unreachable", "%"], rows);
  return missing.length === 0 ? drawn : `${drawn}\nSides that no test takes:\n${missing.join("\n")}`;
}
