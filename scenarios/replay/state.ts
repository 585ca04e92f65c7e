import type { Party } from "../accounting/parties.js";
import { readPoolBooks, type PoolBooks } from "../accounting/readLedger.js";
import { readSnapshot } from "../accounting/readSnapshot.js";
import type { Snapshot } from "../accounting/snapshot.js";
import type { World } from "./world.js";

/** What everybody holds at one block. */
export interface Holding {
  snapshot: Snapshot;
  /** wei the keeper holds */
  keeperEther: bigint;
}

/** Everything the accounts need to know of one block. */
export interface State extends Holding {
  books: PoolBooks;
}

/** Reads the newest block. */
export async function readState(world: World, parties: readonly Party[]): Promise<State> {
  const holding = await readHolding(world, parties);
  return { ...holding, books: await readPoolBooks(world.provider, world.facility.pool, holding.snapshot.block) };
}

/** The same without a pool's books. */
export async function readHolding({ provider, facility, keeper }: World, parties: readonly Party[]): Promise<Holding> {
  const block = await provider.getBlockNumber();
  const tokens = { btc: facility.collateral.address, usd: facility.loan.address };
  return {
    snapshot: await readSnapshot(provider, tokens, parties, block),
    keeperEther: await provider.getBalance(keeper.wallet.address, block),
  };
}
