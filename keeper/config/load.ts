import { readFileSync } from "node:fs";
import { InvalidConfig } from "../errors.js";
import { CONFIG_VARIABLE, FLAGS, KEY_VARIABLE, PASSWORD_VARIABLE, isKeeperVariable, variableOf } from "./flags.js";
import { type Config, configSchema } from "./schema.js";

type Environment = Readonly<Record<string, string | undefined>>;

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
  const merged = { ...readFile(path), ...fromEnvironment(environment), ...fromFlags(flags) };
  const parsed = configSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const field = issue.path.join(".");
    return `  ${field === "" ? "configuration" : `${field} (${sourceOf(field, flags, environment, path)})`}: ${issue.message}`;
  });
  throw new InvalidConfig(`the configuration is not usable:\n${faults.join("\n")}`);
}

function readFile(path: string | undefined): object {
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new InvalidConfig(`the configuration file ${path} cannot be read: ${String(cause)}`, { cause });
  }
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return content;
  } catch (cause) {
    throw new InvalidConfig(`the configuration file ${path} is not JSON: ${String(cause)}`, { cause });
  }
  throw new InvalidConfig(`the configuration file ${path} is JSON, but not an object`);
}

function fromEnvironment(environment: Environment): object {
  const known = new Map<string, (typeof FLAGS)[number]>(FLAGS.map((flag) => [variableOf(flag.key), flag]));
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!isKeeperVariable(name) || text === undefined) continue;
    if ([KEY_VARIABLE, PASSWORD_VARIABLE, CONFIG_VARIABLE].includes(name)) continue;
    const flag = known.get(name);
    if (flag === undefined)
      throw new InvalidConfig(`there is no option ${name}; known are ${[...known.keys()].join(", ")}`);
    values[flag.key] = flag.parse(text);
  }
  return values;
}

function fromFlags(flags: Readonly<Record<string, string | boolean | undefined>>): object {
  const values: Record<string, unknown> = {};
  for (const { key, parse } of FLAGS) {
    const given = flags[key];
    if (given !== undefined) values[key] = typeof given === "string" ? parse(given) : given;
  }
  return values;
}

function sourceOf(
  field: string,
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
  path: string | undefined,
): string {
  const key = field.split(".")[0] ?? field;
  if (flags[key] !== undefined) return "flag";
  if (environment[variableOf(key)] !== undefined) return variableOf(key);
  return path ?? "default";
}
