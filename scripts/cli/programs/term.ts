import type { Command } from "commander";
import { type ScheduleOptions, type TermOptions, mark, pay, rollOver, schedule, terms } from "../commands/term.js";
import { LOAN, type Runner } from "./common.js";

/** The options by which a loan's terms are chosen. */
export function withTermOptions(command: Command): Command {
  return command
    .option("--max-rate <percent>", "most a year that you accept (default: a hundredth above today's rate)")
    .option("--within <time>", "how long the transaction may take to be mined (default: 30m)")
    .option("--agreement <hash or file>", "32 bytes that stand in the event, or the signed paper to hash");
}

/** Commands about loans with dates. */
export function termCommands(program: Command, run: Runner): void {
  program
    .command("terms")
    .description("the term sheets of a facility: instalments, rates, fees")
    .argument("<facility>", "its number or name")
    .action((facility: string) => run((session) => terms(session, facility)));
  program
    .command("schedule")
    .description("the instalments of a term loan, or of one that could be opened now")
    .argument("[loan]", LOAN)
    .option("--facility <number or name>", "without a loan: which facility")
    .option("--term <number>", "without a loan: which of its term sheets")
    .option("--borrow <amount...>", "without a loan: how much")
    .option("--ics <file>", "write the due dates as a calendar file")
    .action((loan: string | undefined, options: ScheduleOptions) => run((s) => schedule(s, loan, options)));
  program
    .command("pay")
    .description("pay on a term loan, anybody's")
    .argument("<loan>", LOAN)
    .argument("<amount...>", "cash to pay; due: what is overdue; next: that and the next instalment; all: all of it")
    .action((loan: string, amount: string[]) => run((session) => pay(session, loan, amount)));
  withTermOptions(
    program
      .command("roll-over")
      .description("make all that a term loan owes the principal of new terms")
      .argument("<loan>", LOAN)
      .requiredOption("--term <number>", "the new term sheet"),
  )
    .option("--authorisation <file>", "the owner's signed authorisation, brought in the same transaction")
    .action((loan: string, options: TermOptions) => run((session) => rollOver(session, loan, options)));
  program
    .command("mark")
    .description("say what loss lenders must expect of a loan, or that it is in default; anybody may")
    .argument("<loan>", LOAN)
    .option("--default", "that the grace of an unpaid instalment is over")
    .action((loan: string, options: { default?: true }) => run((session) => mark(session, loan, options)));
}
