import { type Command, InvalidArgumentError, type OptionValues } from "commander";
import { whenAskedToEnd } from "../../scenarios/interrupt.js";

/** What the command line says. From here on Ctrl-C, a signal or a closed terminal ends what was started too. */
export function optionsOf<T extends OptionValues>(command: Command): T {
  command.parse();
  whenAskedToEnd(130, () => Promise.resolve());
  return command.opts<T>();
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("It must be a number that is not negative.");
  return value;
}

export function seed(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value >= 2 ** 32)
    throw new InvalidArgumentError("It must be a whole number below 4294967296.");
  return value;
}

export const list = (text: string): string[] => text.split(",").map((part) => part.trim());
