// The tests of the contracts on contracts with mutants in them, one of which the coinbase switches on; see test/tools/mutants.
import { defineConfig } from "hardhat/config";
import config from "./hardhat.config.js";

const { MUTANT = "0", MUTANT_ARTIFACTS = "artifacts", MUTANT_REPORT = "mocha.json", MUTANT_SKIPPED = "" } = process.env;

export default defineConfig({
  ...config,
  paths: { ...config.paths, artifacts: MUTANT_ARTIFACTS, cache: "out/mutants/contracts/cache" },
  test: {
    mocha: {
      ...{ timeout: 60_000, parallel: false, bail: MUTANT !== "0" },
      ...{ reporter: "json", reporterOptions: { output: MUTANT_REPORT } },
      ...(MUTANT_SKIPPED !== "" && { grep: MUTANT_SKIPPED, invert: true }),
    },
  },
  networks: {
    op: {
      ...{ type: "edr-simulated", chainType: "op", chainId: 10 },
      coinbase: `0x${BigInt(MUTANT).toString(16).padStart(40, "0")}`,
      // Code with every mutant in it is large.
      ...{ allowUnlimitedContractSize: true, blockGasLimit: 1_000_000_000n, transactionGasCap: 1_000_000_000n },
    },
  },
});
