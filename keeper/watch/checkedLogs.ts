import { setTimeout as sleep } from "node:timers/promises";
import type { Head, Log, LogFilter } from "../chain/node.js";
import { Inconsistent } from "../errors.js";
import type { LogSource } from "../index/indexer.js";
import { Bloom, type LogWatch } from "./bloom.js";

/** What is asked of the node. */
export interface LogNode {
  head(at: number): Promise<Head | undefined>;
  headByHash(hash: string): Promise<Head | undefined>;
  logs(filter: LogFilter): Promise<Log[]>;
  logsElsewhere(filter: LogFilter): Promise<Log[]>;
  logsAndHeads(
    filter: LogFilter,
    numbers: readonly number[],
  ): Promise<{ readonly logs: Log[]; readonly heads: readonly (Head | undefined)[] }>;
}

export interface CheckedLogsOptions {
  /** Pauses before a block without logs is asked for them again, when its bloom affirms some; the first elsewhere at once. */
  readonly patienceMs: readonly number[];
  /** How many of the newest blocks {@link CheckedLogs.rescan} reads again. */
  readonly rescanBlocks: number;
}

export const CHECKED_LOGS_DEFAULTS: CheckedLogsOptions = { patienceMs: [0, 50, 150, 400], rescanBlocks: 32 };

/** Ranges up to this long are checked block by block; each costs its header. */
const CHECKED_RANGE = 64;
/** Headers remembered with their blooms. */
const REMEMBERED = 512;

interface Delivered {
  readonly hash: string;
  readonly logs: ReadonlySet<string>;
}

/**
 * The log as the indexer reads it, checked: against each block's bloom, against the headers of the endpoint that gave it, and,
 * some blocks later, against itself. A block just announced often has no logs yet at the endpoint that is asked.
 */
export class CheckedLogs implements LogSource {
  private readonly heads = new Map<string, Head>();
  private readonly delivered = new Map<number, Delivered>();
  /** Affirmed without a log, after all patience: chance, or still missing. */
  private readonly doubtful = new Set<string>();
  /** Whether blooms of this chain affirm what is there; some chains leave them empty. */
  private bloomsWork = false;
  /** Blooms were caught denying what was there. */
  private bloomsLie = false;
  /** The head the log is being brought to. */
  private target: Head | undefined;
  /** Logs that an endpoint gave only when asked again. */
  late = 0;

  constructor(
    private readonly node: LogNode,
    private readonly watch: LogWatch,
    private readonly addresses: readonly string[],
    private readonly options: CheckedLogsOptions = CHECKED_LOGS_DEFAULTS,
  ) {}

  /** The head that is decided about next: its bloom need not be asked for, and logs up to it must be of its chain. */
  follow(head: Head): void {
    this.target = head;
    this.saw(head);
  }

  private saw(head: Head): void {
    this.heads.delete(head.hash);
    this.heads.set(head.hash, head);
    const [oldest] = this.heads.keys();
    if (this.heads.size > REMEMBERED && oldest !== undefined) this.heads.delete(oldest);
  }

  head(at: number): Promise<Head | undefined> {
    return this.node.head(at);
  }

  /** @throws Inconsistent when the logs are not of the blocks they were asked for */
  async logs(filter: LogFilter): Promise<Log[]> {
    const { range } = filter;
    if ("blockHash" in range) return this.ofBlock(filter, range.blockHash);
    const { from, to } = range;
    return to - from < CHECKED_RANGE ? this.ofShortRange(filter, from, to) : this.ofLongRange(filter, from, to);
  }

  /**
   * Reads the newest blocks' logs again.
   *
   * @returns the first block of which a log was not delivered before; undefined when all were
   */
  async rescan(head: Head): Promise<number | undefined> {
    const from = Math.max(0, head.number - this.options.rescanBlocks + 1);
    const logs = await this.node.logs({ addresses: this.addresses, range: { from, to: head.number } });
    const missed = logs.filter(({ blockNumber, blockHash, logIndex, removed }) => {
      const before = this.delivered.get(blockNumber);
      // Of another block under this number the heads will tell.
      return !removed && before?.hash === blockHash && !before.logs.has(`${logIndex}`);
    });
    if (missed.length === 0) return undefined;
    this.late += missed.length;
    // A bloom that denied them is not asked again.
    for (const { blockHash } of missed) if (this.expectationOf(blockHash) === "none") this.bloomsLie = true;
    return Math.min(...missed.map(({ blockNumber }) => blockNumber));
  }

