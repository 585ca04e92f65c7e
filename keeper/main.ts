import { Command, CommanderError } from "commander";
import { configCommand } from "./commands/config.js";
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from "./commands/exit.js";
import { monitorCommand } from "./commands/monitor.js";
import { doctorCommand } from "./commands/doctor.js";
import { explainCommand } from "./commands/explain.js";
import { rehearseCommand } from "./commands/rehearse.js";
import { replayCommand } from "./commands/replay.js";
import { reportCommand } from "./commands/report.js";
import { runCommand } from "./commands/run.js";

const program = new Command("keeper")
  .description("Liquidates unhealthy loans of a Ballast deployment, and earns by it, without capital of its own.")
  .addHelpText("after", `\n"keeper run --help" lists every option.\n${EXIT_CODES_HELP}`)
  .showSuggestionAfterError()
  .configureHelp({ showGlobalOptions: true });
for (const add of [
  runCommand,
  monitorCommand,
  doctorCommand,
  rehearseCommand,
  replayCommand,
  explainCommand,
  reportCommand,
  configCommand,
])
  add(program);
for (const command of program.commands) command.allowExcessArguments(false).exitOverride();
program.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what it has to say.
  if (!(error instanceof CommanderError)) tell(error, process.exitCode);
}

function tell(error: unknown, code: number): void {
  process.stderr.write(`keeper: ${error instanceof Error ? error.message : String(error)}\n`);
  if (code === EXIT.unforeseen && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
}
