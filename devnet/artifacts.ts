import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Abi, Hex } from "viem";
import { DevnetError } from "./errors.js";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));

export interface Artifact {
  abi: Abi;
  bytecode: Hex;
}

/** Raised when the project's own contracts have not been compiled. */
export class MissingArtifact extends DevnetError {
  override name = "MissingArtifact";
}

/** @param source a file of this project, or an npm source named in hardhat.config.ts */
function built(source: string, contract: string): Artifact {
  // A coverage run compiles into a folder of its own.
  const places = ["artifacts", "coverage/artifacts"].map((folder) => join(root, folder, source, `${contract}.json`));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new MissingArtifact(`${places[0]} is missing: compile the contracts first, \`npm run -s build\`.`);
  return read(found);
}

const sources = {
  token: "contracts/mocks/MockToken.sol",
  feed: "contracts/mocks/MockFeed.sol",
  uptimeFeed: "@chainlink/contracts/src/v0.8/l2ep/dev/optimism/OptimismSequencerUptimeFeed.sol",
};

/** What the devnet deploys of what this project compiles. */
export const needed = {
  token: () => built(sources.token, "MockToken"),
  feed: () => built(sources.feed, "MockFeed"),
  uptimeFeed: () => built(sources.uptimeFeed, "OptimismSequencerUptimeFeed"),
};

/** The same as arguments for `hardhat build`, which is quicker than building all. */
export const neededSources = Object.values(sources).map((source) =>
  source.startsWith("@") ? `npm:${source}` : source,
);

/** Throws `MissingArtifact` when something needed has not been compiled: asked before anything is started. */
export function assertBuilt(): void {
  for (const load of Object.values(needed)) load();
}

/** What a package ships compiled. @param path like "@uniswap/v3-core/artifacts/…/UniswapV3Factory.json" */
export const shipped = (path: string): Artifact => read(require.resolve(path));

const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Artifact;
