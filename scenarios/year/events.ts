import type { Log } from "ethers";
import { lendingPoolAbi, loanManagerAbi, termLendingPoolAbi, termLoanManagerAbi } from "../../sdk/client/abi/index.js";
import { decodeLoanId } from "../../sdk/client/loanIds.js";
import { scanLogs } from "../../sdk/client/logs.js";
import { TRANCHES } from "../../sdk/client/tranches.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import type { World } from "../replay/world.js";
import { both, type Facilities } from "./facilities.js";
import { nothing, type ByHolder, type MonthOfEvents, type Sale } from "./result.js";
import { add, emptyMonth } from "./sums.js";

/** What the contracts of both facilities wrote down between two blocks. */
export interface YearOfEvents {
  /** by month, then by facility number */
  months: Record<number, MonthOfEvents>[];
  sales: Omit<Sale, "at" | "borrower">[];
  /** collateral units, of both facilities */
  collateral: { put: bigint; taken: bigint; seized: bigint };
  /** by loan */
  counts: Map<bigint, { marked: number; rolledOver: number }>;
}

type Args = Record<string, bigint>;

/** What an event of a pool adds to its facility's month. */
const POOL_ENTRIES: Record<string, (month: MonthOfEvents, args: Args) => void> = {
  Entered: (month, { trancheClass = 0n, assets = 0n }) => (month.lent[classAt(trancheClass)] += assets),
  Left: (month, { trancheClass = 0n, assets = 0n }) => (month.redeemed[classAt(trancheClass)] += assets),
  ReserveCollected: (month, { assets = 0n }) => (month.redeemed.reserve += assets),
  InterestSplit: ({ income }, { toSenior = 0n, toReserve = 0n }) =>
    add(income, { senior: toSenior, reserve: toReserve }),
  FirstLossIncome: ({ income }, { toJunior = 0n, toCover = 0n }) => add(income, { junior: toJunior, cover: toCover }),
  LumpIncome: ({ income }, { toJunior = 0n, toReserve = 0n }) => add(income, { junior: toJunior, reserve: toReserve }),
  InterestReversed: ({ reversed }, { byJunior = 0n, bySenior = 0n, byReserve = 0n }) =>
    add(reversed, { junior: byJunior, senior: bySenior, reserve: byReserve }),
  LossRealised: ({ losses }, args) => add(losses, lossOf(args)),
};

/** What an event of a manager adds to the month of the loan's facility. */
const LOAN_ENTRIES: Record<string, (month: MonthOfEvents, args: Args) => void> = {
  Opened: (month, { principal = 0n }) => void ((month.principal += principal), month.opened++),
  TermLoanOpened: (month, { principal = 0n }) => void ((month.principal += principal), month.opened++),
  Drawn: (month, { assets = 0n }) => (month.principal += assets),
  Repaid: (month, { assets = 0n }) => (month.repaid += assets),
  Closed: (month, { assets = 0n }) => (month.repaid += assets),
  Liquidated: (month, { repaid = 0n }) => void ((month.proceeds += repaid), month.liquidated++),
  DefaultMarked: (month) => month.defaults++,
  Cured: (month) => month.cured++,
  RolledOver: (month) => month.rolledOver++,
};

const MANAGER_EVENTS = [interfaceOf(loanManagerAbi), interfaceOf(termLoanManagerAbi)];
const POOL_EVENTS = [interfaceOf(lendingPoolAbi), interfaceOf(termLendingPoolAbi)];

/**
 * Adds up the events of both facilities.
 * @param fromBlock the first to count @param monthEnds last block of each month, in order
 */
export async function readYear(
  world: World,
  facilities: Facilities,
  fromBlock: number,
  monthEnds: readonly number[],
): Promise<YearOfEvents> {
  const { provider, deployment } = world;
  const all = both(facilities);
  const months = monthEnds.map(() => Object.fromEntries(all.map(({ id }) => [id, emptyMonth()])));
  const year: YearOfEvents = { months, sales: [], collateral: { put: 0n, taken: 0n, seized: 0n }, counts: new Map() };
  const last = monthEnds.at(-1) ?? fromBlock;
  const monthOf = ({ blockNumber }: Log, facility: number): MonthOfEvents => {
    const month = months[monthEnds.findIndex((end) => blockNumber <= end)]?.[facility];
    if (!month) throw new RangeError(`Block ${blockNumber} or facility ${facility} is in none of the months.`);
    return month;
  };
  const losses = new Map<string, { index: number; loss: ByHolder }[]>();
  for (const { id, pool, kind } of all)
    for (const log of await scanLogs(provider, { address: pool }, fromBlock, last)) {
      const event = POOL_EVENTS[kind === "term" ? 1 : 0]?.parseLog(log);
      if (!event) continue;
      const args = event.args.toObject() as Args;
      POOL_ENTRIES[event.name]?.(monthOf(log, id), args);
      if (event.name !== "LossRealised") continue;
      const place = `${log.transactionHash} ${id}`;
      losses.set(place, [...(losses.get(place) ?? []), { index: log.index, loss: lossOf(args) }]);
    }
  for (const [kind, address] of [deployment.loanManager, deployment.termLoanManager].entries())
    for (const log of await scanLogs(provider, { address }, fromBlock, last)) {
      const event = MANAGER_EVENTS[kind]?.parseLog(log);
      if (!event || event.args["id"] === undefined) continue;
      const args = event.args.toObject() as Args;
      const { id = 0n } = args;
      const { facility } = decodeLoanId(id);
      LOAN_ENTRIES[event.name]?.(monthOf(log, facility), args);
      count(year, event.name, id, args);
      if (event.name !== "Liquidated") continue;
      const { repaid = 0n, seized = 0n, debtClosed = 0n } = args;
      // A sale's loss comes from the pool just before it, in a transaction that may have other sales.
      const before = losses.get(`${log.transactionHash} ${facility}`)?.filter(({ index }) => index < log.index);
      const borne = debtClosed > repaid ? before?.at(-1)?.loss : undefined;
      const place = { block: log.blockNumber, transaction: log.transactionHash, facility, loan: id.toString() };
      year.sales.push({ ...place, repaid, seized, losses: borne ?? nothing() });
    }
  year.sales.sort((a, b) => a.block - b.block);
  return year;
}

function count(year: YearOfEvents, event: string, id: bigint, { collateral = 0n, seized = 0n }: Args): void {
  const counts = year.counts.get(id) ?? { marked: 0, rolledOver: 0 };
  year.counts.set(id, counts);
  if (event === "DefaultMarked") counts.marked++;
  if (event === "RolledOver") counts.rolledOver++;
  if (event === "Opened" || event === "TermLoanOpened" || event === "ToppedUp") year.collateral.put += collateral;
  if (event === "Withdrawn" || event === "Closed") year.collateral.taken += collateral;
  if (event === "Liquidated") year.collateral.seized += seized;
}

function lossOf({ byCover = 0n, byJunior = 0n, bySenior = 0n, byReserve = 0n }: Args): ByHolder {
  return { cover: byCover, junior: byJunior, senior: bySenior, reserve: byReserve };
}

function classAt(trancheClass: bigint): keyof ByHolder {
  const name = TRANCHES[Number(trancheClass)];
  if (name === undefined) throw new RangeError(`There is no class ${trancheClass.toString()} of lenders.`);
  return name;
}
