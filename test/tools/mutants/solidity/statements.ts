import { child, list, rangeOf, text, typeOf, type Node } from "./ast.js";
import { declarationOf, found, parent, sourceOf, SWITCH, without, type Place } from "./place.js";

const LEFT_OUT = "nothing";

/** A statement left out: an assignment, a call, an event, a return, a check. */
export function statementMutants(place: Place, node: Node): void {
  switch (node.nodeType) {
    case "ExpressionStatement": {
      const expression = child(node, "expression");
      const callee = expression && child(expression, "expression");
      const isCheck = callee !== undefined && ["require", "assert"].includes(text(callee, "name"));
      // The step of a loop is part of its head: without it the loop only runs for ever.
      if (parent(place)?.nodeType === "ForStatement") return;
      const to = expression && child(expression, "leftHandSide");
      if (to !== undefined && / (storage pointer|calldata)$/.test(typeOf(to))) return;
      return leaveOut(place, node, isCheck ? "check" : "statement");
    }
    case "IfStatement":
      return refuses(node) ? leaveOut(place, node, "check") : undefined;
    case "RevertStatement":
      return refuses(statementAround(place)) ? undefined : leaveOut(place, node, "check");
    case "EmitStatement":
    case "Break":
    case "Continue":
      return leaveOut(place, node, "statement");
    case "Return":
      return returnsReference(place) ? undefined : leaveOut(place, node, "statement");
  }
}

function leaveOut(place: Place, node: Node, operator: "statement" | "check"): void {
  without(place, node, found(place, node, operator, sourceOf(place, node), LEFT_OUT));
}

/** An if that does nothing but refuse. */
function refuses(node: Node | undefined): boolean {
  if (node?.nodeType !== "IfStatement" || child(node, "falseBody") !== undefined) return false;
  const body = child(node, "trueBody");
  const only = body?.nodeType === "Block" ? list(body, "statements") : body === undefined ? [] : [body];
  return only.length === 1 && only[0]?.nodeType === "RevertStatement";
}

function statementAround(place: Place): Node | undefined {
  const outer = parent(place);
  return outer?.nodeType === "Block" ? parent(place, 2) : outer;
}

/** Without its return such a function does not compile: a reference has no default. Nor may its assignment be left out. */
function returnsReference({ around }: Place): boolean {
  const inside = around.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
  const returned = inside && child(inside, "returnParameters");
  if (returned === undefined) return false;
  return list(returned, "parameters").some((each) => /(storage|calldata)/.test(text(each, "storageLocation")));
}

/** A modifier as it was declared: `(uint256 deadline)`, its body with the mutants in it, and where to put another beside it. */
export interface Declared {
  readonly head: string;
  readonly body: string;
  readonly file: string;
  readonly at: number;
}

/** A modifier left out of one function: a twin that does so while the mutant is on stands beside the modifier. */
export function modifierMutant(place: Place, node: Node, declared: (modifier: Node) => Declared | undefined): void {
  const name = child(node, "modifierName");
  const modifier = name && declarationOf(place, name);
  if (name === undefined || modifier?.nodeType !== "ModifierDefinition") return;
  const original = declared(modifier);
  if (original === undefined) return;
  const id = found(place, node, "modifier", sourceOf(place, node), LEFT_OUT);
  place.mutants.wrap(place.file, { ...rangeOf(name.src), before: "", after: `_${id}`, id });
  const { head, body, file, at } = original;
  const twin = `modifier ${text(modifier, "name")}_${id}${head} { if (${SWITCH}(${id})) { _; } else ${body} }\n`;
  place.mutants.wrap(file, { start: at, end: at, before: twin, after: "", id });
}

/** Numbers and truths declared as constants, each changed wherever it is used. */
export function isMutableConstant(node: Node): boolean {
  if (node.nodeType !== "VariableDeclaration" || node["constant"] !== true) return false;
  return /^(u?int\d+|bool)$/.test(typeOf(node));
}
