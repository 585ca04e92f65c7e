import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A finding accepted where it stands: `// slither-disable-next-line detector: the reason`. */
export interface Annotation {
  readonly file: string;
  readonly line: number;
  readonly detectors: readonly string[];
  readonly reason: string;
}

const ANNOTATION = /^\s*\/\/\s*slither-disable-(next-line|start|end)\s*([\w,-]*)(?::\s*(.*))?/;

/** Every annotation below contracts/. */
export function annotations(root: string): Annotation[] {
  return readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .sort()
    .flatMap((name) => {
      const file = `contracts/${name}`;
      const lines = readFileSync(join(root, file), "utf8").split("\n");
      return lines.flatMap((text, index): Annotation[] => {
        const [, kind, detectors = "", reason = ""] = ANNOTATION.exec(text) ?? [];
        if (kind === undefined) return [];
        // A range hides what is written into it later, and an unknown kind says nothing.
        if (kind !== "next-line") return [{ file, line: index + 1, detectors: [], reason: "" }];
        return [{ file, line: index + 1, detectors: detectors.split(",").filter(Boolean), reason: reason.trim() }];
      });
    });
}

/** Annotations that accept a finding without a word about why, or a range of lines. */
export function unexplained(all: readonly Annotation[]): Annotation[] {
  return all.filter(({ detectors, reason }) => detectors.length === 0 || reason.split(" ").length < 2);
}
