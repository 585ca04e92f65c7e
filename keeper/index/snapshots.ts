import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "pino";
import type { Head } from "../chain/node.js";
import type { Indexer } from "./indexer.js";
import type { LoanBook } from "./loanBook.js";
import { decode } from "./snapshot/decode.js";
import { encode } from "./snapshot/encode.js";
import { BadSnapshot, type SnapshotOwner, SnapshotOvertaken } from "./snapshot/format.js";

/** Between two snapshots; what happened since the last is read from the log at a start. */
const EVERY_MS = 300_000;

/**
 * The book in a file, for a quick start. Only ever a shortcut: whatever is wrong with the file, the log says the same.
 */
export class Snapshots {
  private writtenAt = -Infinity;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly owner: SnapshotOwner,
    private readonly log: Logger,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Fills an empty book where there is a snapshot of it whose block still is part of the chain. */
  async restore(book: LoanBook, indexer: Indexer): Promise<void> {
    const { file, log } = this;
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if (!isMissing(error))
        log.warn({ file, why: String(error) }, "the snapshot cannot be read: the log is read instead");
      return;
    }
    book.clear();
    try {
      const at = decode(bytes, this.owner, book);
      const resumed = await indexer.resume(at);
      if (resumed) log.info({ file, block: at.number, loans: book.size }, "went on from the snapshot");
      else log.warn({ file, block: at.number }, "the snapshot's block was replaced: the log is read instead");
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      log.warn({ file, why: error.message }, "the snapshot is of no use: the log is read instead");
    }
  }

  /** Begins to write a snapshot where it is time for one; the book is at `head`. Decisions do not wait for it. */
  keep(book: LoanBook, head: Head): void {
    if (this.writing !== undefined || this.clock() - this.writtenAt < EVERY_MS) return;
    this.writtenAt = this.clock();
    this.writing = this.write(encode(book, head, this.owner))
      .catch((error: unknown) => {
        const { file, log } = this;
        if (error instanceof SnapshotOvertaken) this.writtenAt = -Infinity;
        else log.warn({ file, why: String(error) }, "the snapshot cannot be written: the next start reads the log");
      })
      .finally(() => {
        this.writing = undefined;
      });
  }

  /** Ends when nothing is being written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** A file is there whole or not at all. */
  private async write(chunks: Iterator<Uint8Array>): Promise<void> {
    // Before anything is waited for: that is when the book is at the block the snapshot is of.
    let chunk = chunks.next();
    await mkdir(dirname(this.file), { recursive: true });
    const temporary = `${this.file}.new`;
    const handle = await open(temporary, "w", 0o600);
    try {
      for (; chunk.done !== true; chunk = chunks.next()) await handle.writeFile(chunk.value);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.file);
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
