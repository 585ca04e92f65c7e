import { compile } from "../tools/compile.js";

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

const OUTPUTS = {
  "": ["ast"],
  "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers", "metadata"],
};

/** Compiles contracts of this folder, each called like its file. */
export function compileHere<Name extends string>(root: string, names: readonly Name[]): Record<Name, Compiled> {
  const fileOf = (name: string): string => `test/symbolic/${name}.sol`;
  const { output } = compile(root, names.map(fileOf), OUTPUTS);
  return Object.fromEntries(
    names.map((name) => {
      const contract = output.contracts[fileOf(name)]?.[name];
      const ast = output.sources[fileOf(name)]?.ast;
      if (contract === undefined || ast === undefined) throw new Error(`${fileOf(name)} holds no contract ${name}.`);
      return [name, { ...contract, ast }];
    }),
  ) as Record<Name, Compiled>;
}
