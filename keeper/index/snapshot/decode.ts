import { crc32 } from "node:zlib";
import type { LoanBook } from "../loanBook.js";
import { orderKey } from "../rareBook.js";
import { LoanTable } from "../table/loanTable.js";
import { TermTable } from "../table/termTable.js";
import { BadSnapshot, MAGIC, type SnapshotHeader, type SnapshotOwner, VERSION, fromJson } from "./format.js";

const WORD_BYTES = 4;
const FIXED_BYTES = MAGIC.length + 2 * WORD_BYTES;

/**
 * Fills an empty book from a snapshot.
 *
 * @returns the block it is of
 * @throws BadSnapshot where it is cut off, damaged, of another version or of another deployment; the book stays empty then
 */
export function decode(
  bytes: Uint8Array,
  owner: SnapshotOwner,
  book: LoanBook,
): { readonly number: number; readonly hash: string } {
  const reader = new Reader(bytes);
  const header = readHeader(reader, bytes);
  requireOwner(header, owner);
  requireWhole(bytes);
  try {
    const tables = header.tables.map(({ facility, rows, term }) => {
      const table = term === null ? new LoanTable(facility) : new TermTable(facility);
      table.beginRestore(rows);
      for (const { stride, values } of table.columns()) reader.into(values, rows * stride);
      if (!(table instanceof TermTable) || term === null) return table;
      table.totals = term;
      const late = new Uint32Array(reader.word() / WORD_BYTES);
      reader.into(late, late.length);
      table.lateWords = late;
      return table;
    });
    for (const table of tables) {
      const undo = new Uint32Array(reader.word() / WORD_BYTES);
      reader.into(undo, undo.length);
      table.endRestore(undo);
      book.tables.set(table.facility, table);
    }
  } catch (error) {
    book.clear();
    throw new BadSnapshot(`its parts do not fit its header: ${String(error)}`, { cause: error });
  }
  for (const facility of header.facilities) book.rare.facilities.set(facility.id, facility);
  for (const order of header.orders) book.rare.orders.set(orderKey(order), order);
  for (const [id, loss] of header.marks) book.rare.marks.set(id, loss);
  for (const [id, who] of header.owners) book.rare.owners.set(id, who);
  book.settle(header.block);
  return { number: header.block, hash: header.hash };
}

function readHeader(reader: Reader, bytes: Uint8Array): SnapshotHeader {
  if (bytes.length < FIXED_BYTES || reader.text(MAGIC.length) !== MAGIC) {
    throw new BadSnapshot(`it does not begin with ${MAGIC}, as a snapshot of a keeper's loans does`);
  }
  const version = reader.word();
  if (version !== VERSION) throw new BadSnapshot(`it is of version ${version}, this keeper reads ${VERSION}`);
  const size = reader.word();
  if (bytes.length < FIXED_BYTES + size) throw new BadSnapshot(`it is cut off after ${bytes.length} bytes`);
  try {
    return fromJson(reader.text(size)) as SnapshotHeader;
  } catch (cause) {
    throw new BadSnapshot("its header is damaged", { cause });
  }
}

function requireOwner(header: SnapshotHeader, owner: SnapshotOwner): void {
  for (const field of ["chainId", "loanManager", "termLoanManager", "protectionOrders"] as const) {
    const [found, expected] = [String(header[field] ?? "none"), String(owner[field] ?? "none")];
    if (found.toLowerCase() !== expected.toLowerCase()) {
      throw new BadSnapshot(`it is of ${field} ${found}, this keeper is of ${expected}`);
    }
  }
}

function requireWhole(bytes: Uint8Array): void {
  const body = bytes.subarray(0, bytes.length - WORD_BYTES);
  const said = new DataView(bytes.buffer, bytes.byteOffset + body.length, WORD_BYTES).getUint32(0, true);
  const sum = crc32(body);
  if (sum !== said) throw new BadSnapshot(`its checksum is ${sum} and it says ${said}: it is cut off or damaged`);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  text(size: number): string {
    return Buffer.from(this.take(size)).toString();
  }

  word(): number {
    const taken = this.take(WORD_BYTES);
    return new DataView(taken.buffer, taken.byteOffset, WORD_BYTES).getUint32(0, true);
  }

  /** Fills the first `count` values. */
  into(values: Uint32Array | Float64Array, count: number): void {
    const size = count * values.BYTES_PER_ELEMENT;
    new Uint8Array(values.buffer, values.byteOffset, size).set(this.take(size));
  }

  private take(size: number): Uint8Array {
    const taken = this.bytes.subarray(this.at, this.at + size);
    if (taken.length !== size) throw new BadSnapshot(`it ends ${size - taken.length} bytes early`);
    this.at += size;
    return taken;
  }
}
