import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Where Debian's package puts its programs; also those on PATH. */
const DEBIAN = "/usr/lib/postgresql";

/** A real PostgreSQL of the test's own, in a folder that goes with it. */
export class TestPostgres {
  private process: ChildProcess | undefined;
  private databases = 0;

  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly user: Account,
    readonly port: number,
  ) {}

  /** @returns undefined where none is installed */
  static async start(): Promise<TestPostgres | undefined> {
    const programs = findPrograms();
    if (programs === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "ballast-postgres-"));
    const user = account();
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o700);
    const one = new TestPostgres(programs, folder, user, await freePort());
    process.once("exit", one.atExit);
    try {
      const arguments_ = ["-D", one.data, "-A", "trust", "-U", "keeper", "--no-sync", "-E", "UTF8"];
      execFileSync(join(programs, "initdb"), arguments_, { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
      await one.up();
      return one;
    } catch (error) {
      await one.remove();
      throw error;
    }
  }

  /** Starts it, again where it was {@link down}. */
  async up(): Promise<void> {
    let server = this.begin();
    for (const end = Date.now() + 20_000; ; await sleep(20)) {
      if (server.isEnded) {
        // Whoever has its port may give it back.
        const mayPass = server.said.includes("already in use") && Date.now() < end;
        if (!mayPass) throw new Error(`PostgreSQL ended at once: ${server.said}`);
        server = this.begin();
      }
      const client = new pg.Client(this.url("postgres"));
      client.on("error", () => undefined);
      try {
        await client.connect();
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private begin(): { said: string; isEnded: boolean } {
    const settings = ["fsync=off", "full_page_writes=off", "max_connections=50", "shared_buffers=16MB"];
    const options = settings.flatMap((setting) => ["-c", setting]);
    this.process = spawn(
      join(this.programs, "postgres"),
      ["-D", this.data, "-h", "127.0.0.1", "-p", `${this.port}`, "-k", this.folder, ...options],
      { ...this.user, cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    const server = { said: "", isEnded: false };
    this.process.stderr?.on("data", (chunk: Buffer) => (server.said += chunk.toString()));
    this.process.once("close", () => (server.isEnded = true));
    return server;
  }

  /** Stops it as a crash would: connections break, nothing is said. */
  async down(): Promise<void> {
    const { process: running } = this;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGQUIT");
    await ended;
  }

  /** All of it stands still, and takes up again where it was. */
  freeze(): void {
    for (const pid of this.pids()) process.kill(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of this.pids()) process.kill(pid, "SIGCONT");
  }

  async remove(): Promise<void> {
    process.off("exit", this.atExit);
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Where the tests end without a word, nothing is left behind either. */
  private readonly atExit = (): void => {
    this.process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  };

  url(database: string): string {
    return `postgres://keeper@127.0.0.1:${this.port}/${database}`;
  }

  /** The address of a new, empty database. */
  async database(): Promise<string> {
    const name = `keeper${this.databases++}`;
    await this.query("postgres", `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Asks it directly; rows as objects. */
  async query(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url(database));
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  private get data(): string {
    return join(this.folder, "data");
  }

  /** The server and its children. */
  private pids(): number[] {
    const pid = this.process?.pid;
    if (pid === undefined) return [];
    const children = execFileSync("cat", [`/proc/${pid}/task/${pid}/children`], { encoding: "utf8" });
    return [pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
  }
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root. */
function account(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // The next one.
    }
  }
  return {};
}

function findPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(DEBIAN, version, "bin")), ...(process.env.PATH ?? "").split(":")];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** Below those that outgoing connections get: it must be free again whenever the database comes back. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
