import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Artifact, ArtifactResolver, BuildInfo } from "@nomicfoundation/ignition-core";
import { DeployError, NotCompiled } from "./errors.js";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A coverage run compiles into a folder of its own. */
const FOLDERS = ["artifacts", "coverage/artifacts"];

/** What the compiler made, read from the folder it wrote; loading Hardhat for that would take a second. */
export class CompiledContracts implements ArtifactResolver {
  readonly #byName = new Map<string, string[]>();
  readonly #read = new Map<string, Artifact>();
  readonly #folder: string;

  constructor() {
    const folder = FOLDERS.map((name) => join(root, name)).find((path) => existsSync(path));
    if (folder === undefined) {
      throw new NotCompiled("The contracts have not been compiled: run `npm run -s build` first.");
    }
    this.#folder = folder;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".json") || entry.parentPath.endsWith("build-info")) continue;
      const name = basename(entry.name, ".json");
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), join(entry.parentPath, entry.name)]);
    }
  }

  /** @param contractName its bare name, which must be the only one of its kind */
  read(contractName: string): Artifact {
    const known = this.#read.get(contractName);
    if (known !== undefined) return known;
    const paths = this.#byName.get(contractName) ?? [];
    const [path] = paths;
    if (path === undefined) {
      throw new NotCompiled(`${contractName} is not among the compiled contracts: run \`npm run -s build\`.`);
    }
    if (paths.length > 1) {
      const where = paths.map((each) => relative(this.#folder, each)).join(", ");
      throw new DeployError(`${contractName} is the name of several contracts: ${where}`);
    }
    const artifact = JSON.parse(readFileSync(path, "utf8")) as Artifact;
    this.#read.set(contractName, artifact);
    return artifact;
  }

  loadArtifact(contractName: string): Promise<Artifact> {
    return Promise.resolve(this.read(contractName));
  }

  getBuildInfo(contractName: string): Promise<BuildInfo | undefined> {
    const { buildInfoId } = this.read(contractName);
    if (buildInfoId === undefined) return Promise.resolve(undefined);
    const path = join(this.#folder, "build-info", `${buildInfoId}.json`);
    return Promise.resolve(existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as BuildInfo) : undefined);
  }
}
