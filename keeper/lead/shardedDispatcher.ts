import type { Head } from "../chain/node.js";
import { type DispatchDeps, Dispatcher, type LaneView } from "../dispatch/dispatcher.js";
import type { Fence } from "../dispatch/fence.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending, Settled, Submitted } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";
import type { Trace } from "../serve/trace.js";
import type { Shards } from "./shards.js";

/** A dispatcher a shard, each with the accounts and under the fence of its own; what is sent goes where its facility belongs. */
export class ShardedDispatcher implements Sender {
  private readonly all: readonly Dispatcher[];

  constructor(
    deps: Omit<DispatchDeps, "fence">,
    private readonly shards: Shards,
    fence: (shard: number) => Fence | undefined,
  ) {
    this.all = Array.from({ length: shards.count }, (_, shard) => {
      const signers = shards.lanesOf(shard, deps.signers);
      return new Dispatcher({ ...deps, signers, fence: () => fence(shard) });
    });
  }

  get breaker(): Sender["breaker"] {
    return {
      ineffective: Math.max(...this.all.map(({ breaker }) => breaker.ineffective)),
      record: (intent, ...outcome) => this.of(intent).breaker.record(intent, ...outcome),
    };
  }

  get pending(): readonly Pending[] {
    return this.all.flatMap(({ pending }) => pending);
  }

  get lanes(): readonly LaneView[] {
    return this.all.flatMap(({ lanes }) => lanes);
  }

  isPending(subject: string): boolean {
    return this.all.some((one) => one.isPending(subject));
  }

  shardOf(facility: number): number {
    return this.shards.shardOf(facility);
  }

  /** Of the facility's shard; without one, only where nothing can be sent in any. */
  halted(block: number, facility?: number): string {
    if (facility !== undefined) return this.at(facility).halted(block);
    const reasons = this.all.map((one) => one.halted(block));
    return reasons.includes("") ? "" : [...new Set(reasons)].join("; ");
  }

  leads(facility?: number): boolean {
    return facility === undefined ? this.all.every((one) => one.leads()) : this.at(facility).leads();
  }

  /** Of any shard that this keeper leads: that others go on does not help its loans. */
  trouble(block: number): string {
    return [...new Set(this.all.map((one) => one.trouble(block)))].filter((why) => why !== "").join("; ");
  }

  async free(head: Head): Promise<bigint> {
    const frees = await Promise.all(this.all.map(async (one) => one.free(head)));
    return frees.reduce((sum, one) => sum + one, 0n);
  }

  /** Good in every shard that this keeper leads. */
  deadline(head: Head, seconds: bigint): bigint | undefined {
    const led = this.all.flatMap((one) => one.deadline(head, seconds) ?? []);
    return led.length === 0 ? undefined : led.reduce((a, b) => (a < b ? a : b));
  }

  async start(): Promise<void> {
    await Promise.all(this.all.map(async (one) => one.start()));
  }

  async collect(head: Head): Promise<Settled[]> {
    return (await Promise.all(this.all.map(async (one) => one.collect(head)))).flat();
  }

  async tend(head: Head): Promise<void> {
    await Promise.all(this.all.map(async (one) => one.tend(head)));
  }

  rolledBack(to: number): void {
    for (const one of this.all) one.rolledBack(to);
  }

  async submitAll(intents: readonly Intent[], head: Head, trace?: Trace): Promise<Submitted[]> {
    return Promise.all(intents.map(async (intent) => this.submit(intent, head, trace?.fork())));
  }

  async submit(intent: Intent, head: Head, trace?: Trace): Promise<Submitted> {
    return this.of(intent).submit(intent, head, trace);
  }

  stop(): void {
    for (const one of this.all) one.stop();
  }

  async idle(): Promise<void> {
    await Promise.all(this.all.map(async (one) => one.idle()));
  }

  private of({ facility }: Intent): Dispatcher {
    return this.at(facility);
  }

  private at(facility: number): Dispatcher {
    const found = this.all[this.shards.shardOf(facility)];
    if (found === undefined) throw new RangeError(`facility ${facility} is in no shard`);
    return found;
  }
}
