import { FenceLost, JournalMisuse, NonceTaken } from "../../../../keeper/store/errors.js";
import type {
  Journal,
  JournalTransaction,
  Lease,
  Store,
  StoredDecision,
  StoredResult,
  TransactionState,
} from "../../../../keeper/store/store.js";

const OVER: readonly TransactionState[] = ["final", "abandoned"];
/** What can be asked for in which state. */
const SIGNABLE: readonly TransactionState[] = ["intent", "signed", "sent"];
const SENT: readonly TransactionState[] = ["signed", "sent", "mined", "final"];
const MINABLE: readonly TransactionState[] = ["signed", "sent", "mined", "abandoned"];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What a store must do, in memory and as plainly as it can be said. A lease of 0 ms is over at once; others never end. */
export class StoreModel implements Store {
  private readonly transactions: Writable<JournalTransaction>[] = [];
  private booked: StoredResult[] = [];
  private decided: StoredDecision[] = [];
  private readonly saved = new Map<string, Buffer>();
  private readonly granted = new Map<string, Lease & { live: boolean }>();

  readonly journal: Journal = {
    intend: (entry) =>
      later(() => {
        this.requireFence(entry.fence);
        const { intent, subjects, fence, nonce } = entry;
        const lane = entry.lane.toLowerCase();
        const other = this.open(lane, nonce);
        if (other !== undefined) {
          const same = other.fence === fence && text({ intent, subjects }) === text(other, "intent", "subjects");
          if (other.state !== "intent" || !same) throw new NonceTaken("taken");
          other.intendedAt = entry.at;
          return other.id;
        }
        const id = this.transactions.length;
        const none = { minedHash: undefined, minedBlock: undefined, why: undefined };
        const fresh = { id, lane, nonce, intent, subjects, state: "intent", attempts: [], fence } as const;
        this.transactions.push({ ...fresh, intendedAt: entry.at, ...none });
        return id;
      }),
    sign: (id, attempt, fence) =>
      later(() => {
        this.requireFence(fence);
        const one = this.at(id, SIGNABLE);
        if (!one.attempts.some(({ hash }) => hash === attempt.hash)) one.attempts = [...one.attempts, attempt];
        one.fence = fence;
        if (one.state === "intent") one.state = "signed";
      }),
    sent: (id) =>
      later(() => {
        const one = this.at(id, SENT);
        if (one.state === "signed") one.state = "sent";
      }),
    mined: (id, mined) =>
      later(() => {
        const one = this.at(id, MINABLE);
        if (one.attempts.length === 0) throw new JournalMisuse("unsigned");
        if (one.state === "abandoned" && this.open(one.lane, one.nonce) !== undefined) throw new NonceTaken("taken");
        one.state = mined === undefined ? "sent" : "mined";
        one.minedHash = mined?.hash;
        one.minedBlock = mined?.block;
        one.why = undefined;
      }),
    final: (id) =>
      later(() => {
        this.at(id, ["mined", "final"]).state = "final";
      }),
    abandoned: (id, why, fence) =>
      later(() => {
        this.requireFence(fence);
        const one = this.at(id, [...SIGNABLE, "abandoned"]);
        one.state = "abandoned";
        one.why = why;
      }),
    unfinished: (lane) =>
      later(() =>
        this.transactions
          .filter((one) => one.lane === lane.toLowerCase() && !OVER.includes(one.state))
          .sort((a, b) => a.nonce - b.nonce)
          .map((one) => ({ ...one })),
      ),
    recent: (limit) => later(() => this.transactions.toReversed().slice(0, limit)),
    about: (subject) => later(() => this.transactions.filter(({ subjects }) => subjects.includes(subject))),
  };

  readonly results: Store["results"] = {
    put: (results) =>
      later(() => {
        for (const result of results) {
          this.booked = this.booked.filter((one) => one.hash !== result.hash || one.subject !== result.subject);
          this.booked.push(result);
        }
      }),
    removeAfter: (block, facilities) =>
      later(() => {
        const isNamed = ({ facility }: StoredResult): boolean => facilities?.includes(facility) ?? true;
        this.booked = this.booked.filter((one) => one.block <= block || !isNamed(one));
      }),
    between: (from, to) =>
      later(() => {
        const key = ({ hash, subject }: StoredResult): string => `${hash} ${subject}`;
        return this.booked
          .filter(({ timestamp }) => timestamp >= from && timestamp < to)
          .sort((a, b) => a.block - b.block || (key(a) < key(b) ? -1 : 1));
      }),
  };

  readonly decisions: Store["decisions"] = {
    append: (decisions) =>
      later(() => {
        for (const decision of decisions) {
          this.decided = this.decided.filter((one) => one.block !== decision.block || one.subject !== decision.subject);
          this.decided.push(decision);
        }
      }),
    about: (subject, limit) =>
      later(() => (limit === 0 ? [] : this.decided.filter((one) => one.subject === subject).slice(-limit))),
    forgetBefore: (timestamp) =>
      later(() => {
        const isLast = (one: StoredDecision): boolean =>
          this.decided.findLast(({ subject }) => subject === one.subject) === one;
        this.decided = this.decided.filter((one) => one.timestamp >= timestamp || isLast(one));
      }),
  };

  readonly snapshots: Store["snapshots"] = {
    save: (name, chunks) => later(() => void this.saved.set(name, Buffer.concat([...chunks]))),
    load: (name) => later(() => this.saved.get(name)),
  };

  readonly leases: Store["leases"] = {
    acquire: (name, holder, milliseconds) =>
      later(() => {
        const group = groupOf(name);
        const live = [...this.granted.values()].filter((one) => one.live);
        const mine = this.granted.get(name);
        const obstacles = live.filter((one) => groupOf(one.name) !== group);
        if (mine?.live === true && mine.holder !== holder) obstacles.push(mine);
        const [obstacle] = obstacles.sort((a, b) => (a.name < b.name ? -1 : 1));
        if (obstacle !== undefined) return obstacle;
        const top = [...this.granted.values()].reduce((max, { fence }) => (fence > max ? fence : max), 0n);
        const fence = mine?.live === true ? mine.fence : top + 1n;
        const lease = { name, holder, fence, expiresAt: milliseconds, now: 0, live: milliseconds > 0 };
        this.granted.set(name, lease);
        return lease;
      }),
    release: (name, holder) =>
      later(() => {
        const one = this.granted.get(name);
        if (one?.holder === holder) one.live = false;
      }),
    held: () =>
      later(() => [...this.granted.values()].filter((one) => one.live).sort((a, b) => (a.name < b.name ? -1 : 1))),
  };

  close(): Promise<void> {
    return Promise.resolve();
  }

  private open(lane: string, nonce: number): Writable<JournalTransaction> | undefined {
    return this.transactions.find((one) => one.lane === lane && one.nonce === nonce && !OVER.includes(one.state));
  }

  private at(id: number, states: readonly TransactionState[]): Writable<JournalTransaction> {
    const one = this.transactions[id];
    if (one === undefined || !states.includes(one.state)) throw new JournalMisuse("not from here");
    return one;
  }

  private requireFence(fence: bigint): void {
    if (fence === 0n || [...this.granted.values()].some((one) => one.live && one.fence === fence)) return;
    throw new FenceLost("lost");
  }
}

const groupOf = (name: string): string => name.split("/")[0] ?? name;

const text = (value: object, ...keys: string[]): string => {
  const entries = Object.entries(value).filter(([key]) => keys.length === 0 || keys.includes(key));
  return JSON.stringify(entries.sort(), (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part));
};

// eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
async function later<T>(step: () => T): Promise<T> {
  return step();
}
