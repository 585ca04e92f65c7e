import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PythonPrograms } from "../tools/python/environment.js";
import type { Result } from "./result.js";

const RUN = join(import.meta.dirname, "run.py");

interface Verdict {
  readonly lemma: string;
  readonly claim: string;
  readonly range: string;
  readonly ways: number;
  readonly fault: string;
  readonly twin: string | null;
  readonly problem: string | null;
}

/** Proves the lemmas on the formulas. @param each called with every result as soon as it is there */
export async function proveLemmas(programs: PythonPrograms, each: (result: Result) => void): Promise<Result[]> {
  const run = spawn(programs.path("python"), [RUN], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => run.on("close", resolve));
  const results: Result[] = [];
  for await (const line of createInterface({ input: run.stdout })) {
    const { lemma, claim, range, ways, fault, twin, problem } = JSON.parse(line) as Verdict;
    const refuted = twin === null ? undefined : `${fault}: ${twin}`;
    const result: Result = { lemma, claim, range, by: "z3", ways, twin: refuted, problem: problem ?? undefined };
    results.push(result);
    each(result);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`test/symbolic/run.py ended with ${code}; its message is above.`);
  return results;
}

export interface Case {
  readonly formula: string;
  readonly inputs: readonly unknown[];
  /** null: it reverts. */
  readonly result: string | readonly string[] | null;
}

/** What the formulas give for `count` drawn inputs each. */
export function drawCases(programs: PythonPrograms, count: number): Case[] {
  const done = spawnSync(programs.path("python"), [RUN, "--cases", `${count}`], {
    ...{ encoding: "utf8", maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "inherit"] },
  });
  if (done.status !== 0) throw new Error(`test/symbolic/run.py --cases ended with ${done.status}.`);
  return done.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
}
