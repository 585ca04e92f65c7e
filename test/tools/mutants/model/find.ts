import { dirname, relative } from "node:path";
import ts from "typescript";
import { isIdleAtEquality, type Choice } from "../idle.js";
import { Mutants, type Operator } from "../mutant.js";

/** Name of the switch in the mutated sources. */
export const SWITCH = "__isActive";

const K = ts.SyntaxKind;
const OTHER: Partial<Record<ts.SyntaxKind, string>> = {
  ...{ [K.PlusToken]: "-", [K.MinusToken]: "+", [K.AsteriskToken]: "/", [K.SlashToken]: "*", [K.PercentToken]: "*" },
  ...{ [K.AsteriskAsteriskToken]: "*", [K.AmpersandToken]: "|", [K.BarToken]: "&", [K.CaretToken]: "&" },
  ...{ [K.LessThanLessThanToken]: ">>", [K.GreaterThanGreaterThanToken]: "<<" },
  ...{
    [K.PlusEqualsToken]: "-=",
    [K.MinusEqualsToken]: "+=",
    [K.AsteriskEqualsToken]: "/=",
    [K.SlashEqualsToken]: "*=",
  },
  ...{ [K.BarEqualsToken]: "&=", [K.AmpersandEqualsToken]: "|=" },
};
const NEIGHBOUR: Partial<Record<ts.SyntaxKind, string>> = {
  ...{
    [K.LessThanToken]: "<=",
    [K.LessThanEqualsToken]: "<",
    [K.GreaterThanToken]: ">=",
    [K.GreaterThanEqualsToken]: ">",
  },
};
const OPPOSITE: Partial<Record<ts.SyntaxKind, string>> = {
  ...{
    [K.LessThanToken]: ">=",
    [K.LessThanEqualsToken]: ">",
    [K.GreaterThanToken]: "<=",
    [K.GreaterThanEqualsToken]: "<",
  },
  ...{ [K.EqualsEqualsEqualsToken]: "!==", [K.ExclamationEqualsEqualsToken]: "===" },
};
const LOGIC: Partial<Record<ts.SyntaxKind, string>> = { [K.AmpersandAmpersandToken]: "||", [K.BarBarToken]: "&&" };
const COMMUTATIVE = /^(minOf|maxOf|mulDiv\w*|wadMul\w*)$/;
const LEFT_OUT = "nothing";

export interface FoundInModel {
  readonly mutants: Mutants;
  /** Imports that a file's mutants need, by file. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>;
}

/** All mutants of some TypeScript files, which are paths from the working directory. */
export function findInModel(files: readonly string[]): FoundInModel {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.Node20,
    strict: true,
  });
  const checker = program.getTypeChecker();
  const mutants = new Mutants();
  const imports = new Map<string, Set<string>>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source !== undefined) new Finder(file, source, checker, mutants, imports).visit(source);
  }
  return { mutants, imports };
}

class Finder {
  #scope = "file";

  constructor(
    private readonly file: string,
    private readonly source: ts.SourceFile,
    private readonly checker: ts.TypeChecker,
    private readonly mutants: Mutants,
    private readonly imports: Map<string, Set<string>>,
  ) {}

