/** Remembers how to undo writes, so that a refused action leaves nothing behind, and a reorganised block neither. */
export class Journal {
  readonly #undo: (() => void)[] = [];
  #openSavepoints = 0;

  /** Kept only while someone may still go back. */
  record(undo: () => void): void {
    if (this.#openSavepoints > 0) this.#undo.push(undo);
  }

  /** Opens a savepoint, to be ended by exactly one {@link rollBack} or {@link release}, the latest opened first. */
  savepoint(): number {
    this.#openSavepoints++;
    return this.#undo.length;
  }

  rollBack(savepoint: number): void {
    for (let undo = this.#undo.length; undo > savepoint; undo--) this.#undo.pop()?.();
    this.#openSavepoints--;
  }

  release(): void {
    this.#openSavepoints--;
    if (this.#openSavepoints === 0) this.#undo.length = 0;
  }
}

/** A mapping whose writes can be undone, but for the order of its rows. Values are never changed in place, only replaced. */
export class Table<K, V> {
  readonly #rows = new Map<K, V>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: K): V | undefined {
    return this.#rows.get(key);
  }

  set(key: K, value: V): void {
    const before = this.#rows.get(key);
    if (before === undefined) this.#journal.record(() => this.#rows.delete(key));
    else this.#journal.record(() => this.#rows.set(key, before));
    this.#rows.set(key, value);
  }

  delete(key: K): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.#journal.record(() => this.#rows.set(key, before));
    this.#rows.delete(key);
  }

  keys(): IterableIterator<K> {
    return this.#rows.keys();
  }

  entries(): IterableIterator<[K, V]> {
    return this.#rows.entries();
  }
}
