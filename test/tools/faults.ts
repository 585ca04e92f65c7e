import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { table } from "../../scripts/cli/output.js";

/** A test that says by its name which fault it tries. */
export interface FaultTest {
  readonly id: string;
  readonly test: string;
  readonly file: string;
}

/** `it("fault C12: …")` and `describe(…)` in TypeScript, whatever quotes they use. */
const MOCHA = /\b(?:it|describe|describeDevnet)\(\s*(["'`])((?:(?!\1).)*?\bfault ([CK]\d+)\b(?:(?!\1).)*)\1/g;
/** `function test_fault_C12_…`, also of fuzz tests and invariants, in Solidity. */
const SOLIDITY = /\bfunction ((?:test|testFuzz|invariant)_fault_([CK]\d+)_\w+)/g;

/** Ids of docs/faults.md, in its order. */
export function knownFaults(root: string): string[] {
  const text = readFileSync(join(root, "docs/faults.md"), "utf8");
  return [...text.matchAll(/^\| ([CK]\d+) +\|/gm)].map(([, id]) => id ?? "");
}

/** Every test below test/ that has a fault's id in its name. */
export function faultTests(root: string): FaultTest[] {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|sol)$/.test(name))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(root, "test", name), "utf8");
      const file = `test/${name}`;
      const found = name.endsWith(".sol")
        ? [...text.matchAll(SOLIDITY)].map(([, test, id]) => ({ id: id ?? "", test: test ?? "", file }))
        : [...text.matchAll(MOCHA)].map(([, , test, id]) => ({ id: id ?? "", test: test ?? "", file }));
      return found;
    });
}

/** Faults without a test, and tests of faults that docs/faults.md does not know. */
export function gaps(root: string): { readonly untested: string[]; readonly unknown: FaultTest[] } {
  const ids = knownFaults(root);
  const tests = faultTests(root);
  const tested = new Set(tests.map(({ id }) => id));
  return { untested: ids.filter((id) => !tested.has(id)), unknown: tests.filter(({ id }) => !ids.includes(id)) };
}

const HELP = `Lists the tests that try the faults of docs/faults.md, by their names. Exit code 1 where a fault has none.
  --list   the table; also the default
  --json   the same as JSON
`;

function main(): void {
  if (process.argv.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  const root = process.cwd();
  const order = knownFaults(root);
  const tests = faultTests(root).sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify(tests, undefined, 2)}\n`);
  } else {
    const rows = tests.map(({ id, test, file }) => [id, test, file]);
    process.stdout.write(`${table(["fault", "test", "file"], rows, 3)}\n`);
  }
  const { untested, unknown } = gaps(root);
  process.stderr.write(`${order.length} faults, ${tests.length} tests that name one\n`);
  if (untested.length > 0) process.stderr.write(`without a test: ${untested.join(", ")}\n`);
  for (const { id, test, file } of unknown) process.stderr.write(`not in docs/faults.md: ${id} (${test}, ${file})\n`);
  if (untested.length + unknown.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
