import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CompiledContracts } from "../../deploy/artifacts.js";

/** Where a variable stands: `slot` of 32 bytes, `offset` bytes from its low end. */
export interface StorageVariable {
  readonly label: string;
  readonly offset: number;
  readonly slot: string;
  readonly type: string;
}

export interface StorageType {
  readonly label: string;
  readonly numberOfBytes: string;
  readonly key?: string;
  readonly value?: string;
  readonly base?: string;
  readonly members?: readonly StorageVariable[];
}

/** `types` is null where nothing is stored. */
export interface StorageLayout {
  readonly storage: readonly StorageVariable[];
  readonly types: Readonly<Record<string, StorageType>> | null;
}

/** What the compiler says of a contract; the parts that tools here use. */
export interface CompiledContract {
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
  };
  readonly storageLayout: StorageLayout;
  readonly transientStorageLayout: StorageLayout;
}

export interface CompiledSource {
  readonly id: number;
  readonly ast: { readonly nodes: readonly { readonly nodeType: string; readonly absolutePath?: string }[] };
}

export interface BuildInfo {
  readonly id: string;
  readonly input: {
    readonly settings: Readonly<Record<string, unknown>>;
    readonly sources: Readonly<Record<string, { readonly content: string }>>;
  };
  readonly output: {
    readonly contracts: Readonly<Record<string, Readonly<Record<string, CompiledContract>>>>;
    readonly sources: Readonly<Record<string, CompiledSource>>;
  };
}

/** Names that the compiler knows sources of this project by. */
const PROJECT = "project/";

/** The build that production's bytecode comes from, input and output together. */
export function productionBuild(root: string, artifacts = join(root, "artifacts")): BuildInfo {
  const id = new CompiledContracts(artifacts).read("LoanManager").buildInfoId ?? "";
  const read = (name: string): object =>
    JSON.parse(readFileSync(join(artifacts, "build-info", name), "utf8")) as object;
  return { ...read(`${id}.json`), ...read(`${id}.output.json`), id } as BuildInfo;
}

/** The sources of a build that are not what the files say now; what is judged by such a build is not the code that is here. */
export function changedSince(build: BuildInfo, root: string): string[] {
  return productionSources(build)
    .map((name) => [name.slice(PROJECT.length), build.input.sources[name]?.content] as const)
    .filter(([file, content]) => !existsSync(join(root, file)) || readFileSync(join(root, file), "utf8") !== content)
    .map(([file]) => file);
}

/** Sources below contracts/ that are deployed: all but mocks. By the compiler's name. */
export function productionSources(build: BuildInfo): string[] {
  return Object.keys(build.output.sources)
    .filter((name) => name.startsWith(`${PROJECT}contracts/`) && !name.startsWith(`${PROJECT}contracts/mocks/`))
    .sort();
}

/** Contracts in those sources that can be deployed, as `[path, name, contract]`; neither interfaces nor abstract ones. */
export function productionContracts(build: BuildInfo): [source: string, name: string, contract: CompiledContract][] {
  return productionSources(build).flatMap((source) =>
    Object.entries(build.output.contracts[source] ?? {})
      .filter(([, contract]) => contract.evm.bytecode.object !== "")
      .map(([name, contract]): [string, string, CompiledContract] => [source.slice(PROJECT.length), name, contract]),
  );
}
