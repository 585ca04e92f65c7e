/** The command line for borrowers and lenders: `npm run -s ballast -- --help`. */
import { runBallast } from "./cli/run.js";

process.exitCode = await runBallast(process.argv.slice(2));
