import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);
const coverage = process.argv.includes("--coverage");

export const solc = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { optimizer: { enabled: true, runs: 1000 }, viaIR: true, evmVersion: "cancun" },
};
export const npmFiles = [
  "@openzeppelin/contracts/access/manager/AccessManager.sol",
  "@chainlink/contracts/src/v0.8/l2ep/dev/optimism/OptimismSequencerUptimeFeed.sol",
];

// Tests of the core know it by its interfaces and take its bytecode from the artifacts, so they need not be optimised
// themselves: that compiles them many times faster.
const unoptimised = { ...solc, settings: { optimizer: { enabled: false }, viaIR: false, evmVersion: "cancun" } };
const coreTests = ["test/solidity/core", "test/solidity/helpers"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .map((name) => `${folder}/${name}`),
);

export default defineConfig({
  plugins: [toolbox],
  solidity: {
    compilers: [solc],
    overrides: Object.fromEntries(coreTests.map((file) => [file, unoptimised])),
    npmFilesToBuild: npmFiles,
  },
  // --coverage leaves instrumented bytecode behind, so it gets its own artifacts.
  paths: {
    tests: { mocha: "test/ts", solidity: "test/solidity" },
    ignition: "deploy",
    ...(coverage && { artifacts: "coverage/artifacts", cache: "coverage/cache" }),
  },
  coverage: { skipFiles: ["contracts/mocks/**", "test/**"] },
  test: {
    mocha: { timeout: 120_000 },
    solidity: {
      fsPermissions: { readDirectory: ["test/vectors"] },
      fuzz: { runs: 256 },
      invariant: { runs: 32, depth: 64, failOnRevert: true },
    },
  },
  networks: { op: { type: "edr-simulated", chainType: "op", chainId: 10 } },
});
