import { readFileSync } from "node:fs";

/**
 * The processes between us and what a person started: npm, where a script of package.json runs us, with the shell and tsx
 * in between; otherwise our parent. Killed outright they pass nothing on, so the list is compared from time to time.
 */
export function ancestors(): string {
  const parents = [process.ppid];
  try {
    for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
      if (pid !== process.ppid) parents.push(pid);
      if (isNpm(pid)) return parents.join(" ");
    }
  } catch {
    // One of them has just ended, or this system has no /proc.
  }
  return String(process.ppid);
}

/** Fields after the name, which stands in brackets and may hold anything: state, parent, … */
const parentOf = (pid: number) => Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? 0);

const isNpm = (pid: number) => /(^|\/)npm(-cli\.js)?( |\0|$)/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
