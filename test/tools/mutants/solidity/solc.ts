import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node } from "./ast.js";

/** Standard JSON, as far as it is used here. */
export interface SolcInput {
  readonly language: string;
  readonly sources: Record<string, { content: string }>;
  readonly settings: Record<string, unknown>;
}

export interface SolcError {
  readonly severity: string;
  readonly formattedMessage: string;
  readonly message: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
}

interface Bytecode {
  readonly object: string;
  readonly linkReferences: Record<string, Record<string, { start: number; length: number }[]>>;
}

export interface SolcOutput {
  readonly errors?: SolcError[];
  readonly sources?: Record<string, { ast: Node }>;
  readonly contracts?: Record<
    string,
    Record<string, { abi: unknown[]; evm: { bytecode: Bytecode; deployedBytecode: Bytecode } }>
  >;
}

/** Only what is wrong, and the syntax trees. */
export const TREES = { "*": { "": ["ast"] } };
/** What the test runner needs. */
const BYTECODE = ["object", "linkReferences"];
export const CODE = {
  "*": { "*": ["abi", ...BYTECODE.flatMap((part) => [`evm.bytecode.${part}`, `evm.deployedBytecode.${part}`])] },
};

/** Compiles in a process of its own: the compiler keeps the memory it once took. */
export async function compile(input: SolcInput): Promise<SolcOutput> {
  const solc = createRequire(import.meta.url).resolve("solc/solc.js");
  const folder = mkdtempSync(join(tmpdir(), "ballast-mutants-"));
  const [given, answer] = [join(folder, "input.json"), join(folder, "output.json")];
  writeFileSync(given, JSON.stringify(input));
  // Files, not pipes: it reads its input at one go, and ends before a pipe has taken all it says.
  const [stdin, stdout] = [openSync(given, "r"), openSync(answer, "w")];
  try {
    const child = spawn(process.execPath, [solc, "--standard-json"], { stdio: [stdin, stdout, "inherit"] });
    await once(child, "exit");
    const said = readFileSync(answer, "utf8");
    const json = said.indexOf("{");
    if (json < 0) throw new Error(`The compiler said nothing but: ${said}`);
    return JSON.parse(said.slice(json)) as SolcOutput;
  } finally {
    closeSync(stdin);
    closeSync(stdout);
    rmSync(folder, { recursive: true });
  }
}

export const errorsOf = ({ errors = [] }: SolcOutput): SolcError[] =>
  errors.filter(({ severity }) => severity === "error");
