import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DevnetError } from "./errors.js";

const require = createRequire(import.meta.url);

function fromPackage(name: string, file: string): { path: string; version: string } {
  let manifest: string;
  try {
    manifest = require.resolve(`${name}/package.json`);
  } catch {
    throw new DevnetError(
      `The npm package ${name} is not installed, and the local rollup needs it. ` +
        `It is made for linux-x64 only (this is ${process.platform}-${process.arch}); there, run \`npm ci --ignore-scripts\`.`,
    );
  }
  const path = join(dirname(manifest), file);
  if (!existsSync(path)) throw new DevnetError(`${path} is missing: install ${name} again with \`npm ci\`.`);
  return { path, version: (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version };
}

/** The node of both chains. */
export const anvil = () => fromPackage("@foundry-rs/anvil-linux-amd64", "bin/anvil");

/** Carries the genuine genesis states; see genesis.ts. */
export const supersim = () => fromPackage("supersim", "bin/supersim");
