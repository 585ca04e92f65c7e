// npm run -s check:symbolic: lemmas about the arithmetic, proved for all inputs. See docs/verification.md.
import { Command } from "commander";
import { jsonOf } from "../chaos/json.js";
import { number } from "../chaos/options.js";
import { NOT_HERE, PythonPrograms } from "../tools/python/environment.js";
import { compare } from "./compare.js";
import { compileHere } from "./compile.js";
import { proveChecks } from "./halmos.js";
import { drawCases, proveLemmas } from "./lemmas.js";
import type { Result } from "./result.js";

const command = new Command("check:symbolic")
  .description(
    "Proves lemmas about rounding, shares, liquidation and amortisation: those of Checks.sol on compiled code, with Halmos;\n" +
      "the others on formulas.py, with z3, which is then compared with the compiled libraries on drawn inputs.\n" +
      "Every lemma has a twin with one fault in it, and fails unless the twin is refuted.",
  )
  .option("--cases <n>", "drawn inputs for each formula that is compared", number, 500)
  .option("--json", "the result as JSON on stdout")
  .addHelpText("after", "\nExit codes: 0 all is proved, 1 it is not, 77 there is no Python to prove it with.")
  .parse();
const options = command.opts<{ cases: number; json?: boolean }>();
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const started = Date.now();
const root = process.cwd();
const programs = PythonPrograms.prepare(root, say);
if (typeof programs === "string") {
  say(`Nothing is proved here: ${programs}.`);
  process.exit(NOT_HERE);
}

const told = (result: Result): void => say(`  ${result.lemma}: ${result.problem ?? "proved"}`);
say("Compiling…");
const { Checks, Formulas } = compileHere(root, ["Checks", "Formulas"]);
say("Lemmas on the formulas:");
const lemmas = await proveLemmas(programs, told);
say("Checks of compiled code:");
const checks = proveChecks(root, "Checks", Checks, programs);
checks.forEach(told);
say("Comparing the formulas with the compiled libraries…");
const cases = drawCases(programs, options.cases);
const differences = await compare(Formulas, cases);

const results = [...lemmas, ...checks];
const failed = results.filter(({ problem }) => problem !== undefined);
const seconds = Math.round((Date.now() - started) / 1_000);
if (options.json === true) {
  process.stdout.write(`${jsonOf({ ok: failed.length + differences.length === 0, seconds, results, differences })}\n`);
} else {
  for (const { lemma, by, ways, problem, claim, range } of results) {
    const verdict = problem === undefined ? `proved (${by}, ${ways} ways)` : `NOT PROVED: ${problem}`;
    process.stdout.write(`${lemma}: ${verdict}\n  ${claim}\n  for ${range}\n`);
  }
  process.stdout.write(`${results.length - failed.length} of ${results.length} proved, each with a refuted twin; `);
  process.stdout.write(
    `${cases.length - differences.length} of ${cases.length} results of formulas equal; ${seconds} s\n`,
  );
  for (const { formula, inputs, result, contract } of differences.slice(0, 10)) {
    process.stdout.write(
      `${formula}(${jsonOf(inputs)}): the formula gives ${jsonOf(result)}, the contract ${contract}\n`,
    );
  }
}
if (failed.length + differences.length > 0) process.exitCode = 1;
