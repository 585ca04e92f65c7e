import { verdictOf } from "./exitCodes.js";
import { buildProgram } from "./program.js";
import type { GlobalOptions } from "./session.js";

/**
 * Carries out one command line.
 *
 * @param args without the program's own name
 * @returns its exit code; what went wrong has been written to stderr
 */
export async function runBallast(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = buildProgram((ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const verdict = verdictOf(error, program.opts<GlobalOptions>().rpc ?? "");
    if (verdict.message !== "") process.stderr.write(`${verdict.message}\n`);
    code = verdict.code;
  }
  return code;
}
