import type { Head, Log, LogFilter } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { Inconsistent } from "../errors.js";
import { decodeLog } from "./decodeLogs.js";
import type { LoanBook } from "./loanBook.js";

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
}

/** How many heads are remembered, and so how deep a reorganisation is followed without reading everything anew. */
const REMEMBERED_HEADS = 512;

export interface Advance {
  readonly logs: number;
  /** Newest block that was kept, when some were taken back. */
  readonly rolledBackTo: number | undefined;
}

/**
 * Keeps the loan book at the head it is shown, from the log alone: after a restart it reads the log from the beginning, so
 * there is no state that could be lost, truncated or stale.
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

  /**
   * Brings the book to `head`. What it read fits together or nothing of it is kept.
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

    const from = (kept?.number ?? this.options.fromBlock - 1) + 1;
    const logs = isChild
      ? await this.source.logs({ addresses: this.options.addresses, range: { blockHash: head.hash } })
      : await this.range(from, head.number);
    this.requireOf(head, logs);
    for (const log of inOrder(logs)) {
      const event = decodeLog(log);
      if (event !== undefined) this.book.apply(log.blockNumber, event);
    }
    this.checkpoints.push({ number: head.number, hash: head.hash });
    this.forget();
    return { logs: logs.length, rolledBackTo };
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

  private async range(from: number, to: number): Promise<Log[]> {
    const logs: Log[] = [];
    let span = this.options.logRange;
    for (let first = from; first <= to;) {
      const last = Math.min(first + span - 1, to);
      try {
        logs.push(...(await this.source.logs({ addresses: this.options.addresses, range: { from: first, to: last } })));
        first = last + 1;
      } catch (error) {
        if (!(error instanceof RpcError && error.isTooMuch) || last === first) throw error;
        span = Math.ceil((last - first + 1) / 2);
      }
    }
    return logs;
  }

  private requireOf(head: Head, logs: readonly Log[]): void {
    const stranger = logs.find((log) => log.blockNumber === head.number && log.blockHash !== head.hash);
    if (stranger === undefined) return;
    throw new Inconsistent(`block ${head.number} was ${head.hash} and its logs are of ${stranger.blockHash}`);
  }

  private forget(): void {
    if (this.checkpoints.length <= REMEMBERED_HEADS) return;
    this.checkpoints = this.checkpoints.slice(-REMEMBERED_HEADS);
    const oldest = this.checkpoints[0];
    if (oldest !== undefined) this.book.settle(oldest.number);
  }
}

/** Overlapping answers repeat logs, and some nodes do not sort them. */
function inOrder(logs: readonly Log[]): Log[] {
  const byPlace = new Map(logs.filter((log) => !log.removed).map((log) => [`${log.blockNumber}/${log.logIndex}`, log]));
  return [...byPlace.values()].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}
