import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Hardhat's command line, to be run by node: `npx` would look for it again, and on another node. */
export const HARDHAT_CLI = join(
  dirname(createRequire(import.meta.url).resolve("hardhat/package.json")),
  "dist/src/cli.js",
);
