import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { spawnGuarded, type Guarded } from "../../devnet/process.js";
import type { ReportLine, StatusReport } from "../../keeper/serve/status.js";
import { writeDeployment } from "../../sdk/client/deploymentFile.js";
import { ScenarioError } from "../errors.js";
import type { World } from "./world.js";

export type Decided = Extract<ReportLine, { type: "decided" }>;

export interface KeeperPolicy {
  /** whole loan assets one ether is counted at */
  etherPrice: number;
  /** whole loan assets from which on expected losses are marked; none where it is not named */
  markLossesFrom?: number;
}

export interface KeeperOptions extends KeeperPolicy {
  /** file that says what is deployed where, the node included */
  deployment: string;
  privateKey: string;
  /** where its log goes */
  log: string;
}

const MAIN = fileURLToPath(new URL("../../keeper/main.ts", import.meta.url));
/** Longest it may take over one block, or over starting, before the run is given up. */
const PATIENCE_MS = 60_000;
const STOP_MS = 10_000;
const LOG_TAIL = 2_000;

/** The real keeper, as its own process, and what it reports. */
export class KeeperProcess {
  private readonly decisions = new Map<number, Decided>();
  private waiter: { block: number; resolve: (decided: Decided) => void } | undefined;
  private logTail = "";
  private readonly ready: Promise<string>;

  private constructor(
    private readonly guarded: Guarded,
    private readonly stateDir: string,
    log: string,
  ) {
    const file = createWriteStream(log);
    (guarded.child.stderr as Readable).on("data", (chunk: Buffer) => {
      file.write(chunk);
      this.logTail = (this.logTail + chunk.toString()).slice(-LOG_TAIL);
    });
    this.ready = new Promise((resolve) => {
      createInterface({ input: guarded.child.stdout as Readable }).on("line", (text) => {
        const line = JSON.parse(text) as ReportLine;
        if (line.type === "ready") resolve(line.http);
        if (line.type === "decided") this.note(line);
      });
    });
    void guarded.ended.then(() => file.end());
  }

  /** Starts one for a world, with its files in a folder. */
  static startIn(folder: string, world: World, policy: KeeperPolicy): Promise<KeeperProcess> {
    mkdirSync(folder, { recursive: true });
    const deployment = join(folder, "deployment.json");
    writeDeployment({ ...world.deployment, rpc: world.devnet.info.l2.rpcUrl }, deployment);
    const { privateKey } = world.keeper.wallet;
    return KeeperProcess.start({ ...policy, deployment, privateKey, log: join(folder, "keeper.log") });
  }

  /** Starts it and waits until it works. */
  static async start(options: KeeperOptions): Promise<KeeperProcess> {
    const { deployment, privateKey, etherPrice, markLossesFrom = 0, log } = options;
    // Its journal belongs to this chain, which will not be there tomorrow.
    const stateDir = mkdtempSync(join(tmpdir(), "ballast-keeper-"));
    const flags = [
      ...["--deployment", deployment, "--state-dir", stateDir, "--http-port", "0", "--report"],
      ...["--poll-ms", "10", "--ether-price", String(etherPrice), "--log-level", "info"],
      ...["--mark-losses-from", String(markLossesFrom)],
    ];
    const guarded = spawnGuarded(process.execPath, ["--import", import.meta.resolve("tsx"), MAIN, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, BALLAST_KEEPER_KEY: privateKey },
    });
    const keeper = new KeeperProcess(guarded, stateDir, log);
    await keeper.within("start", keeper.ready);
    return keeper;
  }

  /** Waits until it has decided a block, and says what it did. */
  async decided(block: number): Promise<Decided> {
    const known = this.decisions.get(block);
    const decided =
      known ??
      (await this.within("decide a block", new Promise<Decided>((resolve) => (this.waiter = { block, resolve }))));
    this.decisions.clear();
    return decided;
  }

  /** What it says of itself, its books included. */
  async status(): Promise<StatusReport> {
    const response = await fetch(`${await this.ready}/status`);
    return (await response.json()) as StatusReport;
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.guarded.child.kill("SIGTERM");
    const deadline = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([this.guarded.ended, deadline]);
    await this.guarded.stop();
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  private note(decided: Decided): void {
    if (this.waiter?.block === decided.block) {
      this.waiter.resolve(decided);
      this.waiter = undefined;
    } else this.decisions.set(decided.block, decided);
  }

  private async within<T>(what: string, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const fail = (why: string) => new ScenarioError(`The keeper ${why}; the end of its log:\n${this.logTail.trim()}`);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(fail(`did not ${what} within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    });
    const gone = this.guarded.ended.then(() => {
      throw fail("ended by itself");
    });
    try {
      return await Promise.race([work, late, gone]);
    } finally {
      clearTimeout(timer);
    }
  }
}
