import type { TermSheet } from "../../sdk/model/index.js";
import type { Head, Log, LogFilter } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { Inconsistent } from "../errors.js";
import type { LoanBook } from "./loanBook.js";
import { LOGS_AHEAD } from "./table/loanTable.js";

/** What the indexer needs of a node. */
export interface LogSource {
  head(at: number): Promise<Head | undefined>;
  logs(filter: LogFilter): Promise<Log[]>;
}

interface Checkpoint {
  readonly number: number;
  readonly hash: string;
}

export interface IndexerOptions {
  /** Of the managers, and of the orders where there are such. */
  readonly addresses: readonly string[];
  /** Block before which they have no events. */
  readonly fromBlock: number;
  /** Blocks asked for at once; halved when the node finds it too much. */
  readonly logRange: number;
  /** A sheet of a term pool, as of a block. It never changes once it is there. */
  readonly readSheet: (pool: string, sheet: number, at: number) => Promise<TermSheet>;
}

/** How many heads are remembered, and so how deep a reorganisation is followed without reading everything anew. */
const REMEMBERED_HEADS = 512;
/** Where blocks are read in ranges, one ends so far below the head: a reorganisation this deep costs no more than that range. */
const LAST_RANGE = 64;

export interface Advance {
  readonly logs: number;
  /** Newest block that was kept, when some were taken back. */
  readonly rolledBackTo: number | undefined;
}

/**
 * Keeps the loan book at the head it is shown, from the log alone: from a snapshot's block on where there is one, else from the
 * beginning. Ranges of blocks are applied as they come, so that what is read of a long log is kept when the node stops answering,
 * and nothing of it is kept twice.
 */
export class Indexer {
  private checkpoints: Checkpoint[] = [];

  constructor(
    private readonly source: LogSource,
    private readonly book: LoanBook,
    private readonly options: IndexerOptions,
  ) {}

  /** Block the book stands at; undefined before the first. */
  get position(): number | undefined {
    return this.checkpoints.at(-1)?.number;
  }

  /** The same with its hash. */
  get checkpoint(): { readonly number: number; readonly hash: string } | undefined {
    return this.checkpoints.at(-1);
  }

  /**
   * The book was filled from a snapshot of that block.
   *
   * @returns whether the block is part of the chain still; if not, the book is empty again
   */
  async resume(at: { readonly number: number; readonly hash: string }): Promise<boolean> {
    const block = await this.source.head(at.number);
    if (block?.hash === at.hash) {
      this.checkpoints = [{ number: at.number, hash: at.hash }];
      return true;
    }
    this.checkpoints = [];
    this.book.clear();
    return false;
  }

  /**
   * Brings the book to `head`.
   *
   * @throws Inconsistent when the chain changed meanwhile: ask again with the next head
   */
  async advanceTo(head: Head): Promise<Advance> {
    const start = this.checkpoints.at(-1);
    if (start?.hash === head.hash) return { logs: 0, rolledBackTo: undefined };
    const isChild = start !== undefined && head.parentHash === start.hash;
    const kept = start === undefined || isChild ? start : await this.lastCommon(head);
    const rolledBackTo = kept === start ? undefined : (kept?.number ?? this.options.fromBlock - 1);
    if (rolledBackTo !== undefined) this.rollBackTo(rolledBackTo);

    let logs = 0;
    if (isChild) {
      const filter = { addresses: this.options.addresses, range: { blockHash: head.hash } };
      logs += await this.take(await this.source.logs(filter), head);
    } else {
      logs += await this.range((kept?.number ?? this.options.fromBlock - 1) + 1, head);
    }
    this.book.advance(Number(head.timestamp));
    return { logs, rolledBackTo };
  }

  /** Reads everything after `block` again: the sums did not agree. */
  rollBackTo(block: number): void {
    const reachable = this.checkpoints[0]?.number ?? Infinity;
    // What is older than the oldest remembered head cannot be taken back step by step.
    if (block < reachable) {
      this.checkpoints = [];
      this.book.clear();
      return;
    }
    this.checkpoints = this.checkpoints.filter(({ number }) => number <= block);
    const last = this.checkpoints.at(-1);
    this.book.rollBackTo(last?.number ?? block);
  }

  /** The newest remembered block that is still part of the chain that `head` ends. */
  private async lastCommon(head: Head): Promise<Checkpoint | undefined> {
    for (const checkpoint of this.checkpoints.toReversed()) {
      if (checkpoint.number > head.number) continue;
      const now = checkpoint.number === head.number ? head : await this.source.head(checkpoint.number);
      if (now === undefined)
        throw new Inconsistent(`the node has no block ${checkpoint.number} below head ${head.number}`);
      if (now.hash === checkpoint.hash) return checkpoint;
    }
    return undefined;
  }

