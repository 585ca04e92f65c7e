// npm run -s check:static: Slither's findings on the contracts that are deployed. Exit code 1 where one of medium impact or
// above is neither mended nor accepted, with its reason, where it stands; 77 where Slither cannot be had.
import { Command } from "commander";
import { jsonOf } from "../../chaos/json.js";
import { table } from "../../../scripts/cli/output.js";
import { NOT_HERE, PythonPrograms } from "../python/environment.js";
import { annotations, unexplained } from "./annotations.js";
import { type Finding, IMPACTS, type Impact, analyse } from "./slither.js";

/** What must be mended or accepted. */
const JUDGED: readonly Impact[] = ["High", "Medium"];

const command = new Command("check:static")
  .description(
    "Runs Slither over the contracts that are deployed. A finding of medium impact or above must be mended,\n" +
      "or accepted where it stands: // slither-disable-next-line detector: the reason in words",
  )
  .option("--all", "also print findings of low impact and below, which are not judged one by one")
  .option("--json", "the result as JSON on stdout")
  .addHelpText("after", "\nExit codes: 0 all is explained, 1 it is not, 77 there is no Python to run Slither with.")
  .parse();
const options = command.opts<{ all?: boolean; json?: boolean }>();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const root = process.cwd();
const programs = PythonPrograms.prepare(root, say);
if (typeof programs === "string") {
  say(`Slither is not run here: ${programs}.`);
  process.exit(NOT_HERE);
}
say("Slither reads the contracts; about half a minute…");
const started = Date.now();
const analysis = analyse(root, programs);
const accepted = annotations(root);
const bare = unexplained(accepted).map(({ file, line }) => `${file}:${line}`);
const judged = analysis.findings.filter(({ impact }) => JUDGED.includes(impact));
const counts = IMPACTS.map((impact) => ({
  impact,
  open: analysis.findings.filter((finding) => finding.impact === impact).length,
}));
const failed = judged.length + analysis.unused.length + analysis.unread.length + bare.length > 0;

const describe = ({ impact, detector, description }: Finding): string => `${impact} ${detector}\n  ${description}`;
const print = (title: string, lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`);
};
if (options.json === true) {
  const { covered, unused, unread } = analysis;
  const findings = options.all === true ? analysis.findings : judged;
  process.stdout.write(`${jsonOf({ ok: !failed, covered, counts, findings, accepted, unread, unused, bare })}\n`);
} else {
  process.stdout.write(`${analysis.covered}, ${((Date.now() - started) / 1_000).toFixed(0)} s\n`);
  const rows = counts.map(({ impact, open }) => [impact, JUDGED.includes(impact) ? "yes" : "no", `${open}`]);
  process.stdout.write(`${table(["impact", "judged", "not accepted"], rows, 2)}\n`);
  process.stdout.write(`${accepted.length} places in contracts/ accept a finding, each with its reason\n`);
  print("neither mended nor accepted:", judged.map(describe));
  if (options.all === true)
    print("not judged:", analysis.findings.filter((one) => !judged.includes(one)).map(describe));
  print("accepted without a reason of a few words on one line:", bare);
  print("nothing to accept any more; take the annotation away:", analysis.unused);
  print("not read by Slither, so not checked:", analysis.unread);
}
if (failed) process.exitCode = 1;