  visit(node: ts.Node): void {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isTypeAliasDeclaration(node) || ts.isExportDeclaration(node)) return;
    const outer = this.#scope;
    this.#scope = nameOf(node) ?? outer;
    if (ts.isExpression(node)) this.#expression(node);
    if (ts.isStatement(node)) this.#statement(node);
    ts.forEachChild(node, (inner) => this.visit(inner));
    this.#scope = outer;
  }

  #text = (node: ts.Node): string => node.getText(this.source);

  #found(node: ts.Node, operator: Operator, original: string, replacement: string, isIdle = false): number {
    const line = this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
    return this.mutants.add(this.file, this.#scope, { line, operator, original, replacement }, isIdle);
  }

  #instead(node: ts.Node, id: number, expression: string): void {
    const range = { start: node.getStart(this.source), end: node.getEnd() };
    this.mutants.wrap(this.file, { ...range, before: `(${SWITCH}(${id}) ? (${expression}) : (`, after: "))", id });
  }

  #replace(node: ts.Node, operator: Operator, shown: string, expression = shown): void {
    this.#instead(node, this.#found(node, operator, this.#text(node), shown), expression);
  }

  #expression(node: ts.Expression): void {
    if (ts.isBinaryExpression(node)) return this.#binary(node);
    if (ts.isPrefixUnaryExpression(node)) {
      if (node.operator === K.ExclamationToken) this.#replace(node, "condition", this.#text(node.operand));
      else if (node.operator === K.MinusToken) this.#replace(node, "arithmetic", this.#text(node.operand));
      return;
    }
    if (ts.isBigIntLiteral(node) || ts.isNumericLiteral(node)) return this.#number(node);
    if (node.kind === K.TrueKeyword) return this.#replace(node, "constant", "false");
    if (node.kind === K.FalseKeyword) return this.#replace(node, "constant", "true");
    if (ts.isCallExpression(node)) this.#call(node);
    if (
      isCondition(node) &&
      (ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node))
    ) {
      this.#replace(node, "condition", `!${this.#text(node)}`);
    }
  }

  #binary(node: ts.BinaryExpression): void {
    const sign = node.operatorToken.kind;
    const [a, b] = [this.#text(node.left), this.#text(node.right)];
    const isNumber = /^(bigint|number|-?\d+n?)/.test(
      this.checker.typeToString(this.checker.getTypeAtLocation(node.left)),
    );
    const options: [Operator, string | undefined][] = [
      ["arithmetic", isNumber ? OTHER[sign] : undefined],
      ["boundary", NEIGHBOUR[sign]],
      ["comparison", OPPOSITE[sign]],
      ["condition", LOGIC[sign]],
    ];
    for (const [operator, other] of options) {
      if (other === undefined) continue;
      const left = other.endsWith("=") && operator === "arithmetic" ? a : `(${a})`;
      const shown = `${a} ${other} ${b}`;
      const isIdle = operator === "boundary" && this.#choices(node, a, b).some(isIdleAtEquality);
      this.#instead(node, this.#found(node, operator, this.#text(node), shown, isIdle), `${left} ${other} (${b})`);
    }
  }

  /** What a comparison chooses between: the branches of a conditional. */
  #choices(node: ts.BinaryExpression, left: string, right: string): Choice[] {
    const { parent } = node;
    if (!ts.isConditionalExpression(parent) || parent.condition !== node) return [];
    return [{ left, right, whenTrue: this.#text(parent.whenTrue), whenFalse: this.#text(parent.whenFalse) }];
  }

  #number(node: ts.BigIntLiteral | ts.NumericLiteral): void {
    if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return;
    const text = this.#text(node);
    const suffix = ts.isBigIntLiteral(node) ? "n" : "";
    const other = text === `1${suffix}` ? `0${suffix}` : text === `0${suffix}` ? `1${suffix}` : `${text} + 1${suffix}`;
    this.#replace(node, "constant", other);
  }

  #call(node: ts.CallExpression): void {
    const name = ts.isPropertyAccessExpression(node.expression)
      ? node.expression.name.text
      : this.#text(node.expression);
    this.#otherRounding(node, name);
    node.arguments.slice(1).forEach((second, index) => {
      const first = node.arguments[index];
      if (first === undefined || (index === 0 && COMMUTATIVE.test(name))) return;
      const [type, other] = [first, second].map((each) =>
        this.checker.typeToString(this.checker.getTypeAtLocation(each)),
      );
      const [a, b] = [this.#text(first), this.#text(second)];
      if (type !== other || type === "any" || a === b || /^-?\d/.test(a) || /^["'`]/.test(a)) return;
      const id = this.#found(node, "arguments", `${name}(.. ${a}, ${b} ..)`, `${name}(.. ${b}, ${a} ..)`);
      this.#instead(first, id, b);
      this.#instead(second, id, a);
    });
  }

  /** The same function's twin that rounds the other way, exported by the same file with the same type. */
  #otherRounding(node: ts.CallExpression, name: string): void {
    if (!ts.isIdentifier(node.expression) || !/(Up|Down)$/.test(name)) return;
    const other = name.endsWith("Up") ? `${name.slice(0, -2)}Down` : `${name.slice(0, -4)}Up`;
    let symbol = this.checker.getSymbolAtLocation(node.expression);
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
    const home = symbol?.declarations?.[0]?.getSourceFile();
    const module = home && this.checker.getSymbolAtLocation(home);
    const twin = module?.exports?.get(ts.escapeLeadingUnderscores(other));
    if (symbol === undefined || home === undefined || twin === undefined) return;
    const typeOf = (each: ts.Symbol) => this.checker.typeToString(this.checker.getTypeOfSymbol(each));
    if (typeOf(symbol) !== typeOf(twin)) return;
    const args = node.arguments.map(this.#text).join(", ");
    const local = home === this.source ? other : `${other}__`;
    this.#replace(node, "rounding", `${other}(${args})`, `${local}(${args})`);
    if (home === this.source) return;
    const path = relative(dirname(this.source.fileName), home.fileName).replace(/\.ts$/, ".js");
    const needed = this.imports.get(this.file) ?? new Set();
    needed.add(`import { ${other} as ${local} } from "${path.startsWith(".") ? path : `./${path}`}";`);
    this.imports.set(this.file, needed);
  }

  #statement(node: ts.Statement): void {
    const operator = leftOutAs(node);
    if (operator === undefined) return;
    const id = this.#found(node, operator, this.#text(node), LEFT_OUT);
    const range = { start: node.getStart(this.source), end: node.getEnd() };
    this.mutants.wrap(this.file, { ...range, before: `{ if (!${SWITCH}(${id})) { `, after: " } }", id });
  }
}

/** A function's name, or a constant's that stands at the head of the file. */
function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node))
    return node.name?.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const isHead = ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent);
  return isHead ? node.name.getText() : undefined;
}

function leftOutAs(node: ts.Statement): Operator | undefined {
  if (ts.isThrowStatement(node)) return refuses(around(node)) ? undefined : "check";
  if (ts.isIfStatement(node)) return refuses(node) ? "check" : undefined;
  if (ts.isReturnStatement(node) || ts.isBreakStatement(node) || ts.isContinueStatement(node)) return "statement";
  if (!ts.isExpressionStatement(node)) return undefined;
  const { expression } = node;
  // Without it there is no object at all.
  if (ts.isCallExpression(expression) && expression.expression.kind === K.SuperKeyword) return undefined;
  const isCheck = ts.isCallExpression(expression) && expression.expression.getText() === "require";
  return isCheck ? "check" : "statement";
}

/** An if that does nothing but throw. */
function refuses(node: ts.Node): boolean {
  if (!ts.isIfStatement(node) || node.elseStatement !== undefined) return false;
  const { thenStatement: then } = node;
  if (ts.isThrowStatement(then)) return true;
  return ts.isBlock(then) && then.statements.length === 1 && then.statements.every(ts.isThrowStatement);
}

const around = (node: ts.Node): ts.Node => (ts.isBlock(node.parent) ? node.parent.parent : node.parent);

function isCondition(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isIfStatement(parent)) return parent.expression === node;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  if (ts.isCallExpression(parent)) return parent.expression.getText() === "require" && parent.arguments[0] === node;
  return ts.isBinaryExpression(parent) && LOGIC[parent.operatorToken.kind] !== undefined;
}
