import type { Party } from "../accounting/parties.js";
import { readPoolBooks, type PoolBooks } from "../accounting/readLedger.js";
import { readSnapshot } from "../accounting/readSnapshot.js";
import type { Snapshot } from "../accounting/snapshot.js";
import type { World } from "./world.js";

/** Everything the accounts need to know of one block. */
export interface State {
  snapshot: Snapshot;
  books: PoolBooks;
  /** wei the keeper holds */
  keeperEther: bigint;
}

/** Reads the newest block. */
export async function readState({ provider, facility, keeper }: World, parties: readonly Party[]): Promise<State> {
  const block = await provider.getBlockNumber();
  const tokens = { btc: facility.collateral.address, usd: facility.loan.address };
  return {
    snapshot: await readSnapshot(provider, tokens, parties, block),
    books: await readPoolBooks(provider, facility.pool, block),
    keeperEther: await provider.getBalance(keeper.wallet.address, block),
  };
}
