import { Mutants, type Wrap } from "../mutant.js";
import { weave } from "../weave.js";
import { child, isNode, list, rangeOf, text, typeOf, walk, type Node, type Range } from "./ast.js";
import { expressionMutants, isCondition, leafCondition } from "./expressions.js";
import { found, instead, sourceOf, type Place } from "./place.js";
import { isMutableConstant, modifierMutant, statementMutants, type Declared } from "./statements.js";

/** A source with its syntax tree. */
export interface Parsed {
  readonly source: string;
  readonly tree: Node;
}

/** Parts of a file in which nothing can be switched: a constant's value, a type, assembly. */
export const FIXED = new Set([
  "ArrayTypeName",
  "InlineAssembly",
  "StructuredDocumentation",
  "OverrideSpecifier",
  "ImportDirective",
]);

/**
 * All mutants of some files.
 * @param parsed every file that is compiled, the source one character a byte
 * @param chosen whether a file is to have mutants
 */
export function findMutants(parsed: ReadonlyMap<string, Parsed>, chosen: (file: string) => boolean): Mutants {
  const mutants = new Mutants();
  const declarations = new Map<number, Node>();
  const homes = new Map<number, string>();
  for (const [file, { tree }] of parsed) {
    walk(tree, (node) => {
      declarations.set(node.id, node);
      if (node.nodeType === "ModifierDefinition") homes.set(node.id, file);
    });
  }
  const constants = new Map<number, { id: number; node: Node; file: string }>();
  const places = [...parsed].map(([file, { source, tree }]) => ({ file, source, tree }));
  for (const { file, source, tree } of places.filter(({ file }) => chosen(file))) {
    walk(tree, (node, around) => {
      if (FIXED.has(node.nodeType)) return false;
      const place: Place = { mutants, file, source, declarations, around };
      if (node.nodeType === "VariableDeclaration" && node["constant"] === true) {
        if (isMutableConstant(node)) constants.set(node.id, { id: constantMutant(place, node), node, file });
        return false;
      }
      // Arithmetic of written numbers is one number; its parts are not looked at.
      if (/^(int_const|rational_const)/.test(typeOf(node)) && isNode(node)) {
        expressionMutants(place, node);
        return false;
      }
      if (isCondition(place, node)) leafCondition(place, node);
      expressionMutants(place, node);
      statementMutants(place, node);
      return true;
    });
  }
  useConstants(places, chosen, mutants, declarations, constants);
  const bodies = (file: string) => mutants.wraps(file);
  for (const { file, source, tree } of places.filter(({ file }) => chosen(file))) {
    walk(tree, (node, around) => {
      if (node.nodeType !== "ModifierInvocation") return;
      const place: Place = { mutants, file, source, declarations, around };
      modifierMutant(place, node, (modifier) => {
        const file = homes.get(modifier.id) ?? "";
        const home = parsed.get(file);
        return home && declaredModifier(modifier, file, home.source, bodies);
      });
    });
  }
  return mutants;
}

function declaredModifier(
  modifier: Node,
  file: string,
  source: string,
  wraps: (file: string) => readonly Wrap[],
): Declared | undefined {
  const [parameters, body] = [child(modifier, "parameters"), child(modifier, "body")];
  if (body === undefined) return undefined;
  const slice = ({ start, end }: Range) => source.slice(start, end);
  const isPlain = parameters === undefined || list(parameters, "parameters").length === 0;
  const head = isPlain ? "()" : slice(rangeOf(parameters.src));
  return { head, body: weave(source, wraps(file), rangeOf(body.src)), file, at: rangeOf(modifier.src).start };
}

function constantMutant(place: Place, node: Node): number {
  const value = child(node, "value");
  const source = value === undefined ? "" : sourceOf(place, value);
  const name = text(node, "name");
  const other = typeOf(node) === "bool" ? `!(${source})` : `${source} + 1`;
  return found(place, node, "constant", `${name} = ${source}`, `${name} = ${other}`);
}

/** A constant keeps its value; what is switched is every place that reads it, in any file. */
function useConstants(
  places: readonly { file: string; source: string; tree: Node }[],
  chosen: (file: string) => boolean,
  mutants: Mutants,
  declarations: ReadonlyMap<number, Node>,
  constants: ReadonlyMap<number, { id: number; node: Node; file: string }>,
): void {
  for (const { file, source, tree } of places.filter(({ file }) => chosen(file))) {
    walk(tree, (node, around) => {
      if (FIXED.has(node.nodeType)) return false;
      if (node.nodeType === "VariableDeclaration" && node["constant"] === true) return false;
      const constant = constants.get(Number(node["referencedDeclaration"]));
      if (constant === undefined || !["Identifier", "MemberAccess"].includes(node.nodeType)) return true;
      const place: Place = { mutants, file, source, declarations, around };
      const type = typeOf(constant.node);
      const name = sourceOf(place, node);
      instead(place, rangeOf(node.src), constant.id, type === "bool" ? `!${name}` : `${name} + 1`);
      return false;
    });
  }
}
