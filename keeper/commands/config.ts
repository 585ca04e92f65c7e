import type { Command } from "commander";
import { exampleConfig } from "../config/example.js";

export function configCommand(program: Command): void {
  program
    .command("config")
    .description("print a configuration file with every field, its default and what it is")
    .action(() => void process.stdout.write(exampleConfig()));
}
