import type { SolcInput } from "./solc.js";

/** Contracts that are deployed, and what they are made of. */
export const isOurs = (file: string): boolean => /^project\/contracts\/(?!mocks\/|interfaces\/)/.test(file);

interface Job {
  readonly input: SolcInput;
  readonly roots: readonly string[];
}

/** What Hardhat would compile: the contracts as they are deployed, and the Solidity tests. */
export async function jobs(): Promise<{ contracts: Job; tests: Job }> {
  const { default: hre } = await import("hardhat");
  const paths = await hre.solidity.getRootFilePaths({ scope: "contracts" });
  const found = await hre.solidity.getCompilationJobs(paths, { quiet: true, force: true });
  if (!("compilationJobsPerFile" in found)) throw new Error("Hardhat does not say how it would compile the contracts.");
  const all = [...new Set(found.compilationJobsPerFile.values())];
  const read = await Promise.all(
    all.map(async (job) => {
      const input = (await job.getSolcInput()) as unknown as SolcInput;
      const roots = [...job.dependencyGraph.getRoots().values()].map(({ inputSourceName }) => inputSourceName);
      return { input, roots };
    }),
  );
  const isTests = ({ roots }: Job) => roots.some((root) => root.startsWith("project/test/"));
  const contracts = read.find((job) => !isTests(job));
  const [first, ...others] = read.filter(isTests);
  if (contracts === undefined || first === undefined) throw new Error("There are no contracts, or no tests of them.");
  return { contracts, tests: others.reduce(together, first) };
}

/** Tests that Hardhat compiles one way and another, not optimised. */
function together(a: Job, b: Job): Job {
  const settings = { ...a.input.settings, optimizer: { enabled: false } };
  const sources = { ...a.input.sources, ...b.input.sources };
  return { input: { ...a.input, settings, sources }, roots: [...a.roots, ...b.roots] };
}

/**
 * Settings for bytecode that only has to be right: not optimised, but by the intermediate language, which finds room for the
 * variables that the stack has no room for.
 */
export function quick({ settings, ...input }: SolcInput): SolcInput {
  const details = { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: "u:" } };
  return { ...input, settings: { ...settings, viaIR: true, optimizer: { enabled: false, details } } };
}
