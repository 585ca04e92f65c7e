import type { Wrap } from "./mutant.js";

/** A piece of what was put in: where it is in the result, and whose it is. */
export interface Thread {
  readonly start: number;
  readonly end: number;
  readonly id: number;
}

/**
 * The text between two offsets with every wrap put around its range: outer ones outside, of equal ranges the first outside.
 * @param threads receives where each wrap's result begins and ends, so that a compiler's complaint finds its mutant
 */
export function weave(
  text: string,
  wraps: readonly Wrap[],
  { start, end }: { start: number; end: number } = { start: 0, end: text.length },
  threads?: Thread[],
): string {
  const inside = wraps.filter((wrap) => wrap.start >= start && wrap.end <= end);
  const outerFirst = inside
    .map((wrap, order) => ({ wrap, order }))
    .sort((a, b) => a.wrap.start - b.wrap.start || b.wrap.end - a.wrap.end || a.order - b.order);
  let result = "";
  let at = start;
  const open: { wrap: Wrap; from: number }[] = [];
  const closeUpTo = (offset: number): void => {
    for (let last = open.at(-1); last !== undefined && last.wrap.end <= offset; last = open.at(-1)) {
      result += text.slice(at, last.wrap.end) + last.wrap.after;
      at = last.wrap.end;
      threads?.push({ start: last.from, end: result.length, id: last.wrap.id });
      open.pop();
    }
  };
  for (const { wrap } of outerFirst) {
    // An empty range that begins where another ends belongs behind it, one that begins where another begins into it.
    closeUpTo(wrap.start);
    const around = open.at(-1)?.wrap;
    if (around !== undefined && wrap.end > around.end) {
      throw new Error(`Wraps cross at ${wrap.start}–${wrap.end} and ${around.start}–${around.end}: they must nest.`);
    }
    result += text.slice(at, wrap.start);
    at = wrap.start;
    open.push({ wrap, from: result.length });
    result += wrap.before;
  }
  closeUpTo(end);
  return result + text.slice(at, end);
}