  /** Reads from a block up to the head, in ranges that are each kept once they are whole. */
  private async range(from: number, head: Head): Promise<number> {
    let count = 0;
    let span = this.options.logRange;
    for (let first = from; first <= head.number;) {
      // The last range is short, so that its beginning is a checkpoint near the head.
      const most = head.number - first > LAST_RANGE ? head.number - LAST_RANGE : head.number;
      const last = Math.min(first + span - 1, most);
      try {
        const logs = await this.source.logs({ addresses: this.options.addresses, range: { from: first, to: last } });
        count += await this.take(logs, last === head.number ? head : await this.blockAt(last, head));
        first = last + 1;
      } catch (error) {
        if (!(error instanceof RpcError && error.isTooMuch) || last === first) throw error;
        span = Math.ceil((last - first + 1) / 2);
      }
    }
    await this.requireStill(from, head);
    return count;
  }

  private async blockAt(number: number, head: Head): Promise<Head> {
    const block = await this.source.head(number);
    if (block === undefined) throw new Inconsistent(`the node has no block ${number} below head ${head.number}`);
    return block;
  }

  /** Ranges read one after the other are of one chain only if the checkpoints between them still are of it. */
  private async requireStill(from: number, head: Head): Promise<void> {
    const before = this.checkpoints.findLast(({ number }) => number >= from && number < head.number);
    if (before === undefined || (await this.source.head(before.number))?.hash === before.hash) return;
    this.rollBackTo(from - 1);
    throw new Inconsistent(`block ${before.number} was replaced while the log up to ${head.number} was read`);
  }

  /** Applies the logs up to and with `end`'s: all of them or none. */
  private async take(logs: readonly Log[], end: Head): Promise<number> {
    this.requireOf(end, logs);
    const before = this.checkpoints.at(-1);
    const ordered = inOrder(logs);
    const seconds = await this.secondsOf(ordered, end);
    try {
      for (const [at, log] of ordered.entries()) {
        if (at % LOGS_AHEAD === 0) this.book.expect(ordered, at);
        const second = seconds.get(log.blockNumber) ?? Number(end.timestamp);
        for (
          let missing = this.book.apply(log, second);
          missing !== undefined;
          missing = this.book.apply(log, second)
        ) {
          const sheet = await this.options.readSheet(missing.pool, missing.sheet, end.number);
          this.book.learn(missing, sheet, log.blockNumber);
        }
      }
    } catch (error) {
      if (before === undefined) this.book.clear();
      else this.book.rollBackTo(before.number);
      throw error;
    }
    this.checkpoints.push({ number: end.number, hash: end.hash });
    this.forget(end.number);
    return logs.length;
  }

  /** Seconds of the blocks of logs: what a term loan owes depends on them. Nodes that say them with the log are not asked again. */
  private async secondsOf(logs: readonly Log[], end: Head): Promise<Map<number, number>> {
    const seconds = new Map([[end.number, Number(end.timestamp)]]);
    for (const { blockNumber, blockHash, blockTimestamp } of logs) {
      if (seconds.has(blockNumber)) continue;
      if (typeof blockTimestamp === "bigint") {
        seconds.set(blockNumber, Number(blockTimestamp));
        continue;
      }
      const block = await this.blockAt(blockNumber, end);
      if (block.hash !== blockHash) {
        throw new Inconsistent(`block ${blockNumber} is ${block.hash} and its logs are of ${blockHash}`);
      }
      seconds.set(blockNumber, Number(block.timestamp));
    }
    return seconds;
  }

  private requireOf(head: Head, logs: readonly Log[]): void {
    const stranger = logs.find((log) => log.blockNumber === head.number && log.blockHash !== head.hash);
    if (stranger === undefined) return;
    throw new Inconsistent(`block ${head.number} was ${head.hash} and its logs are of ${stranger.blockHash}`);
  }

  /** One checkpoint at or below the horizon stays, and what happened after it can be taken back. */
  private forget(newest: number): void {
    const horizon = newest - REMEMBERED_HEADS;
    const first = Math.max(
      this.checkpoints.findLastIndex(({ number }) => number <= horizon),
      this.checkpoints.length - REMEMBERED_HEADS,
      0,
    );
    if (first > 0) this.checkpoints = this.checkpoints.slice(first);
    const oldest = this.checkpoints[0];
    if (oldest !== undefined) this.book.settle(oldest.number);
  }
}

/** Overlapping answers repeat logs, and some nodes do not sort them. */
function inOrder(logs: readonly Log[]): readonly Log[] {
  if (logs.every((log, at) => !log.removed && (at === 0 || comparePlace(logs[at - 1]!, log) < 0))) return logs;
  const sorted = logs.filter((log) => !log.removed).sort(comparePlace);
  return sorted.filter((log, at) => at === 0 || comparePlace(sorted[at - 1]!, log) !== 0);
}

const comparePlace = (a: Log, b: Log): number => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