  private async ofBlock(filter: LogFilter, hash: string): Promise<Log[]> {
    if (!this.heads.has(hash)) {
      const head = await this.node.headByHash(hash);
      if (head !== undefined) this.saw(head);
    }
    const number = this.heads.get(hash)?.number;
    const expectation = this.expectationOf(hash);
    const sure = this.bloomsWork && !this.bloomsLie;
    const logs = expectation === "none" && sure ? [] : await this.node.logs(filter);
    return this.deliver(number, hash, await this.patiently(filter, hash, logs));
  }

  /** Asks again for what the bloom affirms and the endpoint does not have. */
  private async patiently(filter: LogFilter, hash: string, first: Log[]): Promise<Log[]> {
    const expectation = this.expectationOf(hash);
    if (first.length > 0) {
      if (expectation === "none") this.bloomsLie = true;
      else if (expectation === "some") this.bloomsWork = true;
      return first;
    }
    if (expectation !== "some" || this.doubtful.has(hash)) return first;
    for (const pause of this.options.patienceMs) {
      if (pause > 0) await sleep(pause);
      const logs = await this.node.logsElsewhere(filter);
      if (logs.length === 0) continue;
      this.late += logs.length;
      return logs;
    }
    if (this.doubtful.size > REMEMBERED) this.doubtful.clear();
    this.doubtful.add(hash);
    return first;
  }

  private async ofShortRange(filter: LogFilter, from: number, to: number): Promise<Log[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
    const { logs, heads } = await this.node.logsAndHeads(filter, numbers);
    const blocks: Log[][] = [];
    let parentHash = this.delivered.get(from - 1)?.hash;
    for (const [at, number] of numbers.entries()) {
      const head = heads[at];
      if (head === undefined)
        throw new Inconsistent(`the node gave logs to block ${to} and has no block ${number} yet`);
      if (parentHash !== undefined && head.parentHash !== parentHash) {
        throw new Inconsistent(`block ${number} follows ${head.parentHash}, and the block before it is ${parentHash}`);
      }
      if (this.target?.number === number && this.target.hash !== head.hash) {
        throw new Inconsistent(
          `block ${number} is ${this.target.hash} and the endpoint that gives its logs has ${head.hash}`,
        );
      }
      parentHash = head.hash;
      this.saw(head);
      const own = logs.filter((log) => log.blockNumber === number);
      const stranger = own.find((log) => log.blockHash !== head.hash);
      if (stranger !== undefined) {
        throw new Inconsistent(`block ${number} is ${head.hash} and its logs are of ${stranger.blockHash}`);
      }
      const single: LogFilter = { addresses: filter.addresses, range: { blockHash: head.hash } };
      blocks.push(this.deliver(number, head.hash, await this.patiently(single, head.hash, own)));
    }
    return blocks.flat();
  }

  /** Too long to check each block; the last must be there, and the sums of the book and the re-scan see to the rest. */
  private async ofLongRange(filter: LogFilter, from: number, to: number): Promise<Log[]> {
    const { logs, heads } = await this.node.logsAndHeads(filter, [to]);
    const [last] = heads;
    if (last === undefined) throw new Inconsistent(`the node gave logs of ${from} to ${to} and has no block ${to} yet`);
    for (const number of [...this.delivered.keys()]) if (number >= from && number <= to) this.delivered.delete(number);
    return logs;
  }

  private expectationOf(hash: string): "none" | "some" | "unsure" {
    const bloom = this.heads.get(hash)?.logsBloom;
    return bloom === undefined || bloom.length !== 514 ? "unsure" : this.watch.expects(new Bloom(bloom));
  }

  private deliver(number: number | undefined, hash: string, logs: Log[]): Log[] {
    if (number === undefined) return logs;
    this.delivered.delete(number);
    this.delivered.set(number, { hash, logs: new Set(logs.map(({ logIndex }) => `${logIndex}`)) });
    const [oldest] = this.delivered.keys();
    if (this.delivered.size > REMEMBERED && oldest !== undefined) this.delivered.delete(oldest);
    return logs;
  }
}
