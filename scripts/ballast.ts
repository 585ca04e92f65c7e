/** The command line for borrowers and lenders: `npm run -s ballast -- --help`. */
import { runCommandLine } from "./cli/run.js";
import { processTerminal } from "./cli/terminal.js";

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal);
