import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { anvil, supersim } from "./binaries.js";
import { DevnetError } from "./errors.js";
import { spawnGuarded } from "./process.js";

export const L1_CHAIN_ID = 900;
export const L2_CHAIN_ID = 901;

/** Paths of the two genesis states, in the shape `anvil --init` takes. */
export interface GenesisStates {
  l1: string;
  l2: string;
}

const TAP_SECONDS = 20;

/**
 * The genesis states of an L1 with the OP contracts and of an L2 with the OP predeploys, as supersim carries them.
 *
 * Why not supersim itself: it relays deposits but sends no L1 attributes (so no L1 fee is ever charged), owns the clock
 * (a replay needs the day's own time on both chains) and starts its nodes with options we cannot choose. What is worth
 * having is the genuine state, so it is asked for once: supersim runs for a moment with a stand-in `anvil` first on PATH
 * which keeps the file behind `--init` and then becomes the real one. From then on two plain anvils boot from the files.
 */
export async function genesisStates(): Promise<GenesisStates> {
  const { version } = supersim();
  const folder = join(cacheFolder(), `genesis-${version}`);
  const states = { l1: join(folder, `${L1_CHAIN_ID}.json`), l2: join(folder, `${L2_CHAIN_ID}.json`) };
  if (!existsSync(folder)) await tap(folder, states);
  return states;
}

function cacheFolder(): string {
  const inProject = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules");
  try {
    accessSync(inProject, constants.W_OK);
    return join(inProject, ".cache", "ballast-devnet");
  } catch {
    // A read-only checkout: one folder per checkout and user in the system's temporary directory.
    const owner = createHash("sha256").update(`${inProject}:${process.getuid?.()}`).digest("hex").slice(0, 12);
    return join(tmpdir(), `ballast-devnet-${owner}`);
  }
}

const STAND_IN = `#!/bin/sh
for word in "$@"; do
  case "$previous" in --init) init=$word ;; --chain-id) id=$word ;; esac
  previous=$word
done
if [ -n "$init" ]; then cp "$init" "$GENESIS_OUT/$id.part" && mv "$GENESIS_OUT/$id.part" "$GENESIS_OUT/$id.json"; fi
exec "$REAL_ANVIL" "$@"
`;

async function tap(folder: string, states: GenesisStates): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  // Beside the cache, so that the last step is a rename and no one ever sees half a genesis.
  const work = mkdtempSync(join(dirname(folder), "tap-"));
  const [standIns, taken] = [join(work, "bin"), join(work, "taken")];
  mkdirSync(standIns);
  mkdirSync(taken);
  writeFileSync(join(standIns, "anvil"), STAND_IN, { mode: 0o755 });
  const args = ["--l1.port", "0", "--l2.starting.port", "0", "--l2.count", "1", "--admin.port", "0"];
  const running = spawnGuarded(supersim().path, args, {
    stdio: "ignore",
    env: {
      ...process.env,
      PATH: `${standIns}:${process.env.PATH ?? ""}`,
      GENESIS_OUT: taken,
      REAL_ANVIL: anvil().path,
      TMPDIR: work,
    },
  });
  try {
    const wanted = Object.keys(states).map((layer) =>
      join(taken, `${layer === "l1" ? L1_CHAIN_ID : L2_CHAIN_ID}.json`),
    );
    const until = Date.now() + TAP_SECONDS * 1000;
    while (!wanted.every((file) => existsSync(file))) {
      if (running.child.exitCode !== null || Date.now() > until)
        throw new DevnetError(
          `supersim ${supersim().version} did not hand over its genesis states within ${TAP_SECONDS} s ` +
            `(exit code ${running.child.exitCode ?? "none"}): try \`${supersim().path} --l2.count 1\` by hand.`,
        );
      await sleep(20);
    }
    // SIGTERM first: supersim ends the nodes it started.
    running.child.kill("SIGTERM");
    await Promise.race([running.ended, sleep(5_000, undefined, { ref: false })]);
    dropReservedProxies(join(taken, `${L2_CHAIN_ID}.json`));
    renameSync(taken, folder);
  } catch (error) {
    // Two devnets starting for the first time at once: whoever renames last finds the work done.
    if (!existsSync(folder)) throw error;
  } finally {
    await running.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

const EIP1967_ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

/**
 * The genesis fills the predeploys' range with 2,048 proxies, most of them with an admin and no implementation: addresses
 * reserved for later. anvil hashes and copies every account at every block; without those 2,023 a block costs 3 ms
 * instead of 14.
 */
function dropReservedProxies(file: string): void {
  const genesis = JSON.parse(readFileSync(file, "utf8")) as {
    alloc: Record<string, { code?: string; storage?: Record<string, string> }>;
  };
  for (const [address, account] of Object.entries(genesis.alloc)) {
    const slots = Object.keys(account.storage ?? {});
    const isReserved = /^(0x)?42000000000000000000000000000000000/i.test(address) && slots.length === 1;
    if (isReserved && slots[0] === EIP1967_ADMIN_SLOT) delete genesis.alloc[address];
  }
  writeFileSync(file, JSON.stringify(genesis));
}
