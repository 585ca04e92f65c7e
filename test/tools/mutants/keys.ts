const MOST_SHOWN = 90;

/** Source on one line, cut where it is long. */
export const short = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= MOST_SHOWN ? line : `${line.slice(0, MOST_SHOWN - 1)}…`;
};

/** Names for places in files that stay the same as long as the function around does not change at that place. */
export class Keys {
  readonly #counts = new Map<string, number>();

  /** The description itself, numbered from its second time in the file on. */
  of(file: string, what: string): string {
    const count = (this.#counts.get(`${file} ${what}`) ?? 0) + 1;
    this.#counts.set(`${file} ${what}`, count);
    return count === 1 ? what : `${what} (${count})`;
  }
}
