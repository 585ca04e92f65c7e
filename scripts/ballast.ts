/** The command line for borrowers and lenders: `npm run -s ballast -- --help`. */
import { verdictOf } from "./cli/exitCodes.js";
import { buildProgram } from "./cli/program.js";
import type { GlobalOptions } from "./cli/session.js";

let code = 0;
const program = buildProgram((ended) => {
  code = ended;
});
try {
  await program.parseAsync();
} catch (error) {
  const verdict = verdictOf(error, program.opts<GlobalOptions>().rpc ?? "");
  if (verdict.message !== "") process.stderr.write(`${verdict.message}\n`);
  code = verdict.code;
}
process.exitCode = code;
