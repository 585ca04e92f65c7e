import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReportLine, StatusReport } from "../../../../keeper/serve/status.js";
import { endsWithUs } from "../../support/endsWithUs.js";

type Line<T extends ReportLine["type"]> = Extract<ReportLine, { type: T }>;

export interface KeeperRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real keeper, as its own process, with what it says on both streams. */
export class KeeperProcess {
  readonly lines: ReportLine[] = [];
  errors = "";
  readonly ended: Promise<KeeperRun>;

  private constructor(private readonly child: ChildProcess) {
    if (child.stdout === null || child.stderr === null) throw new Error("the keeper has no streams");
    createInterface({ input: child.stdout }).on("line", (line) => this.lines.push(JSON.parse(line) as ReportLine));
    child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    endsWithUs(child);
    this.ended = new Promise((resolve) => child.once("close", (exitCode, signal) => resolve({ exitCode, signal })));
  }

  static start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): KeeperProcess {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BALLAST_")));
    const child = spawn(process.execPath, ["--import", "tsx", "keeper/main.ts", ...args], {
      env: { ...inherited, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new KeeperProcess(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  of<T extends ReportLine["type"]>(type: T): Line<T>[] {
    return this.lines.filter((line): line is Line<T> => line.type === type);
  }

  /** Waits for a line; says what the keeper said instead when it does not come. */
  async until(condition: () => boolean, milliseconds = 30_000): Promise<void> {
    const end = Date.now() + milliseconds;
    while (!condition()) {
      if (Date.now() > end || this.child.exitCode !== null) {
        throw new Error(
          `the keeper did not get there; its last lines: ${JSON.stringify(this.lines.slice(-3))}\n${this.errors}`,
        );
      }
      await sleep(10);
    }
  }

  async ready(): Promise<Line<"ready">> {
    await this.until(() => this.of("ready").length > 0, 60_000);
    const [ready] = this.of("ready");
    if (ready === undefined) throw new Error("the keeper is not ready");
    return ready;
  }

  /** The decision about a block, or about one after it. */
  async decided(block: number): Promise<Line<"decided">> {
    const found = (): Line<"decided"> | undefined => this.of("decided").find((line) => line.block >= block);
    await this.until(() => found() !== undefined);
    const line = found();
    if (line === undefined) throw new Error(`block ${block} is not decided`);
    return line;
  }

  async status(): Promise<StatusReport> {
    const { http } = await this.ready();
    return (await (await fetch(`${http}/status`)).json()) as StatusReport;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
