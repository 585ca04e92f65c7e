import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { solc as compiler } from "../../hardhat.config.js";

/** What is asked of the compiler: of a source as a whole (`""`), and of each contract in it (`"*"`). */
export type Outputs = Readonly<Record<"" | "*", readonly string[]>>;

export interface Answer {
  readonly contracts: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly sources: Readonly<Record<string, { readonly ast: object }>>;
}

interface Compilation {
  readonly version: string;
  readonly input: object;
  readonly output: Answer;
}

/**
 * Compiles files of this project, and what they import, with production's compiler and settings, beside Hardhat's own builds:
 * without code where none is asked for, in seconds.
 */
export function compile(root: string, files: readonly string[], outputs: Outputs): Compilation {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: { import: (path: string) => object }): string;
  };
  const read = (path: string): string => {
    const own = join(root, path);
    return readFileSync(existsSync(own) ? own : join(root, "node_modules", path), "utf8");
  };
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) => [file, { content: read(file) }])),
    settings: { ...compiler.settings, outputSelection: { "*": outputs } },
  };
  const callbacks = { import: (path: string) => ({ contents: read(path) }) };
  const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as Answer & {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  };
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return { version: compiler.version, input, output };
}
