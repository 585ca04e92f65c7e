import { verdictOf } from "./exitCodes.js";
import { buildProgram } from "./program.js";
import type { GlobalOptions } from "./session.js";
import type { Terminal } from "./terminal.js";

/** Runs one command line and gives the code it ends with; whatever goes wrong is said on the terminal. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = buildProgram(terminal, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const verdict = verdictOf(error, program.opts<GlobalOptions>().rpc ?? "");
    if (verdict.message !== "") terminal.writeError(`${verdict.message}\n`);
    return verdict.code;
  }
  return code;
}
