import { readFileSync } from "node:fs";
import { InvalidConfig } from "../errors.js";

/**
 * What a secret of the configuration says: `env:NAME` and `file:path` stand for what is there, anything else for itself.
 *
 * @throws InvalidConfig naming the place, never the content
 */
export function secretOf(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  if (text.startsWith("env:")) {
    const name = text.slice(4);
    const value = environment[name];
    if (value === undefined || value === "")
      throw new InvalidConfig(`the variable ${name}, which is to hold a secret, is not set`);
    return value;
  }
  if (!text.startsWith("file:")) return text;
  const path = text.slice(5);
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new InvalidConfig(`the file ${path}, which is to hold a secret, cannot be read: ${code}`);
  }
}

/**
 * An address without what could be secret in it: user, password, path and query often are (providers put keys there).
 *
 * @example publicUrl("https://user:pw@node.example/v2/abcdef") // "https://node.example/…"
 */
export function publicUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "an address that cannot be read";
  }
  const rest = url.pathname === "/" && url.search === "" ? "" : "/…";
  return `${url.protocol}//${url.host}${rest}`;
}
