import type { Logger } from "pino";
import type { Store } from "../store/store.js";
import { AloneLeadership } from "./alone.js";
import { type Leadership, type LeaseOptions, LeasedLeadership } from "./leadership.js";
import { Shards } from "./shards.js";

export interface LeadershipOptions extends Partial<LeaseOptions> {
  readonly stateDir: string;
  readonly databaseUrl?: string | undefined;
  readonly store: Store;
  /** The account, for people. */
  readonly who: string;
  readonly log: Logger;
}

const LEASE_MS = 10_000;
/** The chain's clock is its sequencer's; its blocks are this close to it, or the fence on chain is the nonce alone. */
const SKEW_SECONDS = 2;

/** By lease where keepers share a database, by a lock on the folder where there is none. */
export function openLeadership(options: LeadershipOptions): Leadership {
  const { stateDir, databaseUrl, store, who, leaseMs = LEASE_MS, skewSeconds = SKEW_SECONDS } = options;
  if (databaseUrl === undefined) return new AloneLeadership(stateDir, who);
  const { shards = Shards.evenly(1) } = options;
  return new LeasedLeadership(store.leases, { ...options, leaseMs, skewSeconds, shards });
}
