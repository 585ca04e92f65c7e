import type { Command } from "commander";
import { GROUPS, type Group } from "../config/field.js";
import type { FieldName } from "../config/fields.js";
import { addConfigOptions, configEpilogue } from "../config/help.js";
import { EXIT_CODES_HELP } from "./exit.js";

export interface Configured {
  /** Fields the help lists: those of these groups, and some others. */
  readonly groups?: readonly Group[];
  readonly others?: readonly FieldName[];
  /** What the help says besides, after the fields. */
  readonly about?: string;
}

/** A command that takes the configuration: every field as an option, and a help that ends with how they go together and the exit codes. */
export function configured(command: Command, { groups = GROUPS, others = [], about }: Configured = {}): void {
  const said = about === undefined ? "" : `\n\n${about}`;
  addConfigOptions(command, groups, others).addHelpText(
    "after",
    `${configEpilogue(groups)}${said}\n${EXIT_CODES_HELP}`,
  );
}
