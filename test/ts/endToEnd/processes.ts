import { readdirSync, readFileSync } from "node:fs";

/** Ids of this process's children, as the kernel knows them; those that have ended and wait to be asked after do not count. */
export function children(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // The name before the state may itself contain spaces and brackets.
        const [, state, parent] = /^.*\) (\S) (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
        return Number(parent) === process.pid && state !== "Z" ? [Number(pid)] : [];
      } catch {
        return []; // It ended while we looked.
      }
    });
}
