import { Interface } from "ethers";
import { oracleAt } from "../../sdk/client/client.js";
import { readFacility } from "../../sdk/client/facilityState.js";
import { readLoans, type LoanState } from "../../sdk/client/loanState.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { Moment } from "../result.js";
import type { Sight } from "./holds.js";
import { l1FeesAt } from "./l1Fees.js";
import { quantilesOf } from "./quantiles.js";
import type { World } from "./world.js";

const source = new Interface(["function price() view returns (uint256)"]);
const WAD = 10n ** 18n;
const BPS = 10_000n;

/** The two price sources at one block, 1e36 scaled. */
export interface Sources {
  primary: bigint;
  /** undefined where the second source fails */
  second: bigint | undefined;
  disagree: boolean;
  apartBps: number;
}

/** Everything seen of the facility at one block. */
export interface Look {
  at: number;
  sources: Sources;
  /** the oracle refuses to sell, though the primary price is there */
  refusesToSell: boolean;
  loans: LoanState[];
  debt: bigint;
}

export class Watcher {
  constructor(
    private readonly world: World,
    private readonly loanIds: readonly bigint[],
  ) {}

  /** @param block a block of the last hundred or so */
  async look(block: number, at: number): Promise<Look> {
    const { client, facility } = this.world;
    const options = { blockTag: block };
    const [state, loans, sources] = await Promise.all([
      readFacility(client, facility.id, options),
      readLoans(client, this.loanIds, options),
      this.sources(block),
    ]);
    const { price, liquidationPrice, totalDebt } = state;
    const refusesToSell = liquidationPrice.refusal !== undefined && price.refusal === undefined;
    return { at, sources, refusesToSell, loans, debt: totalDebt };
  }

  async sources(block: number): Promise<Sources> {
    const { provider, facility, secondSource } = this.world;
    const options = { blockTag: block };
    const [primary, second] = await Promise.all([
      oracleAt(facility.oracle).read(provider, "price", [], options),
      provider
        .call({ to: secondSource, data: source.encodeFunctionData("price"), ...options })
        .then((data) => source.decodeFunctionResult("price", data)[0] as bigint)
        .catch(() => undefined),
    ]);
    const { disagreementLimitWad } = await this.terms();
    const apart = second === undefined ? primary : second > primary ? second - primary : primary - second;
    return {
      ...{ primary, second },
      disagree: second === undefined || apart > (primary * disagreementLimitWad) / WAD,
      apartBps: Number((apart * BPS) / primary),
    };
  }

  private known: Promise<{ disagreementLimitWad: bigint }> | undefined;

  private terms(): Promise<{ disagreementLimitWad: bigint }> {
    const { facility, provider } = this.world;
    return (this.known ??= oracleAt(facility.oracle).read(provider, "terms", []));
  }
}

export function sightOf({ at, sources, refusesToSell, loans }: Look): Sight {
  const { disagree, apartBps } = sources;
  return { ...{ at, disagree, apartBps }, held: disagree && refusesToSell, unhealthy: loans.filter(isUnhealthy) };
}

/** @param price of the bitcoin feed */
export function momentOf({ at, sources, loans, debt }: Look, price: PriceE8): Moment {
  const owing = loans.filter((loan) => loan.debt > 0n);
  const { primary, second } = sources;
  return {
    ...{ at, price, debt },
    // In the feed's terms, so that the two can be drawn on one axis.
    average: second === undefined ? undefined : (second * price) / primary,
    collateralValue: loans.reduce((sum, { value }) => sum + (value ?? 0n), 0n),
    open: owing.length,
    unhealthy: owing.filter(isUnhealthy).length,
    health: quantilesOf(owing.map(({ healthWad }) => Number(healthWad ?? 0n) / 1e18)),
    l1BaseFee: l1FeesAt(at).baseFee,
  };
}

const isUnhealthy = ({ debt, healthWad }: LoanState) => debt > 0n && healthWad !== undefined && healthWad < WAD;
