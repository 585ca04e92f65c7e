/** JSON in which big integers are decimal strings and maps are objects. */
export function jsonOf(value: unknown): string {
  const plain = (_: string, one: unknown): unknown => {
    if (typeof one === "bigint") return one.toString();
    return one instanceof Map ? Object.fromEntries(one) : one;
  };
  return JSON.stringify(value, plain, 2);
}
