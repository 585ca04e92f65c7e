import { child, list, text, typeOf, type Node } from "./ast.js";
import { declarationOf, parent, type Place } from "./place.js";

const isRational = (node: Node | undefined): boolean =>
  node !== undefined && /^(int_const|rational_const)/.test(typeOf(node));

export const isNumberConstant = (node: Node): boolean => isRational(node);

/** Types of what a call takes, in the order of its arguments. */
export function parameterTypes(place: Place, call: Node): (string | undefined)[] {
  const callee = child(call, "expression");
  const args = list(call, "arguments");
  if (callee === undefined) return [];
  if (call["kind"] === "typeConversion") return args.map(() => conversionSource(typeOf(call)));
  const declaration = declarationOf(place, callee);
  if (declaration === undefined) return [];
  const struct = declaration.nodeType === "StructDefinition";
  const parameters = struct
    ? list(declaration, "members")
    : list(child(declaration, "parameters") ?? declaration, "parameters");
  const names = call["names"];
  if (Array.isArray(names) && names.length > 0) {
    return (names as unknown[]).map((name) => {
      const named = parameters.find((parameter) => parameter["name"] === name);
      return named && typeOf(named);
    });
  }
  // A function bound to its first argument takes one less.
  const bound = parameters.length - args.length;
  return args.map((_, index) => parameters[index + bound]).map((parameter) => parameter && typeOf(parameter));
}

/** From what a number is converted: an address has no arithmetic of its own. */
const conversionSource = (type: string): string | undefined =>
  type.startsWith("address") ? undefined : /^u?int\d*$/.exec(type)?.[0];

/**
 * The type that a number written in the source takes where it stands. A conditional of two such numbers would take the
 * smallest type that holds them, and the sum around it overflow.
 */
export function expectedType(place: Place, node: Node, level = 1): string | undefined {
  const outer = parent(place, level);
  if (outer === undefined) return undefined;
  switch (outer.nodeType) {
    case "TupleExpression":
      return list(outer, "components").length === 1 ? expectedType(place, outer, level + 1) : undefined;
    case "Conditional":
      return child(outer, "condition")?.id === node.id ? undefined : expectedType(place, outer, level + 1);
    case "BinaryOperation": {
      const shift = ["<<", ">>", "**"].includes(text(outer, "operator"));
      if (shift && child(outer, "rightExpression")?.id === node.id) return "uint256";
      if (shift) return typeOf(outer);
      const common = outer["commonType"] as { typeString?: string } | undefined;
      return common?.typeString;
    }
    case "Assignment": {
      const to = child(outer, "leftHandSide");
      return to && typeOf(to);
    }
    case "VariableDeclarationStatement": {
      const declared = list(outer, "declarations");
      return declared.length === 1 && declared[0] ? typeOf(declared[0]) : undefined;
    }
    case "Return": {
      const inside = place.around.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
      const returned = list(child(inside ?? outer, "returnParameters") ?? outer, "parameters");
      return returned.length === 1 && returned[0] ? typeOf(returned[0]) : undefined;
    }
    case "IndexAccess":
      return child(outer, "indexExpression")?.id === node.id ? "uint256" : undefined;
    case "FunctionCall": {
      const index = list(outer, "arguments").findIndex(({ id }) => id === node.id);
      return index < 0 ? undefined : parameterTypes(place, outer)[index];
    }
    default:
      return undefined;
  }
}
