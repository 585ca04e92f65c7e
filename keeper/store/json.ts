/**
 * JSON that keeps bigints, as `{"$bigint": "12"}`. What neither database takes (NUL, halves of a character) is replaced: it comes
 * from error messages of others.
 */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return { $bigint: part.toString() };
    return typeof part === "string" ? clean(part) : part;
  });
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || !("$bigint" in part)) return part;
    return typeof part.$bigint === "string" ? BigInt(part.$bigint) : part;
  });
}

/** Text that both databases keep as it is. */
export function clean(text: string): string {
  return text.replace(/\p{Surrogate}|\0/gu, "\ufffd");
}
