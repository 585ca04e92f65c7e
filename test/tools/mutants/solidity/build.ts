import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Artifact } from "@nomicfoundation/edr";
import { CODE, compile, errorsOf, type SolcInput, type SolcOutput } from "./solc.js";
import { SWITCH_SOURCE } from "./switch.js";

export const hashOf = (...parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
};

/** The first of a file may stand behind the switch's, on one line. */
const IMPORT = /(?:^|;)\s*import\b[^"';]*["']([^"']+)["']/gm;

/** A file of ours with all of ours that it imports; packages stand still between two installations. */
export function closure(sources: SolcInput["sources"], root: string): string[] {
  const found = new Set<string>();
  const go = (file: string): void => {
    if (found.has(file) || sources[file] === undefined) return;
    found.add(file);
    for (const [, path = ""] of sources[file].content.matchAll(IMPORT)) {
      go(path.startsWith(".") ? posix.join(posix.dirname(file), path) : path);
    }
  };
  go(root);
  return [...found].sort();
}

/** Compiles what changed since the last time, and returns the artifacts of all roots. */
export async function build(input: SolcInput, roots: readonly string[], folder: string): Promise<Artifact[]> {
  mkdirSync(folder, { recursive: true });
  const places = roots.map((root) => {
    const content = closure(input.sources, root).flatMap((file) => [file, input.sources[file]?.content ?? ""]);
    return { root, path: join(folder, `${hashOf(JSON.stringify(input.settings), ...content)}.json`) };
  });
  const stale = places.filter(({ path }) => !existsSync(path));
  if (stale.length > 0) {
    // Code only of what is stale; the rest of the sources is only read.
    const outputSelection = Object.fromEntries(stale.map(({ root }) => [root, CODE["*"]]));
    const needed = new Set(stale.flatMap(({ root }) => closure(input.sources, root)));
    // Packages, and the switch that they import.
    const isShared = (file: string): boolean => file.startsWith("npm/") || file === SWITCH_SOURCE;
    const sources = Object.fromEntries(
      Object.entries(input.sources).filter(([file]) => needed.has(file) || isShared(file)),
    );
    const output = await compile({ ...input, sources, settings: { ...input.settings, outputSelection } });
    const errors = errorsOf(output);
    if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
    for (const { root, path } of stale) writeFileSync(path, JSON.stringify(artifactsOf(output, root)));
  }
  return places.flatMap(({ path }) => JSON.parse(readFileSync(path, "utf8")) as Artifact[]);
}

function artifactsOf({ contracts = {} }: SolcOutput, root: string): Artifact[] {
  return Object.entries(contracts[root] ?? {}).map(([name, { abi, evm }]) => ({
    id: { name, source: root, solcVersion: "0.8.37" },
    contract: {
      abi: JSON.stringify(abi),
      bytecode: `0x${evm.bytecode.object}`,
      linkReferences: evm.bytecode.linkReferences,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      deployedLinkReferences: evm.deployedBytecode.linkReferences,
    },
  }));
}
