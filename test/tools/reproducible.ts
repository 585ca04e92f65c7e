// npm run -s check:reproducible: two builds from nothing, in folders of other names and depths, must give the same bytecode.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { keccak256 } from "ethers";
import { HARDHAT_CLI } from "../../devnet/hardhat.js";
import { table } from "../../scripts/cli/output.js";
import { jsonOf } from "../chaos/json.js";
import { nameOf, productionArtifacts } from "./compiled.js";

/** What a build reads, beside node_modules: sources, settings, and the names of the Solidity tests, which are set apart. */
const READ = ["contracts", "test/solidity", "test/tools", "hardhat.config.ts", "package.json", "remappings.txt"];
/** Where the two builds are made, below a temporary folder. */
const PLACES = ["a", "some other place/far/down"];

interface Hashes {
  /** keccak256 of what is sent to create the contract, constructor arguments not included. */
  readonly creation: string;
  /** keccak256 of what then stands on chain, immutable values zero. */
  readonly runtime: string;
}

const command = new Command("check:reproducible")
  .description(
    "Compiles the contracts twice with empty caches, in two folders, and compares the bytecode. Takes twice a full build.\n" +
      "To compare a chain with what is compiled here: npm run deploy -- check",
  )
  .option("--artifacts", "also compare what is in artifacts/, which may come of a build of only what had changed")
  .option("--json", "the result as JSON on stdout")
  .addHelpText("after", "\nExit codes: 0 all builds agree, 1 they do not.")
  .parse();
const options = command.opts<{ artifacts?: boolean; json?: boolean }>();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const root = process.cwd();

async function build(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of READ) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const started = Date.now();
  const progress = setInterval(
    () => say(`  still compiling after ${Math.round((Date.now() - started) / 1_000)} s`),
    60_000,
  );
  const run = spawn(process.execPath, [HARDHAT_CLI, "build", "--no-tests", "--quiet"], {
    ...{ cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  });
  let errors = "";
  run.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => run.on("close", resolve));
  clearInterval(progress);
  if (code !== 0) throw new Error(`hardhat build in ${folder} ended with ${String(code)}:\n${errors.slice(-2_000)}`);
}

function hashesOf(folder: string): Map<string, Hashes> {
  return new Map(
    productionArtifacts(folder).map((artifact) => [
      nameOf(artifact),
      { creation: keccak256(artifact.bytecode), runtime: keccak256(artifact.deployedBytecode) },
    ]),
  );
}

const temporary = mkdtempSync(join(tmpdir(), "ballast-"));
const builds: { readonly of: string; readonly hashes: Map<string, Hashes> }[] = [];
try {
  for (const [index, place] of PLACES.entries()) {
    say(`Build ${index + 1} of ${PLACES.length}, from nothing…`);
    await build(join(temporary, place));
    builds.push({ of: `build ${index + 1}`, hashes: hashesOf(join(temporary, place)) });
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
if (options.artifacts === true) builds.push({ of: "artifacts/", hashes: hashesOf(root) });

const names = [...new Set(builds.flatMap(({ hashes }) => [...hashes.keys()]))].sort();
/** The builds that made something else of a contract than the first. */
const othersOf = (name: string): string[] =>
  builds.filter(({ hashes }) => jsonOf(hashes.get(name)) !== jsonOf(builds[0]?.hashes.get(name))).map(({ of }) => of);
const differing = names.filter((name) => othersOf(name).length > 0);
if (options.json === true) {
  const contracts = names.map((name) => ({
    name,
    same: !differing.includes(name),
    builds: Object.fromEntries(builds.map(({ of, hashes }) => [of, hashes.get(name) ?? null])),
  }));
  process.stdout.write(`${jsonOf({ ok: differing.length === 0, contracts })}\n`);
} else {
  const rows = names.map((name) => {
    const { creation = "none", runtime = "none" } = builds[0]?.hashes.get(name) ?? {};
    return [
      name.replace(/^.*:/, ""),
      othersOf(name)
        .map((of) => `not in ${of}`)
        .join(", ") || "same",
      creation,
      runtime,
    ];
  });
  process.stdout.write(`${table(["contract", "", "keccak256 of creation code", "of runtime code"], rows, 4)}\n`);
  process.stdout.write(
    `${names.length - differing.length} of ${names.length} the same in ${builds.map(({ of }) => of).join(", ")}\n`,
  );
}
if (differing.length > 0) process.exitCode = 1;
