import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import type { Artifact } from "@nomicfoundation/edr";
import { HARDHAT_CLI } from "../../../../devnet/hardhat.js";
import type { Say, Verdict } from "../part.js";
import { titlePattern } from "../titles.js";
import { hashOf } from "./build.js";

const FOLDER = "out/mutants/contracts";
/** Tests in TypeScript that are about what contracts do: what each does alone, and random histories of all against the model. */
const FILES = [
  "test/ts/model/event1.ts",
  ...readdirSync("test/ts/contracts").map((file) => `test/ts/contracts/${file}`),
];
/** What runs so many times as long as without a mutant runs for ever. */
const PATIENCE = 10;

interface Report {
  readonly passes: readonly { fullTitle: string; file: string; duration?: number }[];
  readonly failures: readonly { fullTitle: string; file: string; err: { message?: string } }[];
}

/** Titles of the tests that fail without a mutant; how long all of them take, and those of each file. */
interface Baseline {
  readonly skipped: readonly string[];
  readonly ms: number;
  readonly msOf: Readonly<Record<string, number>>;
}

/** The tests in TypeScript on the same mutated contracts: for mutants that those in Solidity do not notice. */
export class MochaJudge {
  /** By file of the contracts and file of tests: how many mutants of the one the other has killed. */
  readonly #kills = new Map<string, number>();

  private constructor(
    private readonly artifacts: string,
    private readonly baseline: Baseline,
  ) {}

  /** Everything that these tests are made of. */
  static get tests(): string {
    const all = ["test/ts", "sdk"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(folder, name)),
    );
    return hashOf(...all.sort().flatMap((file) => [file, readFileSync(file, "utf8")]));
  }

  static start(code: readonly Artifact[], say: Say): MochaJudge {
    const artifacts = join(FOLDER, "artifacts");
    replaceCode(code, artifacts);
    const path = join(FOLDER, `mocha-${hashOf(JSON.stringify(code), MochaJudge.tests)}.json`);
    if (!existsSync(path)) {
      say("Which tests in TypeScript pass on the mutated build without a mutant");
      const began = Date.now();
      const { passes, failures } = run(artifacts, 0, FILES) ?? { passes: [], failures: [] };
      if (passes.length === 0) throw new Error("No test in TypeScript passes on the mutated build.");
      for (const { fullTitle, err } of failures) say(`No judge: ${fullTitle}: ${err.message ?? ""}`);
      const msOf: Record<string, number> = {};
      for (const { file, duration = 0 } of passes) msOf[local(file)] = (msOf[local(file)] ?? 0) + duration;
      const learnt: Baseline = { skipped: failures.map(({ fullTitle }) => fullTitle), ms: Date.now() - began, msOf };
      writeFileSync(path, JSON.stringify(learnt));
    }
    return new MochaJudge(artifacts, JSON.parse(readFileSync(path, "utf8")) as Baseline);
  }

  judge(file: string, mutant: number): Verdict {
    // Those first that name the contract or killed others of its mutants, and that are quick.
    const name = basename(file, ".sol");
    const ranked = FILES.map((tests) => {
      const isNamed = readFileSync(tests, "utf8").includes(name);
      const kills = this.#kills.get(`${file} ${tests}`) ?? 0;
      return { tests, worth: (1 + kills + (isNamed ? 4 : 0)) / (this.baseline.msOf[tests] ?? Infinity) };
    });
    const files = ranked.sort((a, b) => b.worth - a.worth).map(({ tests }) => tests);
    const report = run(this.artifacts, mutant, files, this.baseline);
    if (report === undefined) return { status: "timeout" };
    const [failed] = report.failures;
    if (failed === undefined) return { status: "survived" };
    const place = `${file} ${local(failed.file)}`;
    this.#kills.set(place, (this.#kills.get(place) ?? 0) + 1);
    return { status: "killed", by: failed.fullTitle };
  }
}

const local = (file: string): string => relative(process.cwd(), file);

/** The artifacts of the real build, with the code of this one. */
function replaceCode(code: readonly Artifact[], folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync("artifacts", folder, { recursive: true });
  for (const { id, contract } of code) {
    const path = join(folder, relative("project", id.source), `${id.name}.json`);
    if (!existsSync(path)) continue;
    const real = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const { bytecode, deployedBytecode, linkReferences, deployedLinkReferences } = contract;
    writeFileSync(
      path,
      JSON.stringify({ ...real, bytecode, deployedBytecode, linkReferences, deployedLinkReferences }),
    );
  }
}

/** @returns what mocha says; undefined where it does not come to an end */
function run(
  artifacts: string,
  mutant: number,
  files: readonly string[],
  { skipped, ms }: Baseline = { skipped: [], ms: Infinity, msOf: {} },
): Report | undefined {
  const report = join(FOLDER, `mocha-report-${process.pid}.json`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [HARDHAT_CLI, "--config", "hardhat.mutants.config.ts", "test", "mocha", "--no-compile", ...files],
    {
      env: {
        ...process.env,
        ...{ MUTANT: String(mutant), MUTANT_ARTIFACTS: artifacts, MUTANT_REPORT: report, TEST_GAS: "200000000" },
        ...{ HISTORY_SEED: "2", HISTORY_COUNT: "1" },
        MUTANT_SKIPPED: skipped.length === 0 ? "" : titlePattern(skipped),
      },
      ...{ encoding: "utf8", killSignal: "SIGKILL", maxBuffer: 2 ** 26 },
      ...(ms !== Infinity && { timeout: ms * PATIENCE }),
    },
  );
  if (status === null) return undefined;
  if (!existsSync(report)) throw new Error(`The tests in TypeScript did not run:\n${stderr.slice(-2_000)}`);
  const told = JSON.parse(readFileSync(report, "utf8")) as Report;
  rmSync(report);
  return told;
}
