import type { ChildProcess } from "node:child_process";

/** Kills a child when this process ends, however that comes. */
export function endsWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("close", () => process.off("exit", kill));
}
