import { type Client, poolAt, trancheAt } from "./client.js";
import { type Facility, facilityOf } from "./facility.js";
import { type TrancheName, TRANCHES, trancheAddress, trancheClass, tranchesOf } from "./tranches.js";

/** The underwriters' class of a facility as of one block. Amounts in units of the loan asset. */
export interface CoverState {
  readonly facility: Facility;
  /** Beside the pool's cash and never lent. */
  readonly stake: bigint;
  /** Earned, and paid into the stake when the pool has cash. */
  readonly unpaidPremium: bigint;
  /** Share of all interest that goes to cover while there is a stake. */
  readonly premiumBps: bigint;
  /** Losses that were marked and are not realised. */
  readonly expectedLoss: bigint;
  /** Which of them each class would bear. */
  readonly wouldBear: Readonly<Record<TrancheName, bigint>>;
  /** Seconds. */
  readonly cooldown: bigint;
  readonly window: bigint;
}

/** @throws NoSuchTranche where the facility has no cover */
export async function readCover(client: Client, facility: number | string): Promise<CoverState> {
  const { provider, deployment } = client;
  const known = facilityOf(deployment, facility);
  const cover = trancheAt(trancheAddress(known, "cover"));
  const pool = poolAt(known.pool);
  const at = { blockTag: await provider.getBlockNumber() };
  const own = trancheClass("cover");
  const bears = async (tranche: TrancheName): Promise<bigint> => {
    if (!tranchesOf(known).includes(tranche)) return 0n;
    const [entry, exit] = await Promise.all([
      pool.read(provider, "entryNavOf", [trancheClass(tranche)], at),
      pool.read(provider, "navOf", [trancheClass(tranche)], at),
    ]);
    return entry - exit;
  };
  const [stake, worth, [, premiumBps], [, expected], [cooldown, window], [senior, junior, ofCover]] = await Promise.all(
    [
      pool.read(provider, "availableTo", [own], at),
      pool.read(provider, "entryNavOf", [own], at),
      pool.read(provider, "firstLossTerms", [], at),
      pool.read(provider, "storedFirstLoss", [], at),
      cover.read(provider, "exitTerms", [], at),
      Promise.all(TRANCHES.map(bears)),
    ],
  );
  return {
    ...{ facility: known, stake, unpaidPremium: worth - stake, premiumBps, expectedLoss: expected.loss },
    wouldBear: { senior: senior ?? 0n, junior: junior ?? 0n, cover: ofCover ?? 0n },
    ...{ cooldown, window },
  };
}

/** Of all facilities that have cover. */
export async function readCovers(client: Client): Promise<CoverState[]> {
  const covered = client.deployment.facilities.filter(({ cover }) => cover !== undefined);
  return Promise.all(covered.map(({ id }) => readCover(client, id)));
}
