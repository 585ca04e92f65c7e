import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KeeperRuns } from "../../chaos/stage/keeperRuns.js";
import type { Stage } from "../../chaos/stage/stage.js";

/** One who tries to liquidate. */
export interface Contestant {
  /** Resolves when it is at work. */
  start(): Promise<void>;
  /** Its own figures in Prometheus' format; empty where it has none. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export const CONTESTANTS = ["keeper", "plain bot"] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

/** How often both ask for a new block. */
const POLL_MS = 20;
const BOT = fileURLToPath(new URL("plainBot.ts", import.meta.url));

export function contestant(name: ContestantName, stage: Stage, etherPrice: string, log: string): Contestant {
  return name === "keeper" ? keeper(stage, etherPrice, log) : plainBot(stage, etherPrice, log);
}

function keeper({ world, deploymentFile, folder }: Stage, etherPrice: string, log: string): Contestant {
  const runs = new KeeperRuns({
    deployment: deploymentFile,
    privateKey: world.keeper.wallet.privateKey,
    stateDir: join(folder, "state"),
    log,
    settings: { pollMs: POLL_MS },
    flags: ["--ether-price", etherPrice],
  });
  return {
    async start() {
      runs.start();
      await runs.hasDecided(0, 60_000);
    },
    metrics: () => runs.metrics(),
    stop: () => runs.end("SIGTERM"),
  };
}

function plainBot({ world, deploymentFile }: Stage, etherPrice: string, log: string): Contestant {
  let child: ChildProcess | undefined;
  return {
    async start() {
      const flags = ["--deployment", deploymentFile, "--ether-price", etherPrice, "--poll-ms", String(POLL_MS)];
      const started = spawn(process.execPath, ["--import", "tsx", BOT, ...flags], {
        env: { ...process.env, BOT_KEY: world.keeper.wallet.privateKey },
        stdio: ["ignore", "pipe", openSync(log, "a")],
      });
      child = started;
      await new Promise((resolve) => started.stdout?.once("data", resolve));
    },
    metrics: () => Promise.resolve(""),
    async stop() {
      if (child === undefined || child.exitCode !== null) return;
      const ended = new Promise((resolve) => child?.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
