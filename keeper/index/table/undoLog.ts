interface Sealed {
  readonly block: number;
  readonly words: Uint32Array;
}

/** What an entry says of a row: its length stands last, so that entries are read from the end. */
export const UNDO = { CHANGED: 0, INSERTED: 1, REMOVED: 2 } as const;
const KIND_BITS = 2;
/** Limbs of room for a block's entries at first; more than so many are given back when the block is over. */
const FIRST_ROOM = 4_096;
const MOST_ROOM = 1 << 20;

export interface UndoEntry {
  readonly kind: number;
  readonly row: number;
  /** What was saved stands in `size` limbs from `at` on. */
  readonly words: Uint32Array;
  readonly at: number;
  readonly size: number;
}

/** The entries in limbs, the last first. */
export function* entriesOf(words: Uint32Array): Generator<UndoEntry> {
  for (let end = words.length; end > 0;) {
    const size = words[end - 1]!;
    const head = words[end - 2]!;
    const at = end - 2 - size;
    yield { kind: head % (1 << KIND_BITS), row: Math.floor(head / (1 << KIND_BITS)), words, at, size };
    end = at;
  }
}

/**
 * What rows were before their changes, as limbs in one buffer a block, so that a reorganisation can take them back and what is
 * older than any reorganisation is dropped whole.
 */
export class UndoLog {
  private sealed: Sealed[] = [];
  private open = new Uint32Array(FIRST_ROOM);
  private length = 0;
  private block = -1;
  private start = 0;

  /** Opens an entry. Blocks come in ascending order. */
  begin(block: number): void {
    if (block !== this.block) {
      this.seal();
      this.block = block;
    }
    this.start = this.length;
  }

  push(source: Uint32Array, from: number, size: number): void {
    this.room(size);
    for (let limb = 0; limb < size; limb++) this.open[this.length + limb] = source[from + limb]!;
    this.length += size;
  }

  end(kind: number, row: number): void {
    this.room(2);
    this.open[this.length] = row * (1 << KIND_BITS) + kind;
    this.open[this.length + 1] = this.length - this.start;
    this.length += 2;
  }

  /** Hands out every entry of blocks after `block`, the newest first. */
  *after(block: number): Generator<UndoEntry> {
    for (const part of this.partsAfter(block).reverse()) yield* entriesOf(part);
  }

  /** The limbs of those entries, in the order in which they were written. */
  wordsAfter(block: number): Uint32Array {
    const parts = this.partsAfter(block);
    const words = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      words.set(part, at);
      at += part.length;
    }
    return words;
  }

  /** Drops the entries of blocks after `block`, which were taken back. */
  dropAfter(block: number): void {
    if (this.block > block) {
      this.length = 0;
      this.block = -1;
    }
    while ((this.sealed.at(-1)?.block ?? -1) > block) this.sealed.pop();
  }

  /** Forgets the entries of blocks up to `block`, which are never taken back. */
  settle(block: number): void {
    if (this.block <= block) {
      this.empty();
      this.block = -1;
    }
    let first = 0;
    while ((this.sealed[first]?.block ?? Infinity) <= block) first += 1;
    if (first > 0) this.sealed = this.sealed.slice(first);
  }

  clear(): void {
    this.sealed = [];
    this.length = 0;
    this.block = -1;
  }

  get bytes(): number {
    return this.sealed.reduce((sum, { words }) => sum + words.byteLength, this.open.byteLength);
  }

  private partsAfter(block: number): Uint32Array[] {
    const parts = this.sealed.filter((one) => one.block > block).map(({ words }) => words);
    if (this.block > block) parts.push(this.open.subarray(0, this.length));
    return parts;
  }

  private seal(): void {
    if (this.length > 0) this.sealed.push({ block: this.block, words: this.open.slice(0, this.length) });
    this.empty();
  }

  private empty(): void {
    this.length = 0;
    if (this.open.length > MOST_ROOM) this.open = new Uint32Array(FIRST_ROOM);
  }

  private room(size: number): void {
    if (this.length + size <= this.open.length) return;
    const larger = new Uint32Array(Math.max(this.open.length * 2, this.length + size));
    larger.set(this.open.subarray(0, this.length));
    this.open = larger;
  }
}
