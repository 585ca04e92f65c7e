import { globSync } from "node:fs";
import { pathToFileURL } from "node:url";
import Mocha from "mocha";
import { titlePattern } from "../titles.js";
import type { Switch } from "./load.js";

/** A test, which mutants it comes by, and how many switches it passes. */
export interface Judge {
  readonly test: string;
  readonly hits: ReadonlySet<number>;
  readonly passed: number;
  readonly ms: number;
}

/** How much longer with a mutant than without what runs is called endless. */
export const PATIENCE = 20;
const LEAST_PATIENCE = 1_000_000;

/** The mocha tests of the model, and those of contracts that hold them to it. Random histories have their tapes. */
export const JUDGES = [
  ...globSync("test/ts/model/*.ts").filter((file) => !/event1|vectors|termSlots/.test(file)),
  ...["capital", "waterfall", "term-loan-book"].map((name) => `test/ts/contracts/${name}.ts`),
];

class Silent extends Mocha.reporters.Base {}

/** Mocha in this process, loaded once and run any number of times. */
export class MochaJudges {
  readonly judges: Judge[] = [];

  private constructor(
    private readonly mocha: Mocha,
    private readonly mutants: Switch,
  ) {}

  /** @param files of tests, loaded with whatever mutant is on */
  static async load(files: readonly string[], mutants: Switch): Promise<MochaJudges> {
    const mocha = new Mocha({ reporter: Silent, timeout: 120_000, bail: true });
    mocha.cleanReferencesAfterRun(false);
    for (const file of files) {
      mocha.suite.emit("pre-require", globalThis, file, mocha);
      await import(`${pathToFileURL(file).href}?generation=${mutants.generation}`);
      mocha.suite.emit("post-require", globalThis, file, mocha);
    }
    return new MochaJudges(mocha, mutants);
  }

  /** Runs all without a mutant and notes what each comes by. */
  async learn(): Promise<void> {
    await this.#run(/./, (test, mutants, ms) => {
      this.judges.push({ test, hits: new Set(mutants.hits), passed: mutants.passed, ms });
      mutants.reset(0, Infinity);
    });
  }

  /** @returns the test that fails while the mutant is on */
  async failing(id: number, tests: readonly Judge[]): Promise<string | undefined> {
    const passed = Math.max(...tests.map((judge) => judge.passed), LEAST_PATIENCE / PATIENCE);
    this.mutants.reset(id, passed * PATIENCE);
    const pattern = new RegExp(titlePattern(tests.map(({ test }) => test)));
    const failed = await this.#run(pattern, (_, mutants) => mutants.reset(id, passed * PATIENCE));
    this.mutants.reset(0, Infinity);
    return failed;
  }

  #run(pattern: RegExp, each: (test: string, mutants: Switch, ms: number) => void): Promise<string | undefined> {
    this.mocha.grep(pattern);
    return new Promise((resolve) => {
      let failed: string | undefined;
      this.mocha
        .run(() => resolve(failed))
        .on("fail", (test, error: Error) => {
          failed ??= `${test.fullTitle()}: ${error.message.split("\n")[0] ?? ""}`;
        })
        .on("pass", (test) => each(test.fullTitle(), this.mutants, test.duration ?? 0));
    });
  }
}
