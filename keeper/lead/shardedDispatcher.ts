import type { Head } from "../chain/node.js";
import type { Breaker } from "../dispatch/breaker.js";
import { Dispatcher, type DispatchDeps, type LaneView } from "../dispatch/dispatcher.js";
import type { Fence } from "../dispatch/fence.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending, Settled, Submitted } from "../dispatch/pending.js";
import type { Shards } from "./shards.js";

/** What a dispatcher does, for one shard or for all. */
export type Dispatching = Omit<Pick<Dispatcher, keyof Dispatcher>, "breaker"> & {
  readonly breaker: Pick<Breaker, "record">;
};

/** A dispatcher a shard, each with the accounts and under the fence of its own; what is sent goes where its facility belongs. */
export class ShardedDispatcher implements Dispatching {
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

  readonly breaker: Pick<Breaker, "record"> = {
    record: (intent, ...outcome) => this.of(intent).breaker.record(intent, ...outcome),
  };

  get pending(): readonly Pending[] {
    return this.all.flatMap(({ pending }) => pending);
  }

  get lanes(): readonly LaneView[] {
    return this.all.flatMap(({ lanes }) => lanes);
  }

  isPending(subject: string): boolean {
    return this.all.some((one) => one.isPending(subject));
  }

  /** Only where nothing can be sent in any shard; in one, its dispatcher refuses it. */
  halted(block: number): string {
    const reasons = this.all.map((one) => one.halted(block));
    return reasons.includes("") ? "" : [...new Set(reasons)].join("; ");
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

  async submitAll(intents: readonly Intent[], head: Head): Promise<Submitted[]> {
    return Promise.all(intents.map(async (intent) => this.submit(intent, head)));
  }

  async submit(intent: Intent, head: Head): Promise<Submitted> {
    return this.of(intent).submit(intent, head);
  }

  stop(): void {
    for (const one of this.all) one.stop();
  }

  async idle(): Promise<void> {
    await Promise.all(this.all.map(async (one) => one.idle()));
  }

  private of({ facility }: Intent): Dispatcher {
    const found = this.all[this.shards.shardOf(facility)];
    if (found === undefined) throw new RangeError(`facility ${facility} is in no shard`);
    return found;
  }
}
