import type { Logger } from "pino";
import type { Head, Receipt } from "../chain/node.js";
import type { Call } from "../episodes.js";
import type { Journal } from "../store/store.js";
import type { ExtraCosts } from "./costs.js";
import type { KnownContracts } from "./effects.js";
import type { Fence } from "./fence.js";
import type { Pending } from "./pending.js";

/** What the dispatcher needs of a node. A send is passed on once: whether to send again is decided here. */
export interface SendNode {
  send(raw: string): Promise<void>;
  receipt(hash: string): Promise<Receipt | undefined>;
  knows(hash: string): Promise<boolean>;
  transactionCount(address: string, at: "latest" | "pending"): Promise<number>;
  balance(address: string): Promise<bigint>;
  head(): Promise<Head | undefined>;
}

export interface DispatchOptions {
  readonly chainId: bigint;
  readonly priorityFee: bigint;
  readonly feeBumpPercent: bigint;
  readonly replaceAfterBlocks: number;
  readonly replaceAfterMs: number;
  /** Blocks on top of a transaction's own after which it is final. */
  readonly confirmations: number;
  /** Most that freeing a nonce may cost, wei. */
  readonly cancelCostWei: bigint;
}

/** Told when something begins to be wrong and when it is over. */
export interface Alarms {
  /** @param call where people are to hear of it */
  begin(what: string, details: object, call?: Call): void;
  end(what: string): void;
}

/** What all lanes share. */
export interface LaneContext {
  readonly node: SendNode;
  readonly journal: Journal;
  readonly costs: ExtraCosts;
  readonly contracts: KnownContracts;
  readonly options: DispatchOptions;
  readonly log: Logger;
  readonly alarms: Alarms;
  /** Monotonic milliseconds: the wall's clock may be put right. */
  readonly clock: () => number;
  /** The right to send, now; undefined without it. */
  readonly fence: () => Fence | undefined;
  /** Whether a transaction that waits is still worth sending. */
  readonly stillWanted: (pending: Pending) => Promise<boolean>;
}
