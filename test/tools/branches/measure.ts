import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { TestStatus } from "@nomicfoundation/edr";
import type { Say } from "../mutants/part.js";
import { build, hashOf } from "../mutants/solidity/build.js";
import { isOurs, jobs, quick } from "../mutants/solidity/jobs.js";
import { nameOf, Runner, type Suite } from "../mutants/solidity/runner.js";
import { instrument } from "./instrument.js";
import type { Side } from "./side.js";

const FOLDER = "out/branches";
/** Inputs a fuzz test gets here. */
export const FUZZ_RUNS = 32;

/** What the tests took, and those of them that fail on this build. */
export interface Measured {
  readonly sides: readonly Side[];
  readonly taken: ReadonlySet<number>;
  readonly failing: readonly string[];
}

interface Recorded {
  readonly taken: readonly number[];
  readonly failing: readonly string[];
}

/** Builds the contracts with marks in, and runs all their Solidity tests; what neither changed is not run again. */
export async function measure(say: Say): Promise<Measured> {
  const { contracts, tests } = await jobs();
  say("Putting the marks in");
  const marked = await instrument(contracts.input, isOurs);
  say("Compiling contracts");
  const code = await build(marked.in(quick(contracts.input)), contracts.roots, join(FOLDER, "code"));
  say("Compiling tests");
  const suites = await build(marked.in(tests.input), tests.roots, join(FOLDER, "code"));
  const runner = await Runner.start([...code, ...suites], FUZZ_RUNS);
  const known = hashOf(JSON.stringify(code));
  const taken = new Set<number>();
  const failing: string[] = [];
  mkdirSync(join(FOLDER, "taken"), { recursive: true });
  for (const [index, suite] of runner.suites.entries()) {
    const artifact = suites.find(({ id }) => id.source === suite.source && id.name === suite.name);
    const path = join(FOLDER, "taken", `${hashOf(known, `${FUZZ_RUNS}`, JSON.stringify(artifact))}.json`);
    if (!existsSync(path)) {
      const from = Date.now();
      const recorded = await record(runner, suite);
      writeFileSync(path, JSON.stringify(recorded));
      const seconds = ((Date.now() - from) / 1000).toFixed(1);
      say(`${index + 1} of ${runner.suites.length}, ${nameOf(suite)}: ${seconds} s`);
    }
    const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;
    for (const mark of recorded.taken) taken.add(mark);
    failing.push(...recorded.failing);
  }
  const sides = marked.sides.map((side) => ({ ...side, file: relative("project", side.file) }));
  return { sides, taken, failing };
}

async function record(runner: Runner, suite: Suite): Promise<Recorded> {
  const { results, hits } = await runner.record(suite, undefined, FUZZ_RUNS);
  const failed = results.filter(({ status }) => status === TestStatus.Failure);
  return {
    taken: [...hits],
    failing: failed.map(({ name, reason }) => `${nameOf(suite)} ${name}: ${reason ?? ""}`),
  };
}
