import { CommanderError } from "commander";
import { InvalidDeployment } from "../../sdk/client/errors.js";
import { InvalidConfig, WrongChain } from "../errors.js";

/** What a command ends with; services and scripts may rely on them. */
export const EXIT = {
  ok: 0,
  unforeseen: 1,
  config: 2,
  chain: 3,
  /** `doctor` or `rehearse` found something that would fail; `explain` knows nothing of the loan. */
  findings: 4,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done, or stopped by SIGTERM or SIGINT
  1  something unforeseen
  2  an option, a variable, a file or a key is wrong
  3  wrong chain, contracts or account
  4  doctor and rehearse: something would fail; explain: nothing is known of the loan`;

export function exitCodeOf(error: unknown): number {
  // Asked for help, it has said it.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.config;
  if (error instanceof InvalidConfig || error instanceof InvalidDeployment) return EXIT.config;
  if (error instanceof WrongChain) return EXIT.chain;
  return EXIT.unforeseen;
}
