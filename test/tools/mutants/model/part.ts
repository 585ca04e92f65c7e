import { globSync, readFileSync } from "node:fs";
import type { Mutant } from "../mutant.js";
import type { Part, Say, Verdict } from "../part.js";
import { hashOf } from "../solidity/build.js";
import { findInModel } from "./find.js";
import { JUDGES, MochaJudges, PATIENCE, type Judge } from "./judges.js";
import { Endless, Switch } from "./load.js";

/** What the model is made of; an index only passes names on. */
const FILES = globSync("sdk/model/**/*.ts")
  .filter((file) => !file.endsWith("index.ts"))
  .sort();

/** Histories on tape: seed and steps. Many short ones: after years at the highest rate debts leave every field. */
const TAPES: readonly (readonly [number, number])[] = [1, 2, 3, 4, 5, 6].map((seed) => [seed, 800] as const);

export async function modelPart(say: Say): Promise<Part> {
  const found = findInModel(FILES);
  const mutants = new Switch();
  mutants.install(found);
  say("Loading the tests");
  const judges = await MochaJudges.load(JUDGES, mutants);
  // What a module computes as it loads is the same for ever after; such a mutant needs all loaded anew.
  const frozen = new Set(mutants.hits);
  const loading = mutants.passed;
  mutants.reset(0, Infinity);
  say("Which mutants each test comes by");
  await judges.learn();
  const { record, hold } = await import("../../../ts/model/history/tape.js");
  const tapes: { hold: () => void; hits: ReadonlySet<number>; passed: number }[] = [];
  for (const [seed, steps] of TAPES) {
    say(`Taping history ${seed} of ${steps} steps`);
    const tape = await record(seed, steps);
    mutants.reset(0, Infinity);
    hold(tape);
    tapes.push({ hold: () => hold(tape), hits: new Set(mutants.hits), passed: mutants.passed });
  }

  const holdTapes = (id: number): Verdict | undefined => {
    for (const [index, tape] of tapes.entries()) {
      if (!tape.hits.has(id)) continue;
      mutants.reset(id, tape.passed * PATIENCE);
      try {
        tape.hold();
      } catch (error) {
        const [line = ""] = String(error instanceof Error ? error.message : error).split("\n");
        return { status: error instanceof Endless ? "timeout" : "killed", by: `history ${index + 1} on tape: ${line}` };
      } finally {
        mutants.reset(0, Infinity);
      }
    }
    return undefined;
  };

  const judge = async (mutant: Mutant): Promise<Verdict> => {
    const { id } = mutant;
    const isFrozen = frozen.has(id);
    const near = judges.judges.filter(({ hits }) => hits.has(id));
    const verdict = isFrozen
      ? await anew(id, mutants, loading * PATIENCE, judges.judges)
      : ((await byMocha(judges, id, near.filter(isQuick))) ??
        holdTapes(id) ??
        (await byMocha(
          judges,
          id,
          near.filter((each) => !isQuick(each)),
        )));
    if (verdict !== undefined) return verdict;
    const reached = isFrozen || near.length > 0 || tapes.some(({ hits }) => hits.has(id));
    return { status: reached ? "survived" : "unreached" };
  };

  const sources = new Map(FILES.map((file) => [file, hashOf(readFileSync(file, "utf8"))]));
  const tests = globSync("test/ts/model/**/*.ts").sort();
  return {
    mutants: found.mutants.placed,
    sourceOf: ({ file }) => sources.get(file) ?? "",
    tests: hashOf(JSON.stringify(TAPES), ...tests.map((file) => readFileSync(file, "utf8"))),
    judge,
  };
}

const verdictOf = (failed: string | undefined): Verdict | undefined =>
  failed === undefined ? undefined : { status: failed.includes(" steps") ? "timeout" : "killed", by: failed };

/** Milliseconds up to which a test comes before the tapes. */
const QUICK_MS = 500;
const isQuick = ({ ms }: Judge): boolean => ms < QUICK_MS;

async function byMocha(judges: MochaJudges, id: number, near: readonly Judge[]): Promise<Verdict | undefined> {
  return near.length === 0 ? undefined : verdictOf(await judges.failing(id, near));
}

/** Everything loaded again with the mutant on. */
async function anew(
  id: number,
  mutants: Switch,
  patience: number,
  tests: readonly Judge[],
): Promise<Verdict | undefined> {
  mutants.generation++;
  mutants.reset(id, patience);
  try {
    return verdictOf(await (await MochaJudges.load(JUDGES, mutants)).failing(id, tests));
  } catch (error) {
    return verdictOf(`loading: ${error instanceof Error ? error.message : String(error)}`);
  }
}
