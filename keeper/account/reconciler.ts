import { z } from "zod";
import { erc20Abi } from "../../sdk/client/abi/index.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import { read, tokenAt } from "../chain/contracts.js";
import type { Head, Log, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { SnapshotStore, StoredResult } from "../store/store.js";
import { cashOf } from "./storedResult.js";

/** What was on the chain at a block, wei and loan units. */
const baselineSchema = z.object({
  block: z.int().min(0),
  hash: z.string(),
  timestamp: z.int().min(0),
  ether: z.string().transform(BigInt),
  tokens: z.record(z.string(), z.string().transform(BigInt)),
});
type Baseline = z.output<typeof baselineSchema>;

/** By what the chain has more, or less, than the books explain. */
export interface Difference {
  /** "ether" or the token's address. */
  readonly asset: string;
  readonly booked: bigint;
  readonly onChain: bigint;
  /** On chain less booked. */
  readonly difference: bigint;
  /** Of it, what transactions that are not the keeper's moved: a withdrawal of profit, most often. Tokens only. */
  readonly explained: bigint;
}

export interface Reconciled {
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly differences: readonly Difference[];
}

export interface ReconcilerDeps {
  readonly node: Node;
  /** Accounts that pay fees. */
  readonly operators: readonly string[];
  readonly liquidator: string;
  /** Loan assets known so far. */
  readonly assets: () => readonly string[];
  readonly snapshots: SnapshotStore;
}

const TRANSFER = interfaceOf(erc20Abi).getEvent("Transfer")?.topicHash ?? "";

/**
 * Holds the books against the chain: between two blocks the operators' ether must have changed by the fees booked, and the
 * liquidator's loan assets by the cash booked, to the unit. What it compares from outlives the process, so that what happened
 * while no keeper ran is found too.
 */
export class Reconciler {
  private baseline: Baseline | undefined;
  /** Booked in blocks after the baseline. */
  private since: StoredResult[] = [];

  constructor(
    private readonly deps: ReconcilerDeps,
    private readonly name = "books-baseline",
  ) {}

  /**
   * Reads what to compare from; again whenever this keeper begins to lead, as another may have compared meanwhile.
   *
   * @param results of a time, by which what was booked since the baseline is found
   */
  async start(results: (from: number, to: number) => Promise<StoredResult[]>): Promise<void> {
    const kept = await this.deps.snapshots.load(this.name);
    if (kept === undefined) return;
    const parsed = baselineSchema.safeParse(parse(kept.toString("utf8")));
    if (!parsed.success) return;
    this.baseline = parsed.data;
    const later = await results(parsed.data.timestamp, Number.MAX_SAFE_INTEGER);
    // What is booked here already may not be in the store yet.
    const own = new Set(this.since.map(keyOf));
    const stored = later.filter((one) => !own.has(keyOf(one)));
    this.since = [...stored, ...this.since].filter(({ block }) => block > parsed.data.block);
  }

  /** Block from which on it compares. */
  get from(): number | undefined {
    return this.baseline?.block;
  }

  book(results: readonly StoredResult[]): void {
    const replaced = new Set(results.map(keyOf));
    this.since = [...this.since.filter((one) => !replaced.has(keyOf(one))), ...results];
  }

  rollBackTo(block: number): void {
    this.since = this.since.filter((one) => one.block <= block);
  }

  /**
   * Compares up to `head`, through which everything must be booked, and compares from there the next time.
   *
   * @returns undefined the first time, and where the block it compared from is no longer part of the chain
   */
  async check(head: Head): Promise<Reconciled | undefined> {
    const before = this.baseline;
    const booked = this.since.filter(({ block }) => block <= head.number);
    const now = await this.read(head);
    const isSameChain = before !== undefined && (await this.deps.node.head(before.block))?.hash === before.hash;
    const differences = isSameChain ? await this.compare(before, now, booked) : undefined;
    this.baseline = now;
    this.since = this.since.filter(({ block }) => block > now.block);
    await this.deps.snapshots.save(this.name, [Buffer.from(JSON.stringify(now, bigintsAsText))]);
    return before === undefined || differences === undefined
      ? undefined
      : { fromBlock: before.block, toBlock: now.block, differences };
  }

  private async compare(before: Baseline, now: Baseline, booked: readonly StoredResult[]): Promise<Difference[]> {
    const fees = booked.reduce((sum, { feesWei }) => sum + BigInt(feesWei), 0n);
    const differences = [differenceOf("ether", -fees, now.ether - before.ether, 0n)];
    for (const [asset, amount] of Object.entries(now.tokens)) {
      const held = before.tokens[asset];
      // Seen for the first time: there is nothing to compare with.
      if (held === undefined) continue;
      const cash = booked
        .filter(({ loanAsset }) => loanAsset?.toLowerCase() === asset)
        .reduce((sum, result) => sum + cashOf(result), 0n);
      const changed = amount - held;
      const explained = changed === cash ? 0n : await this.movedByOthers(asset, before.block, now.block, booked);
      differences.push(differenceOf(asset, cash, changed, explained));
    }
    return differences.filter(({ difference }) => difference !== 0n);
  }

  /** What transactions that are not in the books brought to the liquidator and the operators, less what they took away. */
  private async movedByOthers(
    asset: string,
    from: number,
    to: number,
    booked: readonly StoredResult[],
  ): Promise<bigint> {
    const own = new Set(booked.map(({ hash }) => hash));
    const accounts = new Set(this.accounts.map((account) => account.toLowerCase()));
    let logs: Log[];
    try {
      logs = await this.deps.node.logs({ addresses: [asset], range: { from: from + 1, to } });
    } catch (error) {
      // More than the node gives at once: it stays unexplained, and people look.
      if (error instanceof RpcError) return 0n;
      throw error;
    }
    let moved = 0n;
    for (const { topics, data, transactionHash } of logs) {
      if (topics[0] !== TRANSFER || own.has(transactionHash)) continue;
      if (accounts.has(addressIn(topics[2]))) moved += BigInt(data);
      if (accounts.has(addressIn(topics[1]))) moved -= BigInt(data);
    }
    return moved;
  }

  private get accounts(): readonly string[] {
    return [this.deps.liquidator, ...this.deps.operators];
  }

  private async read(head: Head): Promise<Baseline> {
    const { node, operators, assets } = this.deps;
    const wei = await Promise.all(operators.map((operator) => node.balance(operator, head.number)));
    const tokens: Record<string, bigint> = {};
    for (const asset of new Set(assets().map((one) => one.toLowerCase()))) {
      const held = await Promise.all(
        this.accounts.map((account) => read(node, tokenAt(asset), "balanceOf", [account], head.number)),
      );
      tokens[asset] = sum(held);
    }
    return { block: head.number, hash: head.hash, timestamp: Number(head.timestamp), ether: sum(wei), tokens };
  }
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
const keyOf = ({ hash, subject }: StoredResult): string => `${hash}/${subject}`;
const addressIn = (topic: string | undefined): string => `0x${(topic ?? "").slice(26).toLowerCase()}`;
const bigintsAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

function differenceOf(asset: string, booked: bigint, onChain: bigint, explained: bigint): Difference {
  return { asset, booked, onChain, difference: onChain - booked, explained };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
