import type { BookFacility, BookOrder } from "./loanBook.js";

/** What few loans have and changes seldom, beside the tables: facilities, orders, marks of expected losses, new owners. */
export class RareBook {
  readonly facilities = new Map<number, BookFacility>();
  readonly orders = new Map<string, BookOrder>();
  /** Expected losses that are marked, by loan. */
  readonly marks = new Map<bigint, bigint>();
  /** Of loans that changed hands. */
  readonly owners = new Map<bigint, string>();
  private undo: { block: number; back: () => void }[] = [];

  putFacility(block: number, facility: BookFacility): void {
    this.put(block, this.facilities, facility.id, facility);
  }

  putOrder(block: number, of: Pick<BookOrder, "id" | "owner" | "kind">, order: BookOrder | undefined): void {
    this.put(block, this.orders, orderKey(of), order);
  }

  setMark(block: number, id: bigint, loss: bigint): undefined {
    this.put(block, this.marks, id, loss === 0n ? undefined : loss);
  }

  setOwner(block: number, id: bigint, owner: string): undefined {
    this.put(block, this.owners, id, owner);
  }

  /** A loan is gone. @param idOf its id, asked for only where it may matter */
  forgetLoan(block: number, idOf: () => bigint): void {
    if (this.marks.size === 0 && this.owners.size === 0) return;
    const id = idOf();
    if (this.marks.has(id)) this.put(block, this.marks, id, undefined);
    if (this.owners.has(id)) this.put(block, this.owners, id, undefined);
  }

  rollBackTo(block: number): void {
    for (let last = this.undo.at(-1); last !== undefined && last.block > block; last = this.undo.at(-1)) {
      last.back();
      this.undo.pop();
    }
  }

  settle(block: number): void {
    const first = this.undo.findIndex((entry) => entry.block > block);
    this.undo = first === -1 ? [] : this.undo.slice(first);
  }

  clear(): void {
    for (const map of [this.facilities, this.orders, this.marks, this.owners]) map.clear();
    this.undo = [];
  }

  private put<K, V>(block: number, map: Map<K, V>, key: K, value: V | undefined): undefined {
    const before = map.get(key);
    write(map, key, value);
    this.undo.push({ block, back: () => write(map, key, before) });
  }
}

export const orderKey = ({ id, owner, kind }: Pick<BookOrder, "id" | "owner" | "kind">): string =>
  `${id} ${owner} ${kind}`;

function write<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
