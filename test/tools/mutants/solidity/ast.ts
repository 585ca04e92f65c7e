/** A node of solc's syntax tree, of which every field that is not used here is unknown. */
export interface Node {
  readonly id: number;
  readonly nodeType: string;
  /** offset:length:file, in bytes */
  readonly src: string;
  readonly typeDescriptions?: { readonly typeString?: string; readonly typeIdentifier?: string };
  readonly [field: string]: unknown;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "nodeType" in value && "src" in value;

export function rangeOf(src: string): Range {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}

export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export function list(node: Node, field: string): Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export const text = (node: Node, field: string): string => {
  const value = node[field];
  return typeof value === "string" ? value : "";
};

export const typeOf = (node: Node): string => node.typeDescriptions?.typeString ?? "";

/** Calls for every node, with those it is in, the innermost last. What a visit answers `false` for is not gone into. */
export function walk(node: Node, visit: (node: Node, around: readonly Node[]) => boolean | void): void {
  const around: Node[] = [];
  const go = (at: Node): void => {
    if (visit(at, around) === false) return;
    around.push(at);
    for (const value of Object.values(at)) {
      if (isNode(value)) go(value);
      else if (Array.isArray(value)) for (const part of value as unknown[]) if (isNode(part)) go(part);
    }
    around.pop();
  };
  go(node);
}
