import type { Group, Party } from "./parties.js";
import { balanceOf, flowOf, flowsOfGroups, type Flow, type Snapshot } from "./snapshot.js";

/** Addresses the totals must tell apart. */
export interface Books {
  parties: readonly Party[];
  pool: string;
  vault: string;
  uniswapPool: string;
}

/**
 * Who got what between two blocks, from token balances and nothing else. At the last block all loans are closed and all
 * lenders have redeemed, so every claim has become a balance.
 */
export interface Totals {
  groups: Record<Group, Flow>;
  /** What lenders have more (or, negative, less) than they put in. */
  lendersGain: bigint;
  /** What stayed in the pool contract: the reserve and the share of the first deposit. */
  keptInPool: bigint;
  /** Collateral the borrowers did not get back, collateral units. */
  seized: bigint;
  /** What borrowers paid beyond what they had borrowed; negative where liquidators paid the rest. */
  borrowersPaid: bigint;
  /** Debt paid by liquidators: what lenders and pool gained that borrowers did not pay. */
  repaidByLiquidators: bigint;
  /** What liquidators got for the collateral: debt paid plus what the keeper kept. */
  proceeds: bigint;
  keeperGain: bigint;
  /** What the contracts hold at the last block, and what passed through Uniswap's. */
  heldByPool: bigint;
  heldByVault: bigint;
  uniswap: Flow;
}

export function totalsOf({ parties, pool, vault, uniswapPool }: Books, first: Snapshot, last: Snapshot): Totals {
  const groups = flowsOfGroups(parties, first, last);
  const at = (address: string) => partyAt(parties, address);
  const keptInPool = flowOf(at(pool), first, last).usd;
  const repaidByLiquidators = groups.lenders.usd + groups.borrowers.usd + keptInPool;
  return {
    groups,
    lendersGain: groups.lenders.usd,
    keptInPool,
    seized: -(groups.borrowers.btc + flowOf(at(vault), first, last).btc),
    borrowersPaid: -groups.borrowers.usd,
    repaidByLiquidators,
    proceeds: repaidByLiquidators + groups.keeper.usd,
    keeperGain: groups.keeper.usd,
    heldByPool: balanceOf(last.usd, at(pool)),
    heldByVault: balanceOf(last.btc, at(vault)),
    uniswap: flowOf(at(uniswapPool), first, last),
  };
}

/** @throws RangeError for an address that is nobody's */
export function partyAt(parties: readonly Party[], address: string): Party {
  const party = parties.find((p) => p.address === address);
  if (!party) throw new RangeError(`${address} is not among the parties.`);
  return party;
}
