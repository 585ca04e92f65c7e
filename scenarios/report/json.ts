/** The result as JSON; integers beyond a float (amounts, prices) are decimal strings in smallest units. */
export function reportJson(result: object): string {
  return `${JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}
