import { parseUnits, solidityPacked } from "ethers";
import { poolAt, read, tokenAt, vaultAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";
import type { BookFacility } from "../index/loanBook.js";

/** What never changes about a facility, read once. */
export interface FacilityDesk {
  /** WAD a second; 0 where the rate follows the adaptive curve. */
  readonly fixedRate: bigint;
  readonly loanAsset: string;
  readonly loanDecimals: number;
  readonly loanSymbol: string;
  /** Uniswap v3 path on which its collateral is sold; undefined where none is configured. */
  readonly path: string | undefined;
  /** What a liquidation must leave beyond its fees, loan units. */
  readonly minProfit: bigint;
}

export interface RouteOptions {
  /** Tokens and fees by facility, from the collateral to the loan asset. */
  readonly routes: Readonly<Record<string, readonly (string | number)[]>>;
  /** Fee of the direct pool, for facilities without a route. */
  readonly defaultFee: number | undefined;
  /** Whole loan assets. */
  readonly minProfit: string;
}

/** A Uniswap v3 path: token, fee, token, … */
export function encodePath(hops: readonly (string | number)[]): string {
  const types = hops.map((_, index) => (index % 2 === 0 ? "address" : "uint24"));
  return solidityPacked(types, [...hops]);
}

export async function openDesk(node: Node, facility: BookFacility, options: RouteOptions): Promise<FacilityDesk> {
  const [loanAsset, collateralAsset, fixedRate] = await Promise.all([
    read(node, poolAt(facility.pool), "asset", []),
    read(node, vaultAt(facility.vault), "asset", []),
    read(node, poolAt(facility.pool), "fixedRatePerSecond", []),
  ]);
  const [decimals, loanSymbol] = await Promise.all([
    read(node, tokenAt(loanAsset), "decimals", []),
    read(node, tokenAt(loanAsset), "symbol", []),
  ]);
  const loanDecimals = Number(decimals);
  const direct = options.defaultFee === undefined ? undefined : [collateralAsset, options.defaultFee, loanAsset];
  const hops = options.routes[facility.id] ?? direct;
  return {
    fixedRate,
    loanAsset,
    loanDecimals,
    loanSymbol,
    path: hops === undefined ? undefined : encodePath(hops),
    minProfit: parseUnits(options.minProfit, loanDecimals),
  };
}
