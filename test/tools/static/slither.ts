import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { compile } from "../compile.js";
import { isDeployed } from "../compiled.js";
import type { PythonPrograms } from "../python/environment.js";

export const IMPACTS = ["High", "Medium", "Low", "Informational", "Optimization"] as const;
export type Impact = (typeof IMPACTS)[number];

export interface Finding {
  readonly detector: string;
  readonly impact: Impact;
  readonly confidence: string;
  readonly description: string;
}

export interface Analysis {
  /** Contracts and detectors, in Slither's words. */
  readonly covered: string;
  /** What no annotation accepts. */
  readonly findings: readonly Finding[];
  /** Annotations that accept nothing any more, as `file:line detector`. */
  readonly unused: readonly string[];
  /** Functions that Slither could not read, and so said nothing about. */
  readonly unread: readonly string[];
}

interface Report {
  readonly success: boolean;
  readonly error: string | null;
  readonly results: {
    readonly detectors?: readonly {
      readonly check: string;
      readonly impact: Impact;
      readonly confidence: string;
      readonly description: string;
      readonly unused_ignores?: readonly { file: string; line: number; unused_detectors: readonly string[] }[];
    }[];
  };
}

/** What the compiler knows of the contracts without making code of them, where Slither looks for an answer given to Hardhat. */
function writeBuild(root: string, folder: string): void {
  const sources = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" }).filter(isDeployed).sort();
  const { input, output, version } = compile(
    root,
    sources.map((name) => `contracts/${name}`),
    { "": ["ast"], "*": ["abi"] },
  );
  const withoutCode = { bytecode: { object: "", sourceMap: "" }, deployedBytecode: { object: "", sourceMap: "" } };
  for (const contracts of Object.values(output.contracts)) {
    for (const contract of Object.values(contracts)) Object.assign(contract, { evm: withoutCode });
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "build-info"), { recursive: true });
  writeFileSync(join(folder, "build-info/production.json"), JSON.stringify({ solcVersion: version, input, output }));
}

/** Runs every detector of Slither over the contracts that are deployed. */
export function analyse(root: string, programs: PythonPrograms): Analysis {
  const folder = join(root, "out/static");
  writeBuild(root, folder);
  const reportFile = join(folder, "report.json");
  const done = spawnSync(
    programs.path("python"),
    [
      join(import.meta.dirname, "run_slither.py"),
      ...[root, "--ignore-compile", "--npx-disable", "--hardhat-artifacts-directory", folder],
      ...["--filter-paths", "node_modules", "--warn-unused-ignores", "--json", reportFile],
    ],
    { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  const said = done.stdout + done.stderr;
  const report = readReport(reportFile, said);
  const detectors = report.results.detectors ?? [];
  return {
    covered: /analyzed \(([^)]*)\)/.exec(said)?.[1] ?? "",
    findings: detectors
      .filter(({ unused_ignores }) => unused_ignores === undefined)
      .map(({ check, impact, confidence, description }) => ({
        ...{ detector: check, impact, confidence, description: description.trim() },
      })),
    unused: detectors
      .flatMap(({ unused_ignores = [] }) => unused_ignores)
      .filter(({ file }) => !relative(root, file).startsWith("node_modules"))
      .map(({ file, line, unused_detectors }) => `${relative(root, file)}:${line} ${unused_detectors.join(", ")}`),
    unread: [...said.matchAll(/Impossible to generate IR for (.*):$/gm)].map(([, where]) => where ?? ""),
  };
}

function readReport(file: string, said: string): Report {
  const failed = (why: string): Error => new Error(`Slither did not finish: ${why}\n${said.slice(-2_000)}`);
  if (!existsSync(file)) throw failed("it left no report.");
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  if (!report.success) throw failed(report.error ?? "it said no reason.");
  return report;
}
