import { webcrypto } from "node:crypto";

/** Limbs of a loan's id. */
const ID = 8;

/**
 * From a loan's id to its row: open addressing with linear probing over the rows' own ids, four bytes an entry. Anyone may choose
 * the salt in an id, so the hash has a secret of this process: nobody can make all loans collide.
 */
export class IdIndex {
  /** Row + 1; 0 for an empty slot. */
  private slots = new Int32Array(1_024);
  private used = 0;
  private readonly secret = webcrypto.getRandomValues(new Int32Array(ID));

  /** @param ids of row r: the 8 limbs from `r * stride` on */
  constructor(
    private ids: Uint32Array,
    private readonly stride: number,
  ) {}

  /** The ids moved to a larger array. */
  moveTo(ids: Uint32Array): void {
    this.ids = ids;
  }

  /** @returns −1 where there is none */
  find(id: Uint32Array, at: number): number {
    const mask = this.slots.length - 1;
    for (let slot = this.hash(id, at) & mask; ; slot = (slot + 1) & mask) {
      const row = this.slots[slot]! - 1;
      if (row < 0) return -1;
      if (this.isIdOf(row, id, at)) return row;
    }
  }

  /** Slot at which the search for an id begins. */
  homeOf(id: Uint32Array, at: number): number {
    return this.hash(id, at) & (this.slots.length - 1);
  }

  /** Writes the rows of those slots in their place, most of them those of the ids that begin there; 0 for an empty slot. */
  guess(homes: Int32Array, count: number): void {
    for (let at = 0; at < count; at++) homes[at] = Math.max(this.slots[homes[at]!]! - 1, 0);
  }

  /** Of a row whose id is written and not here yet. */
  insert(row: number): void {
    if (2 * (this.used + 1) > this.slots.length) this.grow();
    this.place(row);
    this.used += 1;
  }

  remove(row: number): void {
    const mask = this.slots.length - 1;
    let hole = this.hash(this.ids, row * this.stride) & mask;
    while (this.slots[hole] !== row + 1) {
      if (this.slots[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    // What follows moves up, so that no search ends too early.
    for (let slot = (hole + 1) & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.hash(this.ids, (this.slots[slot]! - 1) * this.stride) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.slots[hole] = this.slots[slot]!;
      hole = slot;
    }
    this.slots[hole] = 0;
    this.used -= 1;
  }

  /** Makes room for so many at once. */
  reserve(rows: number): void {
    let size = this.slots.length;
    while (size < 2 * rows) size *= 2;
    if (size > this.slots.length) this.resize(size);
  }

  clear(): void {
    this.slots = new Int32Array(1_024);
    this.used = 0;
  }

  private place(row: number): void {
    const mask = this.slots.length - 1;
    let slot = this.hash(this.ids, row * this.stride) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = row + 1;
  }

  private grow(): void {
    this.resize(this.slots.length * 2);
  }

  private resize(size: number): void {
    const before = this.slots;
    this.slots = new Int32Array(size);
    for (const entry of before) if (entry !== 0) this.place(entry - 1);
  }

  private isIdOf(row: number, id: Uint32Array, at: number): boolean {
    const from = row * this.stride;
    for (let limb = 0; limb < ID; limb++) if (this.ids[from + limb] !== id[at + limb]) return false;
    return true;
  }

  private hash(id: Uint32Array, at: number): number {
    let hash = 0;
    for (let limb = 0; limb < ID; limb++) {
      hash = Math.imul(hash ^ id[at + limb]! ^ this.secret[limb]!, 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85eb_ca6b);
    return hash ^ (hash >>> 13);
  }
}
