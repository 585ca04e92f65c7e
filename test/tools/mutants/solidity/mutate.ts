import type { Mutants } from "../mutant.js";
import { weave, type Thread } from "../weave.js";
import { rangeOf, list } from "./ast.js";
import { findMutants, type Parsed } from "./find.js";
import { SWITCH } from "./place.js";
import { compile, errorsOf, TREES, type SolcError, type SolcInput } from "./solc.js";
import { SWITCH_SOURCE, SWITCH_TEXT } from "./switch.js";

/** Sources with all their mutants in, each behind its switch, and those of them that do not compile. */
export interface Mutated {
  readonly mutants: Mutants;
  readonly sources: ReadonlyMap<string, string>;
  readonly uncompilable: ReadonlySet<number>;
}

const toBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const fromBytes = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

export async function parse(input: SolcInput): Promise<Map<string, Parsed>> {
  const output = await compile({ ...input, settings: { ...input.settings, outputSelection: TREES } });
  refuse(errorsOf(output));
  const parsed = new Map<string, Parsed>();
  for (const [file, { ast }] of Object.entries(output.sources ?? {})) {
    parsed.set(file, { source: toBytes(input.sources[file]?.content ?? ""), tree: ast });
  }
  return parsed;
}

/** Puts the mutants of the chosen files in, and takes out what the compiler refuses until it refuses nothing. */
export async function mutate(input: SolcInput, chosen: (file: string) => boolean): Promise<Mutated> {
  const parsed = await parse(input);
  const mutants = findMutants(parsed, chosen);
  const uncompilable = new Set<number>();
  for (;;) {
    const threads = new Map<string, Thread[]>();
    const sources = new Map<string, string>();
    for (const [file, { source, tree }] of parsed) {
      const wraps = mutants.wraps(file).filter(({ id }) => !uncompilable.has(id));
      if (wraps.length === 0) continue;
      const own: Thread[] = [];
      // Behind the pragma; the import may stand on its line, so that lines keep their numbers.
      const first = list(tree, "nodes").find(({ nodeType }) => nodeType !== "PragmaDirective");
      const at = rangeOf((first ?? tree).src).start;
      const head = `${source.slice(0, at)}import {${SWITCH}} from "${SWITCH_SOURCE}"; `;
      const body = weave(source, wraps, { start: at, end: source.length }, own);
      threads.set(
        file,
        own.map(({ start, end, id }) => ({ start: start + head.length, end: end + head.length, id })),
      );
      sources.set(file, fromBytes(head + body));
    }
    const settings = { ...input.settings, outputSelection: TREES };
    const errors = errorsOf(await compile({ ...input, settings, sources: replaced(input, sources) }));
    if (errors.length === 0) return { mutants, sources, uncompilable };
    const blamed = errors.map((error) => blame(error, threads));
    if (blamed.every((id) => id === undefined)) refuse(errors);
    for (const id of blamed) if (id !== undefined) uncompilable.add(id);
  }
}

/** The sources of a compilation with the mutated ones in their places. */
export function replaced(input: SolcInput, sources: ReadonlyMap<string, string>): SolcInput["sources"] {
  const known = [...sources].filter(([file]) => file in input.sources).map(([file, content]) => [file, { content }]);
  return { ...input.sources, ...Object.fromEntries(known), [SWITCH_SOURCE]: { content: SWITCH_TEXT } };
}

function blame({ sourceLocation: at }: SolcError, threads: ReadonlyMap<string, Thread[]>): number | undefined {
  if (at === undefined) return undefined;
  const around = (threads.get(at.file) ?? []).filter(({ start, end }) => start <= at.start && at.end <= end);
  return around.sort((a, b) => a.end - a.start - (b.end - b.start))[0]?.id;
}

function refuse(errors: readonly SolcError[]): void {
  if (errors.length === 0) return;
  throw new Error(`The compiler refuses:\n${errors.map(({ formattedMessage }) => formattedMessage).join("\n")}`);
}
