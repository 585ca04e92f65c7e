import { InvalidArgumentError } from "commander";

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
