import type { Group, Party } from "./parties.js";

/** The two tokens of the facility: its wrapped BTC and its dollar. */
export const TOKENS = ["btc", "usd"] as const;
export type TokenKey = (typeof TOKENS)[number];

/** What one token's contract said at one block. */
export interface Holdings {
  supply: bigint;
  /** by the party's address */
  balances: ReadonlyMap<string, bigint>;
}

/** What everybody held at one block of L2. */
export interface Snapshot extends Record<TokenKey, Holdings> {
  block: number;
  /** second */
  timestamp: number;
}

/** A change of balances between two snapshots, smallest units. */
export type Flow = Record<TokenKey, bigint>;

export function balanceOf(holdings: Holdings, { address, name }: Party): bigint {
  const balance = holdings.balances.get(address);
  if (balance === undefined) throw new RangeError(`The snapshot has no balance of ${name} (${address}).`);
  return balance;
}

export function flowOf(party: Party, first: Snapshot, last: Snapshot): Flow {
  const change = (token: TokenKey) => balanceOf(last[token], party) - balanceOf(first[token], party);
  return { btc: change("btc"), usd: change("usd") };
}

/** Sum of the changes of all parties of each group. */
export function flowsOfGroups(parties: readonly Party[], first: Snapshot, last: Snapshot): Record<Group, Flow> {
  const none = (): Flow => ({ btc: 0n, usd: 0n });
  const sums: Record<Group, Flow> = {
    ...{ lenders: none(), borrowers: none(), keeper: none() },
    ...{ ballast: none(), market: none(), others: none() },
  };
  for (const party of parties) {
    const flow = flowOf(party, first, last);
    for (const token of TOKENS) sums[party.group][token] += flow[token];
  }
  return sums;
}
