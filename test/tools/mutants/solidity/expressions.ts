import { isIdleAtEquality, type Choice } from "../idle.js";
import type { Operator } from "../mutant.js";
import { child, list, rangeOf, text, typeOf, type Node } from "./ast.js";
import { expectedType, isNumberConstant, parameterTypes } from "./expected.js";
import { declarationOf, found, instead, parent, sourceOf, type Place } from "./place.js";

const ARITHMETIC: Record<string, string> = {
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*" },
  ...{ "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<" },
};
const OPPOSITE: Record<string, string> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==" };
const NEIGHBOUR: Record<string, string> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const LOGIC: Record<string, string> = { "&&": "||", "||": "&&" };

/** The mutants of one expression that change it as a whole; those of its parts are found at the parts. */
export function expressionMutants(place: Place, node: Node): void {
  if (isNumberConstant(node)) return number(place, node);
  switch (node.nodeType) {
    case "BinaryOperation":
      return binary(place, node);
    case "Assignment":
      return assignment(place, node);
    case "UnaryOperation":
      return unary(place, node);
    case "Literal":
      return literal(place, node);
    case "FunctionCall":
      return call(place, node);
    case "MemberAccess":
      return roundingMember(place, node);
  }
}

/** A condition by itself, not made of comparisons: negated. */
export function leafCondition(place: Place, node: Node): void {
  if (node.nodeType === "BinaryOperation" || node.nodeType === "UnaryOperation" || node.nodeType === "Literal") return;
  if (node.nodeType === "TupleExpression") return;
  const source = sourceOf(place, node);
  const id = found(place, node, "condition", source, `!${source}`);
  instead(place, rangeOf(node.src), id, `!${source}`);
}

function binary(place: Place, node: Node): void {
  const [left, right] = [child(node, "leftExpression"), child(node, "rightExpression")];
  if (left === undefined || right === undefined || node["function"] !== undefined) return;
  const sign = text(node, "operator");
  const options: [Operator, string | undefined][] = [
    ["arithmetic", ARITHMETIC[sign]],
    ["boundary", NEIGHBOUR[sign]],
    ["comparison", OPPOSITE[sign]],
    ["condition", LOGIC[sign]],
  ];
  const [a, b] = [sourceOf(place, left), sourceOf(place, right)];
  for (const [operator, other] of options) {
    if (other === undefined) continue;
    const isIdle = operator === "boundary" && choicesAt(place, node, a, b).some(isIdleAtEquality);
    const id = found(place, node, operator, sourceOf(place, node), `${a} ${other} ${b}`, isIdle);
    instead(place, rangeOf(node.src), id, `(${a}) ${other} (${b})`);
  }
}

/** What a comparison chooses between: the branches of a conditional, or to assign one side to the other or not. */
function choicesAt(place: Place, node: Node, left: string, right: string): Choice[] {
  const outer = parent(place);
  if (outer === undefined || child(outer, "condition")?.id !== node.id) return [];
  const source = (of: Node | undefined) => (of === undefined ? "" : sourceOf(place, of));
  if (outer.nodeType === "Conditional") {
    const [whenTrue, whenFalse] = [child(outer, "trueExpression"), child(outer, "falseExpression")].map(source);
    return [{ left, right, whenTrue: whenTrue ?? "", whenFalse: whenFalse ?? "" }];
  }
  if (outer.nodeType !== "IfStatement" || child(outer, "falseBody") !== undefined) return [];
  const body = child(outer, "trueBody");
  const only = body?.nodeType === "Block" ? list(body, "statements") : body === undefined ? [] : [body];
  const set = only.length === 1 && only[0] !== undefined ? child(only[0], "expression") : undefined;
  if (set?.nodeType !== "Assignment" || text(set, "operator") !== "=") return [];
  const [whenFalse, whenTrue] = [child(set, "leftHandSide"), child(set, "rightHandSide")].map(source);
  return [{ left, right, whenTrue: whenTrue ?? "", whenFalse: whenFalse ?? "" }];
}

function assignment(place: Place, node: Node): void {
  const sign = text(node, "operator");
  const other = ARITHMETIC[sign.slice(0, -1)];
  const [to, from] = [child(node, "leftHandSide"), child(node, "rightHandSide")];
  if (other === undefined || to === undefined || from === undefined) return;
  const source = `${sourceOf(place, to)} ${other}= ${sourceOf(place, from)}`;
  const id = found(place, node, "arithmetic", sourceOf(place, node), source);
  instead(place, rangeOf(node.src), id, source);
}

function unary(place: Place, node: Node): void {
  const operand = child(node, "subExpression");
  if (operand === undefined) return;
  const sign = text(node, "operator");
  const operator = { "!": "condition", "~": "arithmetic", "-": "arithmetic" }[sign] as Operator | undefined;
  if (operator === undefined) return;
  const source = sourceOf(place, operand);
  const id = found(place, node, operator, sourceOf(place, node), source);
  instead(place, rangeOf(node.src), id, source);
}

