import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../devnet/support.js";

const MAIN = fileURLToPath(new URL("../../../scenarios/main.ts", import.meta.url));
/** More hours than are played before a test ends what plays them. */
const HOURS = Array.from(
  { length: 20 },
  (_, hour) => `2020-03-12T${String(hour).padStart(2, "0")}:00Z,7901.35,7923.79`,
);
const PRICES = ["timestamp,low,close", ...HOURS].join("\n");
const CLEAN_END = 30_000;
/** In the environment of everything a run starts, so that what it leaves behind can be found. */
const MARK = "BALLAST_TEST_RUN";

/** Processes of a run, as the kernel knows them. */
function processesOf(run: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${MARK}=${run}\0`)) return [];
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        return []; // It ended while we looked.
      }
    });
}

/** What a run leaves behind: nodes end a moment after what started them. */
async function left(run: string): Promise<{ pid: number; command: string }[]> {
  await until(() => processesOf(run).length === 0, CLEAN_END);
  return processesOf(run);
}

(process.platform === "linux" ? describe : describe.skip)("scenarios: the process", function () {
  this.timeout(180_000);
  let folder: string;
  let prices: string;
  let child: ChildProcess;
  let said = "";
  /** Its own, where the same tests run beside these. */
  let run: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ballast-run-"));
    prices = join(folder, "prices.csv");
    writeFileSync(prices, PRICES);
  });
  after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a run and waits until it has said something. */
  async function start(words: string): Promise<void> {
    said = "";
    run = randomUUID();
    const args = ["--import", import.meta.resolve("tsx"), MAIN, "--prices", prices, "--loans", "3", "--out", folder];
    child = spawn(process.execPath, args, { env: { ...process.env, [MARK]: run }, stdio: ["ignore", "pipe", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes(words)) resolve();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.once("close", () => reject(new Error(`It ended before it said "${words}":\n${said}`)));
    });
  }

  const ended = () => new Promise<number | null>((resolve) => child.once("close", resolve));

  it("interrupted while it boots, ends with 130 and leaves nothing behind", async () => {
    await start("Deploying Ballast");
    expect(processesOf(run).some(({ command }) => command.includes("anvil"))).to.equal(true);
    const code = ended();
    child.kill("SIGINT");
    expect(await code).to.equal(130);
    expect(await left(run)).to.deep.equal([]);
    expect(said).to.include("Interrupted").and.to.not.include("Error");
  });

  it("fails when the keeper dies, says so with the end of its log, and leaves nothing behind", async () => {
    await start("12 Mar 00:50");
    const keeper = processesOf(run).find(({ command }) => command.includes("keeper/main.ts"));
    expect(keeper, "the keeper runs as a process of its own").to.not.equal(undefined);
    const code = ended();
    process.kill(keeper!.pid, "SIGKILL");
    expect(await code).to.equal(1);
    expect(said).to.include("The keeper ended by itself; the end of its log:");
    expect(await left(run)).to.deep.equal([]);
  });
});
