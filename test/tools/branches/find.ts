import type { Wrap } from "../mutants/mutant.js";
import { child, list, rangeOf, text, walk, type Node } from "../mutants/solidity/ast.js";
import { isCondition } from "../mutants/solidity/expressions.js";
import { FIXED, type Parsed } from "../mutants/solidity/find.js";
import { scopeOf, utf8 } from "../mutants/solidity/place.js";
import { DECIDED } from "./marks.js";
import { Sides } from "./side.js";

const LOOPS = new Set(["ForStatement", "WhileStatement", "DoWhileStatement"]);

/** Whether a node decides what is done next: the condition of an if, a conditional, a check or a loop, or a part of one. */
function isDecision(node: Node, around: readonly Node[]): boolean {
  const outer = around.at(-1);
  if (outer === undefined) return false;
  if (LOOPS.has(outer.nodeType)) return child(outer, "condition")?.id === node.id;
  const isAssert = outer.nodeType === "FunctionCall" && text(child(outer, "expression") ?? outer, "name") === "assert";
  return isAssert ? list(outer, "arguments")[0]?.id === node.id : isCondition({ around }, node);
}

/** All sides of all conditions of some files, and the marks to put in. */
export interface Found {
  readonly sides: Sides;
  readonly wraps: ReadonlyMap<string, readonly Wrap[]>;
}

/**
 * @param parsed every file that is compiled, the source one character a byte
 * @param chosen whether a file is to be measured
 */
export function findSides(parsed: ReadonlyMap<string, Parsed>, chosen: (file: string) => boolean): Found {
  const sides = new Sides();
  const wraps = new Map<string, Wrap[]>();
  for (const [file, { source, tree }] of parsed) {
    if (!chosen(file)) continue;
    const own: Wrap[] = [];
    const add = (node: Node, around: readonly Node[], ways: readonly string[]): number => {
      const { start, end } = rangeOf(node.src);
      const line = source.slice(0, start).split("\n").length;
      return sides.add(scopeOf({ around }), { file, line, source: utf8(source.slice(start, end)) }, ways);
    };
    const condition = (node: Node, around: readonly Node[]): void => {
      const id = add(node, around, ["false", "true"]);
      own.push({ ...rangeOf(node.src), before: `${DECIDED}(${id}, `, after: ")", id });
    };
    /** Marked where its blocks begin: what is tried is no value that could be looked at. */
    const attempt = (node: Node, around: readonly Node[]): void => {
      const clauses = list(node, "clauses");
      const first = add(child(node, "externalCall") ?? node, around, clauses.map(nameOf));
      for (const [index, clause] of clauses.entries()) {
        const { start } = rangeOf((child(clause, "block") ?? clause).src);
        const id = first + index;
        own.push({ start: start + 1, end: start + 1, before: ` ${DECIDED}(${id}, false);`, after: "", id });
      }
    };
    walk(tree, (node, around) => {
      if (FIXED.has(node.nodeType)) return false;
      if (node.nodeType === "VariableDeclaration" && node["constant"] === true) return false;
      if (isDecision(node, around)) condition(node, around);
      if (node.nodeType === "TryStatement") attempt(node, around);
      return true;
    });
    if (own.length > 0) wraps.set(file, own);
  }
  return { sides, wraps };
}

const nameOf = (clause: Node, index: number): string =>
  index === 0 ? "success" : `catch ${text(clause, "errorName")}`.trim();
