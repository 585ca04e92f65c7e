import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PythonPrograms } from "../tools/python/environment.js";
import type { Compiled } from "./compile.js";
import type { Result } from "./result.js";

/** Halmos' own exit codes of one check. */
const OUTCOMES = ["proved", "refuted", "not decided in time", "stuck", "every path reverts", "failed"] as const;
const TWIN = "check_twin_";
const RANGE = "all 256-bit inputs, in the compiled code";

interface Report {
  readonly test_results: Readonly<
    Record<
      string,
      readonly {
        name: string;
        exitcode: number;
        models: readonly { readonly is_valid: boolean }[];
        num_paths: number[];
      }[]
    >
  >;
}

/** Proves the checks of a contract, of its bytecode; each has a twin that must be refuted. */
export function proveChecks(root: string, name: string, contract: Compiled, programs: PythonPrograms): Result[] {
  const folder = join(root, "out/symbolic");
  rmSync(folder, { recursive: true, force: true });
  writeProject(folder, name, contract);
  const report = join(folder, "report.json");
  const done = spawnSync(
    programs.path("halmos"),
    [
      ...["--root", folder, "--contract", name, "--json-output", report, "--no-status", "--early-exit"],
      ...["--solver-timeout-assertion", "60s"],
    ],
    { encoding: "utf8", env: { ...process.env, PATH: `${join(folder, "bin")}:${programs.bin}:${process.env.PATH}` } },
  );
  const { test_results } = readReport(report, done.stdout + done.stderr);
  const found = new Map(
    Object.values(test_results)
      .flat()
      .map((test) => [test.name.slice(0, test.name.indexOf("(")), test]),
  );
  const outcome = (check: string): string => {
    const test = found.get(check);
    return test === undefined ? "not run" : (OUTCOMES[test.exitcode] ?? `exit code ${test.exitcode}`);
  };
  return claimsOf(name, contract, root).map(({ check, claim }) => {
    const twin = check.replace("check_", TWIN);
    const problem = outcome(check) === "proved" ? undefined : outcome(check);
    const twinRefuted =
      outcome(twin) === "refuted" && (found.get(twin)?.models.some(({ is_valid }) => is_valid) ?? false);
    return {
      ...{ lemma: check, claim, range: RANGE, by: "Halmos" },
      ways: found.get(check)?.num_paths[0] ?? 0,
      twin: twinRefuted ? `${twin}: inputs in out/symbolic/report.json` : undefined,
      problem: problem ?? (twinRefuted ? undefined : `its twin is ${outcome(twin)}, and should be refuted`),
    };
  });
}

/** The checks of a contract's source, each with the claim that stands above it. */
function claimsOf(name: string, contract: Compiled, root: string): { check: string; claim: string }[] {
  const text = readFileSync(join(root, `test/symbolic/${name}.sol`), "utf8");
  const claims = [...text.matchAll(/@custom:claim (.*)\n\s*function (check_\w+)/g)].map(
    ([, claim = "", check = ""]) => ({
      ...{ check, claim },
    }),
  );
  const checks = Object.keys(contract.evm.methodIdentifiers).map((signature) => signature.replace(/\(.*/, ""));
  const bare = checks.filter((check) => !check.startsWith(TWIN) && !claims.some((one) => one.check === check));
  if (bare.length > 0) throw new Error(`${name}.sol: no @custom:claim above ${bare.join(", ")}.`);
  return claims;
}

/** What Halmos expects of Foundry: its folder of artifacts, and a `forge` that has nothing left to build. */
function writeProject(folder: string, name: string, { abi, evm, metadata, ast }: Compiled): void {
  const artifact = {
    ...{ abi, ast, id: 0, metadata: JSON.parse(metadata) as object, methodIdentifiers: evm.methodIdentifiers },
    bytecode: { object: `0x${evm.bytecode.object}`, linkReferences: {} },
    deployedBytecode: { object: `0x${evm.deployedBytecode.object}`, linkReferences: {} },
  };
  mkdirSync(join(folder, `out/${name}.sol`), { recursive: true });
  writeFileSync(join(folder, `out/${name}.sol/${name}.json`), JSON.stringify(artifact));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/forge"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
}

function readReport(file: string, said: string): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (cause) {
    throw new Error(`Halmos left no report. It said:\n${said.slice(-2_000)}`, { cause });
  }
}
