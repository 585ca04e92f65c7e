import { type Field, GROUPS, defaultOf } from "./field.js";
import { FIELDS, FIELD_NAMES } from "./fields.js";
import { aboutField } from "./help.js";

const WIDTH = 100;

/** A configuration file that has every field with its default, and says what each is; what has no default is commented out. */
export function exampleConfig(): string {
  const lines = [
    "// Everything a keeper can be told, with its default. All of it may be left out.",
    "// Flags go before variables, variables before this file: keeper run --help",
    "{",
  ];
  for (const group of GROUPS) {
    lines.push(`  // ---- ${group.toLowerCase()} ----`, "");
    for (const name of FIELD_NAMES) {
      const one: Field = FIELDS[name];
      if (one.group !== group) continue;
      lines.push(...wrapped(aboutField(name)).map((text) => `  // ${text}`));
      const value = defaultOf(one);
      lines.push(value === undefined ? `  // ${name}: ${written(one.example)},` : `  ${name}: ${written(value)},`, "");
    }
  }
  return `${lines.slice(0, -1).join("\n")}\n}\n`;
}

/** On one line, as a formatter would have it. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, one]) => `${name}: ${written(one)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
