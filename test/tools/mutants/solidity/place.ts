import type { Mutants, Operator } from "../mutant.js";
import { isNode, rangeOf, text, type Node, type Range } from "./ast.js";

/** Name of the switch in the mutated sources (switch.ts): `_active(17)` says whether mutant 17 is on. */
export const SWITCH = "_active";

/** Everything a look at one node needs to know of the rest. */
export interface Place {
  readonly mutants: Mutants;
  readonly file: string;
  /** The file, one character a byte, as solc's offsets count. */
  readonly source: string;
  /** Declarations of all files, by id. */
  readonly declarations: ReadonlyMap<number, Node>;
  /** Nodes around the one looked at, the innermost last. */
  readonly around: readonly Node[];
}

export const sourceOf = (place: Place, node: Node): string => {
  const { start, end } = rangeOf(node.src);
  return place.source.slice(start, end);
};

/** The node around, some levels out. */
export const parent = ({ around }: Pick<Place, "around">, levels = 1): Node | undefined => around.at(-levels);

export function scopeOf({ around }: Pick<Place, "around">): string {
  const named = (type: string) => around.findLast(({ nodeType }) => nodeType === type);
  const inside = named("FunctionDefinition") ?? named("ModifierDefinition");
  const contract = named("ContractDefinition");
  if (inside === undefined) return contract === undefined ? "file" : text(contract, "name");
  return text(inside, "name") || text(inside, "kind");
}

export const declarationOf = (place: Place, node: Node): Node | undefined => {
  const id = node["referencedDeclaration"];
  return typeof id === "number" ? place.declarations.get(id) : undefined;
};

export const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

/** Counts a mutant at a node. */
export function found(
  place: Place,
  node: Node,
  operator: Operator,
  original: string,
  replacement: string,
  isIdle = false,
): number {
  const line = place.source.slice(0, rangeOf(node.src).start).split("\n").length;
  const texts = { original: utf8(original), replacement: utf8(replacement) };
  return place.mutants.add(place.file, scopeOf(place), { line, operator, ...texts }, isIdle);
}

/** Has the expression at a range mean something else while the mutant is on. */
export function instead(place: Place, range: Range, id: number, expression: string, cast = ""): void {
  const before = `(${SWITCH}(${id}) ? ${cast}(${expression}) : ${cast}(`;
  place.mutants.wrap(place.file, { ...range, before, after: "))", id });
}

/** Leaves a statement out while the mutant is on. */
export function without(place: Place, node: Node, id: number): void {
  const { start, end } = rangeOf(node.src);
  // solc counts the semicolon to some statements and not to others.
  const semicolon = /^\s*;/.exec(place.source.slice(end))?.[0].length ?? 0;
  const range = { start, end: place.source[end - 1] === ";" || endsInBlock(node) ? end : end + semicolon };
  place.mutants.wrap(place.file, { ...range, before: `{ if (!${SWITCH}(${id})) { `, after: " } }", id });
}

function endsInBlock(node: Node): boolean {
  return ["trueBody", "body"].some((field) => {
    const body = node[field];
    return isNode(body) && body.nodeType === "Block";
  });
}
