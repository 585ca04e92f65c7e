import { InvalidConfig } from "../errors.js";

/**
 * How facilities are divided among keepers: each shard is led by one keeper at a time, under a lease of its own. A shard has
 * accounts of its own too (whoever leads it uses them), so that two leaders never count the nonces of one account.
 */
export class Shards {
  /** Begins the names of its leases: keepers that divide otherwise never lead at the same time. */
  readonly group: string;

  private constructor(
    readonly count: number,
    private readonly lists: readonly (readonly number[])[] | undefined,
  ) {
    this.group = lists === undefined ? `${count}` : lists.map((list) => list.join(",")).join("+");
  }

  static of(division: number | readonly (readonly number[])[]): Shards {
    return typeof division === "number" ? Shards.evenly(division) : Shards.listed(division);
  }

  /** By facility number, evenly. */
  static evenly(count: number): Shards {
    if (!Number.isSafeInteger(count) || count < 1) throw new InvalidConfig(`${count} shards: at least 1 is needed`);
    return new Shards(count, undefined);
  }

  /** As listed; facilities in no list belong to the last shard. */
  static listed(lists: readonly (readonly number[])[]): Shards {
    const all = lists.flat();
    const twice = all.find((facility, i) => all.indexOf(facility) !== i);
    if (twice !== undefined) throw new InvalidConfig(`facility ${twice} is in two shards: leave it in one`);
    if (lists.length === 0 || lists.some((list) => list.length === 0)) {
      throw new InvalidConfig("a shard without facilities: name at least one, or leave the shard out");
    }
    return new Shards(lists.length, lists);
  }

  shardOf(facility: number): number {
    if (this.lists === undefined) return facility % this.count;
    const found = this.lists.findIndex((list) => list.includes(facility));
    return found === -1 ? this.count - 1 : found;
  }

  /** Which of the keeper's accounts are a shard's; every keeper of a deployment has the same accounts in the same order. */
  lanesOf<T>(shard: number, lanes: readonly T[]): T[] {
    if (lanes.length < this.count) {
      throw new InvalidConfig(`${lanes.length} accounts for ${this.count} shards: each shard needs one of its own`);
    }
    return lanes.filter((_, i) => i % this.count === shard);
  }

  lease(shard: number): string {
    return `${this.group}/shard/${shard}`;
  }

  /** A keeper's own lease says only that it is there. */
  presence(holder: string): string {
    return `${this.presences}${holder}`;
  }

  get presences(): string {
    return `${this.group}/keeper/`;
  }
}
