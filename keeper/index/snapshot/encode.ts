import { crc32 } from "node:zlib";
import type { LoanBook } from "../loanBook.js";
import type { LoanTable } from "../table/loanTable.js";
import { TermTable } from "../table/termTable.js";
import { MAGIC, type SnapshotHeader, type SnapshotOwner, SnapshotOvertaken, VERSION, toJson } from "./format.js";

/** Rows copied at once: well below a millisecond. */
const ROWS_A_CHUNK = 8_192;

/**
 * The book as it is when the first chunk is asked for, which must be at `at`. The book may go on before the others are: what it
 * changes meanwhile is in its undo log, which the snapshot ends with, and is taken back when it is read.
 *
 * @throws SnapshotOvertaken when blocks were taken back meanwhile
 */
export function* encode(
  book: LoanBook,
  at: { readonly number: number; readonly hash: string },
  owner: SnapshotOwner,
): Generator<Uint8Array> {
  let sum = 0;
  const chunk = (bytes: Uint8Array): Uint8Array => {
    // zlib takes no bytes for a new beginning.
    if (bytes.length > 0) sum = crc32(bytes, sum);
    return bytes;
  };
  const { epoch } = book;
  const header = headerOf(book, at, owner);
  const tables = [...book.tables.values()].map((table) => ({ table, rows: table.rows }));
  const json = Buffer.from(toJson(header));
  yield chunk(Buffer.concat([Buffer.from(MAGIC), words(VERSION, json.length), json]));

  for (const { table, rows } of tables) {
    for (const column of table.columns().keys()) {
      for (let from = 0; from < rows; from += ROWS_A_CHUNK) {
        yield chunk(copyOf(table, column, from, Math.min(from + ROWS_A_CHUNK, rows)));
        requireSame(book, epoch, at.number);
      }
    }
    if (!(table instanceof TermTable)) continue;
    const late = bytesOf(table.lateWords.slice());
    yield chunk(words(late.length));
    yield chunk(late);
    requireSame(book, epoch, at.number);
  }
  // In one piece, so that all of it is of one moment.
  const undone = tables.flatMap(({ table }) => {
    const undo = bytesOf(table.undo.wordsAfter(at.number));
    return [words(undo.length), undo];
  });
  yield chunk(Buffer.concat(undone));
  yield words(sum);
}

function headerOf(
  { rare, tables }: LoanBook,
  { number, hash }: { readonly number: number; readonly hash: string },
  { chainId, loanManager, termLoanManager, protectionOrders }: SnapshotOwner,
): SnapshotHeader {
  return {
    ...{ chainId, loanManager, termLoanManager, protectionOrders: protectionOrders ?? null, block: number, hash },
    tables: [...tables.values()].map((table) => ({
      facility: table.facility,
      rows: table.rows,
      term: table instanceof TermTable ? table.totals : null,
    })),
    facilities: [...rare.facilities.values()],
    orders: [...rare.orders.values()],
    marks: [...rare.marks],
    owners: [...rare.owners],
  };
}

function requireSame(book: LoanBook, epoch: number, block: number): void {
  if (book.epoch === epoch && book.settledTo <= block) return;
  throw new SnapshotOvertaken(`blocks were taken back while the snapshot of block ${block} was written`);
}

function copyOf(table: LoanTable, column: number, from: number, to: number): Uint8Array {
  const { stride, values } = table.columns()[column]!;
  return bytesOf(values.slice(from * stride, to * stride));
}

const bytesOf = (values: Uint32Array | Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const words = (...values: number[]): Uint8Array => bytesOf(Uint32Array.from(values));
