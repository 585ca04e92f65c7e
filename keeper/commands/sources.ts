import type { EndpointReport as Supervised } from "../chain/supervisedRpc.js";
import type { ShardLead } from "../lead/leadership.js";
import type { EndpointReport, LeadershipReport } from "../serve/status.js";

const STATES: Readonly<Record<Supervised["state"], EndpointReport["state"]>> = {
  preferred: "up",
  standby: "up",
  lagging: "lagging",
  resting: "down",
  excluded: "foreign",
};
const NOTES: Readonly<Record<Supervised["state"], string | null>> = {
  preferred: null,
  standby: null,
  lagging: "it is behind the others",
  resting: "it failed several times in a row and is left alone for a while",
  excluded: "it is of another chain, or has other contracts",
};

/** How one of the nodes is, for people. */
export function endpointReport({ name, state, head, latencyMs }: Supervised): EndpointReport {
  return { endpoint: name, state: STATES[state], head: head < 0 ? null : head, latencyMs, note: NOTES[state] };
}

/** Who leads: this keeper, where it leads any shard. */
export function leadershipReport(shards: readonly ShardLead[]): LeadershipReport {
  const ours = shards.filter(({ isOurs }) => isOurs);
  const [one] = ours.length > 0 ? ours : shards;
  return {
    role: ours.length > 0 ? "leader" : "standby",
    holder: one?.holder ?? null,
    shards: ours.map(({ shard }) => shard),
    fence: one?.fence?.toString() ?? null,
  };
}
