/** What mocha's grep takes for just these tests, named in full. */
export const titlePattern = (titles: readonly string[]): string =>
  `^(${titles.map((title) => title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})$`;
