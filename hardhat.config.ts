import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import { shareCompilers } from "./test/tools/shareCompilers.js";

const require = createRequire(import.meta.url);
// Said to the worker processes of mocha by the variable.
const coverage = process.argv.includes("--coverage") || process.env.HARDHAT_COVERAGE === "true";

export const solc = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: {
    optimizer: { enabled: true, runs: 200 },
    viaIR: true,
    evmVersion: "cancun",
    // For test/ts/layout.ts.
    outputSelection: { "*": { "*": ["storageLayout", "transientStorageLayout"] } },
  },
};
export const npmFiles = [
  "@openzeppelin/contracts/access/manager/AccessManager.sol",
  "@chainlink/contracts/src/v0.8/l2ep/dev/optimism/OptimismSequencerUptimeFeed.sol",
];

const fromEnvironment = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const seed = process.env.FUZZ_SEED === undefined ? {} : { seed: process.env.FUZZ_SEED };
if (process.env.FUZZ_SEED !== undefined) console.log(`Fuzz seed ${process.env.FUZZ_SEED}`);

// Solidity tests need not be optimised: that compiles them many times faster. What they hold to account is production's
// bytecode where they take it from the artifacts (test/solidity/core, by the interfaces), and the unoptimised build elsewhere.
const unoptimised = { ...solc, settings: { optimizer: { enabled: false }, viaIR: false, evmVersion: "cancun" } };
// But for the campaign, which runs for hours: a call takes a fifth less.
const optimised = { ...unoptimised, settings: { ...unoptimised.settings, optimizer: { enabled: true } } };
const CAMPAIGN = "test/solidity/core/invariants/";
const solidityIn = (folder: string) =>
  readdirSync(new URL(folder, import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .map((name) => `${folder}/${name}`);
const ATTACKERS = "test/attacks/contracts";

export default defineConfig({
  plugins: [toolbox, shareCompilers],
  solidity: {
    compilers: [solc],
    overrides: Object.fromEntries(
      [...solidityIn("test/solidity"), ...solidityIn(ATTACKERS)].map((file) => [
        file,
        file.startsWith(CAMPAIGN) ? optimised : unoptimised,
      ]),
    ),
    npmFilesToBuild: npmFiles,
  },
  // --coverage leaves instrumented bytecode behind, so it gets its own artifacts; no chain but a simulated one takes it.
  paths: {
    sources: ["contracts", ATTACKERS],
    tests: { mocha: coverage ? "test/ts/contracts" : "test/ts", solidity: "test/solidity" },
    ignition: "deploy",
    ...(coverage && { artifacts: "coverage/artifacts", cache: "coverage/cache" }),
  },
  coverage: { skipFiles: ["contracts/mocks/**", "test/**"] },
  test: {
    mocha: { timeout: 120_000, parallel: true, jobs: 2 },
    solidity: {
      // A campaign writes down what became of its actions.
      fsPermissions: {
        readDirectory: ["test/vectors"],
        ...(process.env.CAMPAIGN_FILES !== undefined && { writeFile: process.env.CAMPAIGN_FILES.split(",") }),
      },
      // The seed is constant unless one is given: npm run test:campaign
      fuzz: { runs: fromEnvironment("FUZZ_RUNS", 256), ...seed },
      invariant: {
        runs: fromEnvironment("INVARIANT_RUNS", 2),
        depth: fromEnvironment("INVARIANT_DEPTH", 250),
        failOnRevert: true,
      },
    },
  },
  networks: { op: { type: "edr-simulated", chainType: "op", chainId: 10 } },
});
