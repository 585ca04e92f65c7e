import { Command, CommanderError } from "commander";
import { configCommand } from "./config.js";
import { doctorCommand } from "./doctor.js";
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from "./exit.js";
import { explainCommand } from "./explain.js";
import type { Io } from "./io.js";
import { monitorCommand } from "./monitor.js";
import { rehearseCommand } from "./rehearse.js";
import { replayCommand } from "./replay.js";
import { reportCommand } from "./report.js";
import { runCommand } from "./run.js";

const COMMANDS = [
  runCommand,
  monitorCommand,
  doctorCommand,
  rehearseCommand,
  replayCommand,
  explainCommand,
  reportCommand,
  configCommand,
];

function keeperProgram(io: Io): Command {
  const program = new Command("keeper")
    .description("Liquidates unhealthy loans of a Ballast deployment, and earns by it, without capital of its own.")
    .addHelpText("after", `\n"keeper run --help" lists every option.\n${EXIT_CODES_HELP}`)
    .showSuggestionAfterError();
  for (const add of COMMANDS) add(program, io);
  for (const command of [program, ...program.commands]) {
    command.allowExcessArguments(false).exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  }
  return program;
}

/**
 * Runs a command to its end; what goes wrong is said on stderr.
 *
 * @param args without the names of program and script
 * @returns what the process ends with
 */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  try {
    await keeperProgram(io).parseAsync([...args], { from: "user" });
    return io.exitCode;
  } catch (error) {
    const code = exitCodeOf(error);
    // Commander has said what it has to say.
    if (!(error instanceof CommanderError))
      io.err(`keeper: ${error instanceof Error ? error.message : String(error)}\n`);
    if (code === EXIT.unforeseen && error instanceof Error) io.err(`${error.stack ?? ""}\n`);
    return code;
  }
}
