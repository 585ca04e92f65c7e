import type { Interface, JsonRpcProvider } from "ethers";
import { lendingPoolAbi, loanManagerAbi } from "../../sdk/client/abi/index.js";
import { poolAt } from "../../sdk/client/client.js";
import { scanLogs } from "../../sdk/client/logs.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import { emptyLedger, type Ledger } from "./ledger.js";
import { readSwapped, type UniswapPool } from "./swaps.js";

/** Where the books are kept. */
export interface LedgerSources {
  manager: string;
  pool: string;
  uniswap: UniswapPool;
}

/** A pool's ledger as stored, at one block. */
export type PoolBooks = Awaited<ReturnType<typeof readPoolBooks>>;

/** @param block one of the last hundred or so */
export async function readPoolBooks(provider: JsonRpcProvider, pool: string, block: number) {
  const [debt, cash, claims] = await poolAt(pool).read(provider, "stored", [], { blockTag: block });
  return { debt: debt.assets, cash: cash.cash, unsplit: cash.cash + debt.assets - claims.senior - claims.reserve };
}

/** What each event adds to which sum. */
type Entries = Record<string, (ledger: Ledger, args: Record<string, bigint>) => void>;

const MANAGER_ENTRIES: Entries = {
  Opened: (ledger, { principal = 0n, collateral = 0n }) => {
    ledger.principal += principal;
    ledger.collateralIn += collateral;
  },
  Drawn: (ledger, { assets = 0n }) => (ledger.principal += assets),
  Repaid: (ledger, { assets = 0n }) => (ledger.repaidByBorrowers += assets),
  ToppedUp: (ledger, { collateral = 0n }) => (ledger.collateralIn += collateral),
  Withdrawn: (ledger, { collateral = 0n }) => (ledger.collateralOut += collateral),
  Closed: (ledger, { assets = 0n, collateral = 0n }) => {
    ledger.repaidByBorrowers += assets;
    ledger.collateralOut += collateral;
  },
  Liquidated: (ledger, { repaid = 0n, seized = 0n, debtClosed = 0n }) => {
    ledger.repaidByLiquidators += repaid;
    ledger.seized += seized;
    ledger.debtClosed += debtClosed;
  },
};

const POOL_ENTRIES: Entries = {
  Entered: (ledger, { assets = 0n }) => (ledger.lent += assets),
  Left: (ledger, { assets = 0n }) => (ledger.redeemed += assets),
  InterestSplit: (ledger, { toSenior = 0n, toReserve = 0n }) => (ledger.interest += toSenior + toReserve),
  LossRealised: (ledger, { byCover = 0n, byJunior = 0n, bySenior = 0n, byReserve = 0n }) =>
    (ledger.losses += byCover + byJunior + bySenior + byReserve),
};

/** Adds up the contracts' events after the first block up to the last. */
export async function readLedger(
  provider: JsonRpcProvider,
  sources: LedgerSources,
  first: { block: number; books: PoolBooks },
  last: { block: number; books: PoolBooks },
  collateralLeft: bigint,
): Promise<Ledger> {
  const ledger: Ledger = {
    ...emptyLedger(),
    cashBefore: first.books.cash,
    debtBefore: first.books.debt,
    cash: last.books.cash,
    debtLeft: last.books.debt,
    collateralLeft,
    swapped: await readSwapped(provider, sources.uniswap, first.block + 1, last.block),
  };
  const scan = async (address: string, events: Interface, entries: Entries) => {
    for (const log of await scanLogs(provider, { address }, first.block + 1, last.block)) {
      const event = events.parseLog(log);
      if (event) entries[event.name]?.(ledger, event.args.toObject() as Record<string, bigint>);
    }
  };
  await scan(sources.manager, interfaceOf(loanManagerAbi), MANAGER_ENTRIES);
  await scan(sources.pool, interfaceOf(lendingPoolAbi), POOL_ENTRIES);
  // Interest that came in but has not been divided yet.
  ledger.interest += last.books.unsplit - first.books.unsplit;
  return ledger;
}
