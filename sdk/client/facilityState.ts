import type { Client } from "./client.js";
import { type Facility, UnknownFacility, facilityOf } from "./facility.js";
import { type Price, priceOf } from "./price.js";
import { WAD, YEAR_SECONDS, compoundedGrowth } from "../model/index.js";
import type { AbiResult, ReadOptions } from "./typedContract.js";
import type { lensAbi } from "./abi/index.js";

/** A facility as of one block: its terms, what it holds and what it costs. Amounts in units of the loan asset. */
export interface FacilityState extends Facility {
  /** Most at which one may borrow, basis points; the guardian may have lowered it. */
  readonly maxLtvBps: bigint;
  /** Above it a loan may be liquidated. */
  readonly lltvBps: bigint;
  /** To which a liquidation brings a loan back. */
  readonly targetLtvBps: bigint;
  readonly incentiveMinBps: bigint;
  readonly incentiveMaxBps: bigint;
  readonly minDebt: bigint;
  readonly cap: bigint;
  readonly loanCap: bigint;
  readonly newLoansStopped: boolean;
  readonly oracle: string;
  /** Undefined where everybody may take new risk. */
  readonly gate: string | undefined;
  readonly cash: bigint;
  readonly totalDebt: bigint;
  /** What each class of lenders owns, losses that were marked counted; 0 for a class that there is not. */
  readonly seniorNav: bigint;
  readonly juniorNav: bigint;
  readonly coverNav: bigint;
  /** Senior lenders wait for cash: nothing is lent meanwhile. */
  readonly redemptionsQueued: boolean;
  readonly reserve: bigint;
  readonly utilisationWad: bigint;
  /** Of a term facility the rate that a sheet's spread is added to. */
  readonly borrowRatePerSecondWad: bigint;
  /** Most that one more loan could take, whatever its collateral: cash and caps. */
  readonly borrowable: bigint;
  /** What the feeds say. */
  readonly price: Price;
  /** At which new risk is taken. */
  readonly borrowPrice: Price;
  /** At which collateral is sold. */
  readonly liquidationPrice: Price;
  /** Seconds since the oldest feed's last round. */
  readonly staleFor: bigint;
}

type Overview = AbiResult<typeof lensAbi, "facilityOverview">;

/** A bit of PricingTerms.flags. */
const NEW_LOANS_STOPPED = 1n;

const NO_GATE = "0x0000000000000000000000000000000000000000";

function stateOf(facility: Facility, overview: Overview): FacilityState {
  const { ltv, pricing, custody, access } = overview.config;
  return {
    ...facility,
    maxLtvBps: ltv.maxLtvBps,
    lltvBps: ltv.lltvBps,
    targetLtvBps: ltv.targetLtvBps,
    incentiveMinBps: ltv.incentiveMinBps,
    incentiveMaxBps: ltv.incentiveMaxBps,
    minDebt: pricing.minDebt,
    cap: custody.cap,
    loanCap: access.loanCap,
    newLoansStopped: (pricing.flags & NEW_LOANS_STOPPED) !== 0n,
    oracle: pricing.oracle,
    gate: access.gate === NO_GATE ? undefined : access.gate,
    cash: overview.cash,
    totalDebt: overview.totalDebt,
    seniorNav: overview.seniorNav,
    juniorNav: overview.juniorNav,
    coverNav: overview.coverNav,
    redemptionsQueued: overview.redemptionsQueued,
    reserve: overview.reserve,
    utilisationWad: overview.utilisation,
    borrowRatePerSecondWad: overview.borrowRate,
    borrowable: overview.borrowable,
    price: priceOf(overview.price, facility),
    borrowPrice: priceOf(overview.borrowPrice, facility),
    liquidationPrice: priceOf(overview.liquidationPrice, facility),
    staleFor: overview.staleFor,
  };
}

/**
 * @param facility its number or its name in the deployment
 * @example
 * const { cash, borrowRatePerSecondWad } = await readFacility(client, 1);
 */
export async function readFacility(
  client: Client,
  facility: number | string,
  options: ReadOptions = {},
): Promise<FacilityState> {
  const known = facilityOf(client.deployment, facility);
  return stateOf(known, await client.lens.read(client.provider, "facilityOverview", [BigInt(known.id)], options));
}

/** All facilities that the deployment names, as of one block. */
export async function readFacilities(client: Client, options: ReadOptions = {}): Promise<FacilityState[]> {
  const overviews = await client.lens.read(client.provider, "allFacilities", [], options);
  return client.deployment.facilities.map(({ id }) => {
    const overview = overviews.find((o) => o.facility === BigInt(id));
    if (overview === undefined) {
      throw new UnknownFacility(
        `the deployment names facility ${id}, but the chain has ${overviews.length}: the file is of another deployment`,
      );
    }
    return stateOf(facilityOf(client.deployment, id), overview);
  });
}

/** A rate a second as a year's: `nominal` without compounding, `effective` as a debt really grows. WAD. */
export function annualRate(ratePerSecondWad: bigint): { nominalWad: bigint; effectiveWad: bigint } {
  return {
    nominalWad: ratePerSecondWad * YEAR_SECONDS,
    effectiveWad: compoundedGrowth(ratePerSecondWad * WAD, YEAR_SECONDS),
  };
}
