import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { solc as compiler } from "../../hardhat.config.js";

export interface Compiled {
  readonly abi: readonly object[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
    readonly methodIdentifiers: Readonly<Record<string, string>>;
  };
  readonly metadata: string;
  /** Of the source it stands in. */
  readonly ast: object;
}

interface Answer {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Omit<Compiled, "ast">>>>>;
  readonly sources?: Readonly<Record<string, { readonly ast: object }>>;
}

/** Compiles contracts of this folder, each called like its file, with production's compiler and settings. */
export function compile<Name extends string>(root: string, names: readonly Name[]): Record<Name, Compiled> {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: { import: (path: string) => object }): string;
  };
  const fileOf = (name: string): string => `test/symbolic/${name}.sol`;
  const read = (path: string): string => {
    const own = join(root, path);
    return readFileSync(existsSync(own) ? own : join(root, "node_modules", path), "utf8");
  };
  const outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers", "metadata"];
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [fileOf(name), { content: read(fileOf(name)) }])),
    settings: { ...compiler.settings, outputSelection: { "*": { "": ["ast"], "*": outputs } } },
  };
  const callbacks = { import: (path: string) => ({ contents: read(path) }) };
  const answer = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as Answer;
  const errors = (answer.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return Object.fromEntries(
    names.map((name) => {
      const contract = answer.contracts?.[fileOf(name)]?.[name];
      const ast = answer.sources?.[fileOf(name)]?.ast;
      if (contract === undefined || ast === undefined) throw new Error(`${fileOf(name)} holds no contract ${name}.`);
      return [name, { ...contract, ast }];
    }),
  ) as Record<Name, Compiled>;
}
