import { readFileSync } from "node:fs";
import JSON5 from "json5";
import type { z } from "zod";
import { InvalidConfig } from "../errors.js";
import { type Field, nearest } from "./field.js";
import {
  CONFIG_VARIABLE,
  FIELDS,
  FIELD_NAMES,
  type FieldName,
  KEY_VARIABLE,
  PASSWORD_VARIABLE,
  isKeeperVariable,
  variableOf,
} from "./fields.js";
import { type Config, configSchema } from "./schema.js";

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * Flags go before the environment, the environment before the file, the file before the defaults.
 *
 * @param flags as commander gives them: text, or true for a switch; by field
 * @throws InvalidConfig naming every field that is wrong, and where it came from
 */
export function loadConfig(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  environment: Environment,
  file?: string,
): Config {
  const path = file ?? environment[CONFIG_VARIABLE];
  const sources: { name: (field: string) => string; values: Values }[] = [
    { name: () => path ?? "file", values: readFile(path) },
    { name: variableNameIn(environment), values: fromEnvironment(environment) },
    { name: () => "flag", values: fromFlags(flags) },
  ];
  const parsed = configSchema.safeParse(Object.assign({}, ...sources.map(({ values }) => values)));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const place = issue.path.join(".");
    const [field] = issue.path;
    const source = sources.findLast(({ values }) => typeof field === "string" && field in values);
    const from = typeof field === "string" ? ` (${source?.name(field) ?? "default"})` : "";
    return `  ${place === "" ? "configuration" : place}${from}: ${wordsOf(issue)}`;
  });
  throw new InvalidConfig(`the configuration is not usable:\n${faults.join("\n")}`);
}

/** Zod only says that none of several shapes fits; what was wrong with each says more. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue.message;
  const each = issue.errors.map((errors) =>
    errors.map(({ path, message }) => [...path, message].map(String).join(" ")).join(", "),
  );
  return [...new Set(each)].join("; or: ");
}

function readFile(path: string | undefined): Values {
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new InvalidConfig(`the configuration file ${path} cannot be read: ${String(cause)}`, { cause });
  }
  let content: unknown;
  try {
    content = JSON5.parse(text);
  } catch (cause) {
    throw new InvalidConfig(`the configuration file ${path} is not JSON5: ${String(cause)}`, { cause });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new InvalidConfig(`the configuration file ${path} is JSON5, but not an object`);
  }
  const unknown = Object.keys(content).filter((name) => !(name in FIELDS));
  if (unknown.length > 0) {
    const faults = unknown.map((name) => `  there is no field ${name}${hint(name, FIELD_NAMES)}`);
    throw new InvalidConfig(`the configuration file ${path} is not usable:\n${faults.join("\n")}`);
  }
  return { ...content };
}

const hint = (name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  return meant === undefined ? `; known are ${known.join(", ")}` : `; did you mean ${meant}?`;
};

function fromEnvironment(environment: Environment): Values {
  const values: Record<string, unknown> = {};
  const known = FIELD_NAMES.map(variableOf);
  const allowed = new Set([...known, KEY_VARIABLE, PASSWORD_VARIABLE, CONFIG_VARIABLE]);
  for (const [name, text] of Object.entries(environment)) {
    if (!isKeeperVariable(name) || text === undefined || allowed.has(name)) continue;
    throw new InvalidConfig(`there is no option ${name}${hint(name, known)}`);
  }
  for (const name of FIELD_NAMES) {
    const variable = variableNameIn(environment)(name);
    const text = environment[variable];
    if (text !== undefined) values[name] = FIELDS[name].reads(text);
  }
  return values;
}

/** The variable a field is read from: its own goes before the one it shares with other programs. */
const variableNameIn =
  (environment: Environment) =>
  (name: string): string => {
    const own = variableOf(name);
    const { variable }: Field = FIELDS[name as FieldName];
    return environment[own] === undefined && variable !== undefined ? variable : own;
  };

function fromFlags(flags: Readonly<Record<string, string | boolean | undefined>>): Values {
  const values: Record<string, unknown> = {};
  for (const name of FIELD_NAMES) {
    const given = flags[name];
    if (given !== undefined) values[name] = typeof given === "string" ? FIELDS[name].reads(given) : given;
  }
  return values;
}
