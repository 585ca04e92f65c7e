import { oracleAt, poolAt } from "../../sdk/client/client.js";
import { collateralValueDown, healthFactorDown, MAX_UINT256, toAssetsUp, WAD } from "../../sdk/model/index.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { Moment } from "../result.js";
import type { Sight } from "./holds.js";
import { quantilesOf } from "./quantiles.js";
import { readSources, type Sources } from "./sources.js";
import type { World } from "./world.js";

/** A loan at one block, at the primary price; loan units and collateral units. */
export interface LoanSight {
  id: bigint;
  collateral: bigint;
  value: bigint;
  debt: bigint;
  /** the largest number for a loan that owes nothing */
  healthWad: bigint;
}

/** Everything seen of the facility at one block. */
export interface Look {
  at: number;
  sources: Sources;
  /** the oracle refuses to sell, though the primary price is there */
  refusesToSell: boolean;
  loans: LoanSight[];
}

/** What a loan's storage slot says; it changes with the loan's events only. */
interface Slot {
  debtShares: bigint;
  collateral: bigint;
}

const BPS_TO_WAD = 10n ** 14n;

/**
 * Watches all loans with a handful of calls a block: their slots are read when they change, and what they owe and are worth
 * follows from the pool's totals and the price by the sdk's model, as the contracts have it.
 */
export class Watcher {
  private readonly slots = new Map<bigint, Slot>();

  constructor(private readonly world: World) {}

  /** Reads the slots of loans that are new or have changed. */
  async refresh(ids: readonly bigint[], block: number): Promise<void> {
    const { client, provider } = this.world;
    await Promise.all(
      ids.map(async (id) =>
        this.slots.set(id, await client.manager.read(provider, "loanOf", [id], { blockTag: block })),
      ),
    );
  }

  /** @param block one of the last hundred or so */
  async look(block: number, at: number): Promise<Look> {
    const { provider, facility } = this.world;
    const [sources, totals, sells] = await Promise.all([
      readSources(this.world, block),
      this.debtTotals(block),
      oracleAt(facility.oracle)
        .read(provider, "liquidationPrice", [], { blockTag: block })
        .then(
          () => true,
          () => false,
        ),
    ]);
    const loans = [...this.slots].map(([id, slot]) => this.describe(id, slot, totals, sources.primary));
    return { at, sources, refusesToSell: !sells, loans };
  }

  /** One loan whose slot is up to date. */
  async loan(id: bigint, block: number, priceE36: bigint): Promise<LoanSight> {
    return this.describe(
      id,
      this.slots.get(id) ?? { debtShares: 0n, collateral: 0n },
      await this.debtTotals(block),
      priceE36,
    );
  }

  /** WAD. @param debt not 0 */
  health(collateral: bigint, debt: bigint, priceE36: bigint): bigint {
    const value = collateralValueDown(collateral, priceE36);
    return healthFactorDown(value, debt, this.world.facility.lltvBps * BPS_TO_WAD);
  }

  private describe(id: bigint, { debtShares, collateral }: Slot, totals: Totals, priceE36: bigint): LoanSight {
    const debt = debtShares === 0n ? 0n : toAssetsUp(debtShares, totals);
    const value = collateralValueDown(collateral, priceE36);
    const healthWad = debt === 0n ? MAX_UINT256 : this.health(collateral, debt, priceE36);
    return { id, collateral, value, debt, healthWad };
  }

  private async debtTotals(block: number): Promise<Totals> {
    const { provider, facility } = this.world;
    const [totalAssets, totalShares] = await poolAt(facility.pool).read(provider, "debtTotals", [], {
      blockTag: block,
    });
    return { totalAssets, totalShares };
  }
}

interface Totals {
  totalAssets: bigint;
  totalShares: bigint;
}

export function sightOf({ at, sources, refusesToSell, loans }: Look): Sight {
  const { disagree, apartBps } = sources;
  return { ...{ at, disagree, apartBps }, held: disagree && refusesToSell, unhealthy: loans.filter(isUnhealthy) };
}

/** @param price of the bitcoin feed @param l1BaseFee wei */
export function momentOf({ at, sources, loans }: Look, price: PriceE8, l1BaseFee: bigint): Moment {
  const owing = loans.filter(({ debt }) => debt > 0n);
  const { primary, second } = sources;
  const sum = (of: (loan: LoanSight) => bigint) => loans.reduce((total, loan) => total + of(loan), 0n);
  return {
    ...{ at, price },
    // In the feed's terms, so that the two can be drawn on one axis.
    average: second === undefined ? undefined : (second * price) / primary,
    debt: sum(({ debt }) => debt),
    collateralValue: sum(({ value }) => value),
    open: owing.length,
    unhealthy: owing.filter(isUnhealthy).length,
    health: quantilesOf(owing.map(({ healthWad }) => toFactor(healthWad))),
    l1BaseFee,
  };
}

/** A health factor for people and charts. */
export const toFactor = (healthWad: bigint) => Number(healthWad) / Number(WAD);

const isUnhealthy = ({ healthWad }: LoanSight) => healthWad < WAD;
