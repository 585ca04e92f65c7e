import type { Command } from "commander";
import { exampleConfig } from "../config/example.js";
import type { Io } from "./io.js";

export function configCommand(program: Command, io: Io): void {
  program
    .command("config")
    .description("print a configuration file with every field, its default and what it is")
    .action(() => io.out(exampleConfig()));
}
