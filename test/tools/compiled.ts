import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

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
  readonly members?: readonly StorageVariable[];
}

/** `types` is null where nothing is stored. */
export interface StorageLayout {
  readonly storage: readonly StorageVariable[];
  readonly types: Readonly<Record<string, StorageType>> | null;
}

export interface Layouts {
  readonly storageLayout: StorageLayout;
  readonly transientStorageLayout: StorageLayout;
}

/** A contract as Hardhat left it in artifacts/; the parts that tools here use. */
export interface Artifact {
  readonly contractName: string;
  /** Path of its source in this project. */
  readonly sourceName: string;
  /** What the compiler knows the source by. */
  readonly inputSourceName: string;
  readonly buildInfoId: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Names of the sources that are deployed, below contracts/: all but mocks. */
export function isDeployed(source: string): boolean {
  return source.endsWith(".sol") && !source.startsWith("mocks/");
}

/** The contracts in them that can be deployed, neither interfaces nor abstract ones, as last compiled; by source and name. */
export function productionArtifacts(root: string): Artifact[] {
  const folder = join(root, "artifacts/contracts");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => JSON.parse(readFileSync(join(entry.parentPath, entry.name), "utf8")) as Artifact)
    .filter(({ sourceName, bytecode }) => isDeployed(sourceName.replace(/^contracts\//, "")) && bytecode !== "0x")
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** `path:contract`, as the compiler says it. */
export function nameOf({ sourceName, contractName }: Artifact): string {
  return `${sourceName}:${contractName}`;
}

/** Finds what the compiler said of a contract beside its code. Builds that recompile only what changed leave several answers. */
export class CompilerAnswers {
  readonly #contracts = new Map<string, Readonly<Record<string, Readonly<Record<string, Layouts>>>>>();

  constructor(private readonly root: string) {}

  of({ buildInfoId, inputSourceName, contractName }: Artifact): Layouts {
    let contracts = this.#contracts.get(buildInfoId);
    if (contracts === undefined) {
      const file = join(this.root, "artifacts/build-info", `${buildInfoId}.output.json`);
      ({ contracts } = (JSON.parse(readFileSync(file, "utf8")) as { output: { contracts: typeof contracts } }).output);
      this.#contracts.set(buildInfoId, contracts!);
    }
    const found = contracts?.[inputSourceName]?.[contractName];
    if (found === undefined)
      throw new Error(`${buildInfoId} says nothing of ${contractName}: run \`npm run -s build\`.`);
    return found;
  }
}
