import { type Command, Option } from "commander";
import JSON5 from "json5";
import { type Field, GROUPS, type Group, defaultOf } from "./field.js";
import { CONFIG_VARIABLE, FIELDS, FIELD_NAMES, type FieldName, flagOf, variableOf } from "./fields.js";

/** What a field is and in what unit. */
export function aboutField(name: FieldName): string {
  const { help, unit }: Field = FIELDS[name];
  return unit === undefined ? help : `${help} (${unit})`;
}

/** The same, and what it is where nobody says. */
export function describeField(name: FieldName): string {
  const { help, unit }: Field = FIELDS[name];
  const otherwise = defaultOf(FIELDS[name]);
  const parts = [unit, otherwise === undefined ? undefined : `default ${valueText(otherwise)}`];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? help : `${help} (${known.join("; ")})`;
}

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON5.stringify(value));

/**
 * Adds every field as an option, so that the same line works with another command; the help lists those of these groups, and
 * some others, which are what the command uses.
 */
export function addConfigOptions(
  command: Command,
  groups: readonly Group[] = GROUPS,
  others: readonly FieldName[] = [],
): Command {
  command.addOption(
    new Option("--config <file>", `JSON5 file with any of these fields (${CONFIG_VARIABLE})`).helpGroup(
      "Configuration:",
    ),
  );
  for (const group of GROUPS) {
    for (const name of FIELD_NAMES) {
      const { group: own, value, isSecret }: Field = FIELDS[name];
      if (own !== group || isSecret === true) continue;
      const flag = value === undefined ? flagOf(name) : `${flagOf(name)} ${value}`;
      const isUsed = groups.includes(group) || others.includes(name);
      command.addOption(new Option(flag, describeField(name)).helpGroup(`${group}:`).hideHelp(!isUsed));
    }
  }
  return command;
}

/** Fields without a flag, and how the three sources go together. */
export function configEpilogue(groups: readonly Group[] = GROUPS): string {
  const secrets = FIELD_NAMES.filter((name) => {
    const { isSecret, group }: Field = FIELDS[name];
    return isSecret === true && groups.includes(group);
  }).map((name) => {
    const { variable }: Field = FIELDS[name];
    return `  ${name}, ${[variableOf(name), variable].filter(Boolean).join(" or ")}: ${describeField(name)}`;
  });
  return `
Every option is also a variable of the environment (--poll-ms is ${variableOf("pollMs")}) and a field of the file (pollMs);
flags go first, then variables, then the file. Not as a flag, because arguments can be seen by others:
${secrets.join("\n")}`;
}
