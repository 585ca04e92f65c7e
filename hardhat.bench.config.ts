// The peer, compiled by its own compiler with its own settings, beside ours; kept apart because it takes its time.
import { createRequire } from "node:module";
import { defineConfig } from "hardhat/config";
import config, { npmFiles, solc } from "./hardhat.config.js";

const require = createRequire(import.meta.url);
const morpho = "@morpho-org/morpho-blue/src";
const peerFiles = [`${morpho}/Morpho.sol`, `${morpho}/mocks/IrmMock.sol`];
const peerSolc = {
  version: "0.8.19",
  path: require.resolve("solc0819/soljson.js"),
  settings: {
    optimizer: { enabled: true, runs: 999_999 },
    viaIR: true,
    evmVersion: "paris",
    metadata: { bytecodeHash: "none" as const },
  },
};

export default defineConfig({
  ...config,
  solidity: {
    compilers: [solc],
    overrides: Object.fromEntries(peerFiles.map((file) => [file, peerSolc])),
    npmFilesToBuild: [...npmFiles, ...peerFiles],
  },
  paths: {
    artifacts: "out/bench/artifacts",
    cache: "out/bench/cache",
    tests: { mocha: "out/none", solidity: "out/none" },
  },
  typechain: { outDir: "out/bench/types" },
});
