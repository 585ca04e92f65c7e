import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { TestStatus } from "@nomicfoundation/edr";
import type { Mutant } from "../mutant.js";
import type { Part, Say, Verdict } from "../part.js";
import { build, hashOf } from "./build.js";
import { isOurs, jobs, quick } from "./jobs.js";
import { MochaJudge } from "./mochaJudge.js";
import { mutate, replaced, type Mutated } from "./mutate.js";
import { LITTLE_GAS, nameOf, Runner, type Suite } from "./runner.js";
import type { SolcInput } from "./solc.js";

const FOLDER = "out/mutants/contracts";
/** Inputs a fuzz test gets here. */
const FUZZ_RUNS = 32;

/** Tests that are no judges of a mutant, by their names and why. */
const NO_JUDGES: readonly [RegExp, string][] = [
  [/Whole\.t\.sol/, "a campaign of minutes"],
  [/Histories\.t\.sol/, "long random histories, seconds each"],
  [/test_fault_C3_starving_the_second_source/, "a sweep of gas, which this build uses more of"],
];

const isJudge = (name: string): boolean => NO_JUDGES.every(([excluded]) => !excluded.test(name));

/** @param alone leaves out the tests in TypeScript, which take a minute for a mutant that none notices */
export async function contractsPart(say: Say, alone: boolean): Promise<Part> {
  const { contracts, tests } = await jobs();
  say("Putting the mutants in");
  const mutated = await mutate(contracts.input, isOurs);
  const sources = (input: SolcInput): SolcInput => ({ ...input, sources: replaced(input, mutated.sources) });
  say("Compiling contracts");
  const code = await build(sources(quick(contracts.input)), contracts.roots, join(FOLDER, "code"));
  say("Compiling tests");
  const judges = await build(sources(tests.input), tests.roots, join(FOLDER, "code"));
  const runner = await Runner.start([...code, ...judges], FUZZ_RUNS);
  const suites = runner.suites.filter((suite) => isJudge(nameOf(suite)));
  const of = (suite: Suite) => judges.find(({ id }) => id.source === suite.source && id.name === suite.name);
  const known = hashOf(JSON.stringify(code));
  const map: Judge[] = [];
  for (const [index, suite] of suites.entries()) {
    const path = join(FOLDER, "hits", `${hashOf(known, JSON.stringify(of(suite)))}.json`);
    if (!existsSync(path)) {
      say(`Which mutants each test comes by: suite ${index + 1} of ${suites.length}, ${nameOf(suite)}`);
      const learnt = await learn(runner, suite, say);
      mkdirSync(join(FOLDER, "hits"), { recursive: true });
      writeFileSync(path, JSON.stringify(learnt));
    }
    map.push(...(JSON.parse(readFileSync(path, "utf8")) as Judge[]));
  }
  const mocha = alone ? undefined : MochaJudge.start(code, say);
  const all = hashOf(testsOf(tests.input), ...(alone ? [] : [MochaJudge.tests]));
  return new ContractsPart(runner, mutated, map, contracts.input, all, mocha);
}

function testsOf({ sources }: SolcInput): string {
  const files = Object.keys(sources).filter((file) => file.startsWith("project/test/"));
  return hashOf(...files.sort().flatMap((file) => [file, sources[file]?.content ?? ""]));
}

/** A test that passes without a mutant, how long it takes, and which mutants it comes by. */
interface Judge {
  readonly suite: Suite;
  readonly test: string;
  readonly ms: number;
  readonly hits: readonly number[];
}

