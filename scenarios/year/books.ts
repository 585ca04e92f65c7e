import { ZeroAddress } from "ethers";
import { capitalAt, erc20At, poolAt, trancheAt, type Client } from "../../sdk/client/client.js";
import { readFacility } from "../../sdk/client/facilityState.js";
import { readLoans } from "../../sdk/client/loanState.js";
import { trancheAddress, trancheClass, TRANCHES, tranchesOf } from "../../sdk/client/tranches.js";
import { MAX_UINT256 } from "../../sdk/model/index.js";
import type { World } from "../replay/world.js";
import { toFactor } from "../replay/watcher.js";
import { both, type Facilities } from "./facilities.js";
import { nothing, type Day, type DayOfFacility, type FacilityBooks } from "./result.js";

/** A share is a millionth of an asset's smallest unit at first. */
const SHARES_A_UNIT = 10n ** 6n;
/** Shares whose price is asked for: a thousand whole assets' worth at first, so that it has digits enough. */
const SAMPLE_UNITS = 1_000_000_000n;

/** What both facilities hold at a block of the last hundred or so, by number. */
export async function readBooks(
  { provider }: World,
  facilities: Facilities,
  block: number,
): Promise<Record<number, FacilityBooks>> {
  const at = { blockTag: block };
  const books: Record<number, FacilityBooks> = {};
  for (const facility of both(facilities)) {
    const pool = poolAt(facility.pool);
    const worth = nothing();
    for (const tranche of TRANCHES)
      worth[tranche] = await pool.read(provider, "entryNavOf", [trancheClass(tranche)], at);
    worth.reserve = await pool.read(provider, "reserve", [], at);
    const [balance, debt] = await Promise.all([
      erc20At(facility.loan.address).read(provider, "balanceOf", [facility.pool], at),
      pool.read(provider, "totalDebt", [], at),
    ]);
    books[facility.id] = { balance, worth, debt };
  }
  return books;
}

/** How the book stands at the newest block. */
export async function readDay(
  world: World,
  facilities: Facilities,
  loans: readonly bigint[],
  { at, price }: Pick<Day, "at" | "price">,
): Promise<Day> {
  const { client } = world;
  const block = await world.provider.getBlockNumber();
  const states = await readLoans(client, loans, { blockTag: block });
  const days: Record<number, DayOfFacility> = {};
  for (const { id } of both(facilities)) {
    const open = states.filter(({ facility, debt }) => facility.id === id && debt > 0n).length;
    days[id] = { open, ...(await readDayOf(world, id, block)) };
  }
  return { at, price, facilities: days };
}

async function readDayOf({ client, provider }: World, id: number, block: number): Promise<Omit<DayOfFacility, "open">> {
  const at = { blockTag: block };
  const facility = await readFacility(client, id, at);
  const sharePrice: DayOfFacility["sharePrice"] = {};
  for (const tranche of tranchesOf(facility)) {
    const contract = trancheAt(trancheAddress(facility, tranche));
    const assets = await contract.read(provider, "convertToAssets", [SAMPLE_UNITS * SHARES_A_UNIT], at);
    sharePrice[tranche] = Number(assets) / Number(SAMPLE_UNITS);
  }
  return {
    ...{ debt: facility.totalDebt, cash: facility.cash, sharePrice, queued: facility.redemptionsQueued },
    ...{ cover: facility.coverNav, junior: facility.juniorNav },
    capitalRatio: await ratioOf(client, facility.pool, block),
  };
}

async function ratioOf(client: Client, pool: string, blockTag: number): Promise<number | undefined> {
  const capital = await capitalOf(client, pool);
  if (capital === undefined) return undefined;
  const { ratioWad } = await capitalAt(capital).read(client.provider, "ratioOf", [pool], { blockTag });
  return ratioWad === MAX_UINT256 ? undefined : toFactor(ratioWad);
}

/** The contract that asks a pool for first-loss capital; undefined where none does. It is fixed with the pool. */
export async function capitalOf({ provider }: Client, pool: string): Promise<string | undefined> {
  const capital = await poolAt(pool).read(provider, "capital", []);
  return capital === ZeroAddress ? undefined : capital;
}
