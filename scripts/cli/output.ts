import Table from "cli-table3";
import type { Terminal } from "./terminal.js";

/** A JSON document with bigints as decimal strings: no number of ours fits a double. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);
}

/** Where a command writes: data to stdout, everything else to stderr. */
export class Output {
  constructor(
    private readonly terminal: Terminal,
    readonly isJson: boolean,
  ) {}

  /** The command's result: one JSON document, or what people read. */
  data(json: unknown, human: () => string): void {
    this.terminal.writeOut(`${this.isJson ? toJson(json) : human()}\n`);
  }

  /** One of many results, each a line of its own. */
  line(json: unknown, human: () => string): void {
    const text = this.isJson ? toJson(json).replace(/\n\s*/g, " ") : human();
    this.terminal.writeOut(`${text}\n`);
  }

  message(text: string): void {
    this.terminal.writeError(`${text}\n`);
  }
}

const PLAIN = { head: [], border: [] };

/** A table with a head. Numbers belong in columns to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], rightFrom = 1): string {
  const drawn = new Table({
    head: [...head],
    style: PLAIN,
    colAligns: head.map((_, index) => (index < rightFrom ? "left" : "right")),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** A table of names and values. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const drawn = new Table({ style: PLAIN });
  drawn.push(...rows.map(([name, value]) => [name, value]));
  return drawn.toString();
}