function number(place: Place, node: Node): void {
  const type = expectedType(place, node);
  if (type === undefined || !/^u?int\d+$/.test(type)) return;
  const source = sourceOf(place, node);
  const other = source === "1" ? "0" : source === "0" ? "1" : `${source} + 1`;
  const id = found(place, node, "constant", source, other);
  instead(place, rangeOf(node.src), id, other, type);
}

function literal(place: Place, node: Node): void {
  if (node["kind"] !== "bool") return;
  const source = sourceOf(place, node);
  const other = source === "true" ? "false" : "true";
  const id = found(place, node, "constant", source, other);
  instead(place, rangeOf(node.src), id, other);
}

function call(place: Place, node: Node): void {
  if (node["tryCall"] === true || node["kind"] === "typeConversion") return;
  otherRounding(place, node);
  swappedArguments(place, node);
}

/** Order does not matter to the first two. */
const COMMUTATIVE = /^(min|max|mulDiv\w*|wadMul\w*)$/;

function swappedArguments(place: Place, node: Node): void {
  const callee = child(node, "expression");
  if (callee === undefined || /^(require|assert|keccak256)$/.test(text(callee, "name"))) return;
  const types = parameterTypes(place, node);
  const args = list(node, "arguments");
  if (types.length !== args.length) return;
  const declared = list(child(declarationOf(place, callee) ?? node, "parameters") ?? node, "parameters").length;
  const named = Array.isArray(node["names"]) && node["names"].length > 0;
  const receiver = !named && declared === args.length + 1 ? child(callee, "expression") : undefined;
  const all = receiver === undefined ? args : [receiver, ...args];
  const name = text(callee, "memberName") || text(callee, "name");
  all.slice(1).forEach((second, index) => {
    const first = all[index];
    if (first === undefined || (index === 0 && COMMUTATIVE.test(name))) return;
    const [type, other] = [first, second].map(({ typeDescriptions }) => typeDescriptions?.typeIdentifier);
    if (type === undefined || type !== other || isNumberConstant(first)) return;
    if (receiver === undefined && types[index] !== types[index + 1]) return;
    const [a, b] = [sourceOf(place, first), sourceOf(place, second)];
    if (a === b) return;
    const id = found(place, node, "arguments", `${name}(.. ${a}, ${b} ..)`, `${name}(.. ${b}, ${a} ..)`);
    instead(place, rangeOf(first.src), id, b);
    instead(place, rangeOf(second.src), id, a);
  });
}

/** The same function's twin that rounds the other way, where it stands beside it. */
function otherRounding(place: Place, node: Node): void {
  const callee = child(node, "expression");
  const declaration = callee && declarationOf(place, callee);
  if (callee === undefined || declaration === undefined) return;
  const name = text(declaration, "name");
  const other = name.endsWith("Up") ? `${name.slice(0, -2)}Down` : `${name.slice(0, -4)}Up`;
  if (!/(Up|Down)$/.test(name)) return;
  const home = place.declarations.get(Number(declaration["scope"]));
  const twin = home && list(home, "nodes").find((sibling) => text(sibling, "name") === other);
  if (twin === undefined || typeOf(twin) !== typeOf(declaration)) return;
  const call = rangeOf(node.src);
  const at = rangeOf(typeof callee["memberLocation"] === "string" ? callee["memberLocation"] : callee.src);
  const source = place.source.slice(call.start, at.start) + other + place.source.slice(at.end, call.end);
  const id = found(place, node, "rounding", sourceOf(place, node), source);
  instead(place, call, id, source);
}

function roundingMember(place: Place, node: Node): void {
  const member = text(node, "memberName");
  const other = { Ceil: "Floor", Floor: "Ceil" }[member];
  if (other === undefined || !typeOf(node).endsWith("Math.Rounding")) return;
  const source = sourceOf(place, node);
  const id = found(place, node, "rounding", source, source.replace(member, other));
  instead(place, rangeOf(node.src), id, source.replace(member, other));
}

/** Whether a node decides a branch or a check: the condition of an if, of a conditional, of a require, or a part of one. */
export function isCondition(place: Pick<Place, "around">, node: Node, level = 1): boolean {
  const outer = parent(place, level);
  if (outer === undefined) return false;
  switch (outer.nodeType) {
    case "IfStatement":
    case "Conditional":
      return child(outer, "condition")?.id === node.id;
    case "FunctionCall": {
      const name = text(child(outer, "expression") ?? outer, "name");
      return name === "require" && list(outer, "arguments")[0]?.id === node.id;
    }
    case "BinaryOperation":
      return LOGIC[text(outer, "operator")] !== undefined;
    default:
      return false;
  }
}
