import { setTimeout as sleep } from "node:timers/promises";
import { appendFileSync, writeFileSync } from "node:fs";
import type { ReportLine, StatusReport } from "../../../keeper/serve/status.js";
import { KeeperProcess } from "../../ts/keeper/support/keeperProcess.js";
import { ChaosError } from "../errors.js";

export type Decided = Extract<ReportLine, { type: "decided" }>;
export type SettledLine = Extract<ReportLine, { type: "settled" }>;

export interface KeeperRunsOptions {
  readonly deployment: string;
  readonly privateKey: string;
  readonly stateDir: string;
  /** Everything it writes to stderr goes there when it ends. */
  readonly log: string;
  /** Fields of its configuration file beside the usual ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** More of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/**
 * Fields of the keeper's configuration file, for a chain whose 2-second blocks come several times a second: what the keeper
 * measures by the clock on the wall is shorter in proportion.
 */
const SETTINGS = {
  pollMs: 20,
  requestTimeoutMs: 1_500,
  regressPatienceMs: 1_500,
  replaceAfterMs: 500,
  deadlineSeconds: 120,
} as const;

/** The keeper's exit code for an option or file it does not take. */
const WRONG_CONFIG = 2;

/** One keeper that is killed and started again, and all it said over its lives. */
export class KeeperRuns {
  /** Settled lines of all lives, in order. */
  readonly settled: SettledLine[] = [];
  /** Those of the present life. */
  settledNow: SettledLine[] = [];
  starts = 0;
  /** Ends that nobody asked for. */
  readonly deaths: string[] = [];
  newest: Decided | undefined;
  private process: KeeperProcess | undefined;
  private read = 0;
  private wantsDead = false;
  private refusal: string | undefined;

  constructor(private readonly options: KeeperRunsOptions) {}

  get isRunning(): boolean {
    return this.process !== undefined;
  }

  get stderr(): string {
    return this.process?.errors ?? "";
  }

  /** Starts it; waits only until the process is there. */
  start(): void {
    if (this.refusal !== undefined) throw new ChaosError(`the keeper does not take its configuration: ${this.refusal}`);
    const { deployment, privateKey, stateDir, environment, settings, flags = [] } = this.options;
    const config = `${stateDir}.json`;
    writeFileSync(config, JSON.stringify({ ...SETTINGS, ...settings }));
    const common = ["--config", config, "--deployment", deployment, "--state-dir", stateDir];
    const args = [...common, "--http-port", "0", "--report", ...flags];
    this.starts += 1;
    this.read = 0;
    this.newest = undefined;
    this.settledNow = [];
    this.wantsDead = false;
    const process = KeeperProcess.start(args, { ...environment, BALLAST_KEEPER_KEY: privateKey });
    this.process = process;
    void process.ended.then(({ exitCode, signal }) => {
      this.take(process);
      appendFileSync(this.options.log, `--- life ${this.starts}\n${process.errors}`);
      if (this.process !== process) return;
      this.process = undefined;
      if (exitCode === WRONG_CONFIG) this.refusal = process.errors.trim().slice(0, 400);
      if (!this.wantsDead) this.deaths.push(`exit ${exitCode ?? signal}: ${process.errors.trim().slice(-600)}`);
    });
  }

  /** Ends it with a signal and waits until it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.wantsDead = true;
    process.signal(signal);
    await process.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.signal(signal);
  }

  /** Reads what it said since. */
  poll(): void {
    if (this.process !== undefined) this.take(this.process);
  }

  /** Waits until it has decided a block at or after this one. @returns whether it did in time */
  async hasDecided(block: number, milliseconds: number): Promise<boolean> {
    return this.within(milliseconds, () => this.newest !== undefined && this.newest.block >= block);
  }

  /** @returns whether it said ready in time */
  async isReady(milliseconds = 60_000): Promise<boolean> {
    return this.within(milliseconds, () => this.process?.of("ready").length !== 0);
  }

  async within(milliseconds: number, condition: () => boolean): Promise<boolean> {
    const end = Date.now() + milliseconds;
    for (;;) {
      this.poll();
      if (condition()) return true;
      if (Date.now() >= end || this.process === undefined) return false;
      await sleep(5);
    }
  }

  async status(): Promise<StatusReport> {
    if (this.process === undefined) throw new ChaosError("the keeper does not run");
    return this.process.status();
  }

  /** The text of /metrics. */
  async metrics(): Promise<string> {
    if (this.process === undefined) throw new ChaosError("the keeper does not run");
    const { http } = await this.process.ready();
    return (await fetch(`${http}/metrics`)).text();
  }

  get pid(): number {
    if (this.process === undefined) throw new ChaosError("the keeper does not run");
    return this.process.pid;
  }

  private take(process: KeeperProcess): void {
    if (process !== this.process) return;
    // Taken out as they are read: a day of decisions is not to be kept.
    for (const line of process.lines.slice(this.read)) {
      if (line.type === "decided") this.newest = line;
      if (line.type === "settled") {
        this.settled.push(line);
        this.settledNow.push(line);
      }
    }
    this.read = process.lines.length;
  }
}
