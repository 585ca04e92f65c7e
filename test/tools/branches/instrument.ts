import { parse } from "../mutants/solidity/mutate.js";
import { utf8 } from "../mutants/solidity/place.js";
import type { SolcInput } from "../mutants/solidity/solc.js";
import { weave } from "../mutants/weave.js";
import { findSides } from "./find.js";
import { DECIDED, MARKS_SOURCE, MARKS_TEXT } from "./marks.js";
import type { Side } from "./side.js";

/** Sources that mark the sides they take. */
export interface Instrumented {
  readonly sides: readonly Side[];
  /** A compilation with these sources in the places of those they were made from. */
  in(input: SolcInput): SolcInput;
}

export async function instrument(input: SolcInput, chosen: (file: string) => boolean): Promise<Instrumented> {
  const parsed = await parse(input);
  const { sides, wraps } = findSides(parsed, chosen);
  const marked = new Map<string, string>();
  for (const [file, own] of wraps) {
    const body = utf8(weave(parsed.get(file)?.source ?? "", own));
    // At the end, so that all lines keep their numbers.
    marked.set(file, `${body}\nimport {${DECIDED}} from "${MARKS_SOURCE}";\n`);
  }
  const replaced = (sources: SolcInput["sources"]): SolcInput["sources"] => {
    const known = [...marked].filter(([file]) => file in sources).map(([file, content]) => [file, { content }]);
    return { ...sources, ...Object.fromEntries(known), [MARKS_SOURCE]: { content: MARKS_TEXT } };
  };
  return { sides: sides.list, in: (other) => ({ ...other, sources: replaced(other.sources) }) };
}
