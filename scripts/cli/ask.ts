import { confirm } from "@inquirer/prompts";
import { Cancelled, UsageError } from "./exitCodes.js";
import type { Terminal } from "./terminal.js";

/** Goes on only if the person says yes; with --yes nobody is asked. */
export async function confirmed(terminal: Terminal, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!terminal.canAsk()) {
    throw new UsageError(`nobody is here to confirm: add --yes to ${question}, or --dry-run to see what would happen`);
  }
  const isYes = await confirm({ message: `Do you want to ${question}?`, default: false }, { output: process.stderr });
  if (!isYes) throw new Cancelled("cancelled: nothing was sent");
}
