/** Seconds under one spoke, and spokes: together longer than any row sleeps. */
const SPOKE_SECONDS = 8;
const SPOKES = 8_192;
/** A row may sleep this long. */
export const LONGEST_SLEEP = SPOKE_SECONDS * (SPOKES - 1);

/**
 * Wakes rows at their second. Rows of one spoke are a doubly linked list in two arrays: to put a row elsewhere touches its
 * neighbours only, and time that passes touches the rows that are due.
 */
export class Wheel {
  private readonly first = new Int32Array(SPOKES).fill(-1);
  private next = new Int32Array(0);
  private previous = new Int32Array(0);
  /** Spoke of a row; −1 for a row that sleeps for ever. */
  private spoke = new Int16Array(0);
  private turned = -1;

  reserve(rows: number): void {
    if (rows <= this.next.length) return;
    const { next, previous, spoke } = this;
    this.next = new Int32Array(rows);
    this.previous = new Int32Array(rows);
    this.spoke = new Int16Array(rows).fill(-1);
    this.next.set(next);
    this.previous.set(previous);
    this.spoke.set(spoke);
  }

  /** @param second from now on, and at most {@link LONGEST_SLEEP} from it */
  put(row: number, second: number): void {
    this.remove(row);
    const spoke = Math.floor(second / SPOKE_SECONDS) % SPOKES;
    const head = this.first[spoke]!;
    this.next[row] = head;
    this.previous[row] = -1;
    if (head >= 0) this.previous[head] = row;
    this.first[spoke] = row;
    this.spoke[row] = spoke;
  }

  remove(row: number): void {
    const spoke = this.spoke[row]!;
    if (spoke < 0) return;
    const [next, previous] = [this.next[row]!, this.previous[row]!];
    if (previous >= 0) this.next[previous] = next;
    else this.first[spoke] = next;
    if (next >= 0) this.previous[next] = previous;
    this.spoke[row] = -1;
  }

  /** Brings these rows and their neighbours into the processor's cache, all at once. @returns what says nothing, so that it is read */
  fetch(rows: Int32Array, count: number): number {
    const { next, previous, spoke } = this;
    let all = 0;
    for (let at = 0; at < count; at++) {
      const row = rows[at]!;
      all ^= spoke[row]! ^ previous[Math.max(next[row]!, 0)]! ^ next[Math.max(previous[row]!, 0)]!;
    }
    return all;
  }

  /**
   * Calls `wake` with the rows of all spokes that time passes on the way to `now`, the one of `now` among them: whether such a row
   * is due is for `wake` to see. It may put any row anew.
   */
  turn(now: number, wake: (row: number) => void): void {
    const to = Math.floor(now / SPOKE_SECONDS);
    // Time may stand still, and go back a little when the chain is reorganised.
    const from = this.turned < 0 || to - this.turned >= SPOKES ? to - SPOKES + 1 : Math.min(this.turned, to);
    for (let at = from; at <= to; at++) {
      for (let row = this.first[((at % SPOKES) + SPOKES) % SPOKES]!; row >= 0;) {
        const next = this.next[row]!;
        wake(row);
        row = next;
      }
    }
    this.turned = to;
  }

  clear(): void {
    this.first.fill(-1);
    this.spoke.fill(-1);
    this.turned = -1;
  }
}