async function learn(runner: Runner, suite: Suite, say: Say): Promise<Judge[]> {
  const judges: Judge[] = [];
  const wanted = runner.testsOf(suite).filter((test) => isJudge(`${nameOf(suite)} ${test}`));
  const { results } = await runner.run(suite, 0, wanted);
  for (const { name, status, reason, durationNs } of results) {
    const test = name.replace(/\(.*/, "");
    if (status !== TestStatus.Success) {
      say(`No judge, as it fails on the mutated build without a mutant: ${nameOf(suite)} ${test}: ${reason ?? ""}`);
      continue;
    }
    const { hits } = await runner.record(suite, [test]);
    judges.push({ suite, test, ms: Number(durationNs / 1_000_000n), hits: [...hits] });
  }
  return judges;
}

/** What no suite kills in that time is left to the tests in TypeScript: some mutants are in the way of every test there is. */
const BUDGET_MS = 12_000;
/** Without those a kill that is missed counts as a survivor, and on a busy machine twelve seconds are few. */
const BUDGET_ALONE_MS = 90_000;
/** Time to start a suite, beside that of its tests. */
const SUITE_MS = 60;

class ContractsPart implements Part {
  readonly mutants: readonly Mutant[];
  readonly #byMutant = new Map<number, Judge[]>();
  readonly #sources = new Map<string, string>();
  /** How many mutants of a file a suite has killed. */
  readonly #kills = new Map<string, number>();
  /** Suites all of whose tests get by with little gas, and those of which some do not. */
  readonly #needsLittle = new Map<string, boolean>();

  constructor(
    private readonly runner: Runner,
    private readonly mutated: Mutated,
    private readonly judges: readonly Judge[],
    input: SolcInput,
    readonly tests: string,
    private readonly mocha: MochaJudge | undefined,
  ) {
    for (const judge of judges) {
      for (const id of judge.hits) {
        const known = this.#byMutant.get(id);
        if (known === undefined) this.#byMutant.set(id, [judge]);
        else known.push(judge);
      }
    }
    this.mutants = mutated.mutants.placed.map((mutant) => ({ ...mutant, file: relative("project", mutant.file) }));
    for (const [file, { content }] of Object.entries(input.sources)) {
      this.#sources.set(relative("project", file), hashOf(content));
    }
  }

  sourceOf({ file }: Mutant): string {
    return this.#sources.get(file) ?? "";
  }

  async judge(mutant: Mutant): Promise<Verdict> {
    if (this.mutated.uncompilable.has(mutant.id)) return { status: "uncompilable" };
    const verdict = await this.#inSolidity(mutant);
    return verdict ?? this.mocha?.judge(mutant.file, mutant.id) ?? { status: "survived" };
  }

  /** Undefined where no test in Solidity notices it. */
  async #inSolidity(mutant: Mutant): Promise<Verdict | undefined> {
    const judges = this.#byMutant.get(mutant.id) ?? [];
    const bySuite = new Map<string, Judge[]>();
    for (const judge of judges) {
      const name = nameOf(judge.suite);
      bySuite.set(name, [...(bySuite.get(name) ?? []), judge]);
    }
    const order = [...bySuite.entries()]
      .map(([name, of]) => ({
        ...{ name, of, ms: of.reduce((sum, { ms }) => sum + ms, SUITE_MS) },
        breadth: of.reduce((sum, { hits }) => sum + hits.length, 0) / of.length,
      }))
      .sort((a, b) => this.#worth(mutant, b) - this.#worth(mutant, a));
    const until = Date.now() + (this.mocha === undefined ? BUDGET_ALONE_MS : BUDGET_MS);
    for (const { name, of } of order) {
      const suite = of[0]?.suite;
      if (suite === undefined) continue;
      if (Date.now() > until) break;
      const { results } = await this.runner.run(
        suite,
        mutant.id,
        of.map(({ test }) => test),
        (await this.#getsByWithLittle(suite)) ? LITTLE_GAS : undefined,
      );
      const failed = results.find(({ status }) => status === TestStatus.Failure);
      if (failed === undefined) continue;
      const place = `${mutant.file} ${name}`;
      this.#kills.set(place, (this.#kills.get(place) ?? 0) + 1);
      const endless = failed.reason !== undefined && /out ?of ?gas/i.test(failed.reason);
      return { status: endless ? "timeout" : "killed", by: `${name} ${failed.name}` };
    }
    return undefined;
  }

  async #getsByWithLittle(suite: Suite): Promise<boolean> {
    const name = nameOf(suite);
    const known = this.#needsLittle.get(name);
    if (known !== undefined) return known;
    const tests = this.judges.filter((judge) => nameOf(judge.suite) === name).map(({ test }) => test);
    const { results } = await this.runner.run(suite, 0, tests, LITTLE_GAS);
    const little = results.every(({ status }) => status === TestStatus.Success);
    this.#needsLittle.set(name, little);
    return little;
  }

  /** What kills much in little time comes first, and what comes by few mutants before what comes by all. */
  #worth(mutant: Mutant, { name, ms, breadth }: { name: string; ms: number; breadth: number }): number {
    return (1 + (this.#kills.get(`${mutant.file} ${name}`) ?? 0)) / ms / breadth;
  }
}
