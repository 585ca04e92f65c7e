import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";

/** A child process that cannot outlive this one. */
export interface Guarded {
  child: ChildProcess;
  /** Resolves when the child has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends the child and resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Spawns a program and, beside it, a shell that waits for our end of its standard input to close and then kills the
 * program. The kernel closes it however we die, SIGKILL included, so no node is left behind; anvil itself offers nothing
 * of the kind, and Node has no PDEATHSIG. Both run in sessions of their own: Ctrl-C reaches this process alone, which
 * then ends them in order.
 */
export function spawnGuarded(program: string, args: string[], options: SpawnOptions = {}): Guarded {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  // `pid` is missing when the program could not be started; `ended` then reports it.
  const guard = child.pid === undefined ? undefined : guardOf(child.pid);
  void ended.then(() => guard?.kill("SIGKILL"));
  return {
    child,
    ended,
    stop: async () => {
      child.ref();
      if (child.pid !== undefined) killGroup(child.pid);
      await ended;
    },
  };
}

/** The program and whatever it started itself: a detached child leads a group of its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function guardOf(pid: number): ChildProcess {
  const guard = spawn("sh", ["-c", 'read -r _; kill -s KILL -- "-$1"', "devnet-guard", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}
