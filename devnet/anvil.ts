import type { Readable } from "node:stream";
import { anvil } from "./binaries.js";
import { DevnetError } from "./errors.js";
import { type Guarded, spawnGuarded } from "./process.js";

export interface AnvilOptions {
  chainId: number;
  /** Path of the genesis state. */
  genesis: string;
  /** Second of block 0; may lie in the past. */
  timestamp: number;
  /** 0 takes a free port. */
  port: number;
  accounts: number;
  optimism: boolean;
}

export interface Anvil extends Guarded {
  url: string;
  port: number;
}

const BLOCK_GAS_LIMIT = 60_000_000;

/** How many blocks back state can be read. Without a limit anvil writes every old state to disk, 10 ms and more a block. */
export const HISTORY_BLOCKS = 128;

/** Starts a node on the loopback interface and resolves once it listens. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const args = [
    ...["--host", "127.0.0.1", "--port", String(options.port), "--chain-id", String(options.chainId)],
    ...["--init", options.genesis, "--timestamp", String(options.timestamp), "--accounts", String(options.accounts)],
    // First in, first out, so that a block's deposits come in the order in which the rollup driver sends them.
    ...["--gas-limit", String(BLOCK_GAS_LIMIT), "--order", "fifo"],
    ...["--prune-history", String(HISTORY_BLOCKS)],
    // Isthmus is the fork of the predeploys in the genesis; later ones read the operator fee's scalar in other units.
    ...(options.optimism ? ["--network", "optimism", "--hardfork", "isthmus"] : []),
  ];
  const guarded = spawnGuarded(anvil().path, args);
  try {
    const port = await listeningPort(guarded, options);
    // From here on a devnet that someone forgot to stop must not keep a finished program alive.
    guarded.child.unref();
    return { ...guarded, port, url: `http://127.0.0.1:${port}` };
  } catch (error) {
    await guarded.stop();
    throw error;
  }
}

function listeningPort({ child, ended }: Guarded, { port, chainId }: AnvilOptions): Promise<number> {
  const stdout = child.stdout as Readable;
  const stderr = child.stderr as Readable;
  let said = "";
  return new Promise<number>((resolve, reject) => {
    const collect = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(said);
      if (!found) return;
      // Keep draining: a full pipe would block the node. The pipes must not keep this process alive either.
      for (const stream of [stdout, stderr]) {
        stream.off("data", collect).resume();
        (stream as unknown as { unref(): void }).unref();
      }
      resolve(Number(found[1]));
    };
    stdout.on("data", collect);
    stderr.on("data", collect);
    void ended.then(() =>
      reject(
        new DevnetError(
          `anvil for chain ${chainId} ended before it listened` +
            `${port ? ` on port ${port} (is the port in use?)` : ""}: ${lastLines(said)}`,
        ),
      ),
    );
  });
}

const lastLines = (text: string) => text.trim().split("\n").slice(-5).join("\n") || "it said nothing.";
