import { dataSlice, getAddress, solidityPacked } from "ethers";
import { poolAt, read, tokenAt, vaultAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";
import { RpcError, TransportError } from "../chain/rpcErrors.js";
import type { BookFacility } from "../index/loanBook.js";
import { discoverPaths } from "./discover.js";
import { unitsOf } from "./units.js";

/** What never changes about a facility, read once. */
export interface FacilityDesk {
  /** WAD a second; 0 where the rate follows the adaptive curve. */
  readonly fixedRate: bigint;
  readonly loanAsset: string;
  readonly loanDecimals: number;
  readonly loanSymbol: string;
  /** Uniswap v3 paths on which its collateral is sold; none where none is configured and none was found. */
  readonly paths: readonly string[];
  /** What a liquidation must leave beyond its fees, loan units. */
  readonly minProfit: bigint;
}

/** Tokens and fees, from the collateral to the loan asset. */
export type Hops = readonly (string | number)[];

export interface RouteOptions {
  /** One route or several by facility. */
  readonly routes: Readonly<Record<string, Hops | readonly Hops[]>>;
  /** Of the deployment: its fee is looked for beside the tiers. */
  readonly uniswap: { readonly quoter: string; readonly fee: number } | undefined;
  /** Fees of the pools to look for where no route is named. */
  readonly feeTiers: readonly number[];
  /** Whole loan assets. */
  readonly minProfit: string;
}

/** A Uniswap v3 path: token, fee, token, … */
export function encodePath(hops: Hops): string {
  const types = hops.map((_, index) => (index % 2 === 0 ? "address" : "uint24"));
  return solidityPacked(types, [...hops]);
}

const TOKEN = 20;
const HOP = 23;

/** The pools a path leads through: both tokens in order of their address, and the fee. */
export function poolsOf(path: string): string[] {
  const bytes = (path.length - 2) / 2;
  const pools: string[] = [];
  for (let at = 0; at + HOP + TOKEN <= bytes; at += HOP) {
    const sold = dataSlice(path, at, at + TOKEN).toLowerCase();
    const fee = dataSlice(path, at + TOKEN, at + HOP);
    const bought = dataSlice(path, at + HOP, at + HOP + TOKEN).toLowerCase();
    pools.push([...[sold, bought].sort(), fee].join("/"));
  }
  return pools;
}

/** Leaves out each path that leads through a pool of an earlier one: what one sells there, the other finds sold. */
export function withoutSharedPools(paths: readonly string[]): string[] {
  const used = new Set<string>();
  return paths.filter((path) => {
    const pools = poolsOf(path);
    if (pools.some((pool) => used.has(pool))) return false;
    for (const pool of pools) used.add(pool);
    return true;
  });
}

export async function openDesk(node: Node, facility: BookFacility, options: RouteOptions): Promise<FacilityDesk> {
  const [loanAsset, collateralAsset, fixedRate] = await Promise.all([
    read(node, poolAt(facility.pool), "asset", []),
    read(node, vaultAt(facility.vault), "asset", []),
    read(node, poolAt(facility.pool), "fixedRatePerSecond", []),
  ]);
  const configured = options.routes[facility.id];
  const [decimals, loanSymbol, paths] = await Promise.all([
    read(node, tokenAt(loanAsset), "decimals", []),
    symbolOf(node, loanAsset),
    configured === undefined
      ? foundPaths(node, options, collateralAsset, loanAsset)
      : listOf(configured).map(encodePath),
  ]);
  const loanDecimals = Number(decimals);
  const minProfit = unitsOf(options.minProfit, loanDecimals);
  return { fixedRate, loanAsset, loanDecimals, loanSymbol, paths, minProfit };
}

/** For people only: some tokens have none, or one of another type. */
async function symbolOf(node: Node, token: string): Promise<string> {
  try {
    return await read(node, tokenAt(token), "symbol", []);
  } catch (error) {
    if (error instanceof TransportError || (error instanceof RpcError && !error.isRevert)) throw error;
    return token.slice(0, 10);
  }
}

async function foundPaths(
  node: Node,
  { feeTiers, uniswap }: RouteOptions,
  collateral: string,
  loan: string,
): Promise<readonly string[]> {
  if (uniswap === undefined) return [];
  const fees = [...new Set([...feeTiers, uniswap.fee])];
  const found = await discoverPaths(node, uniswap.quoter, getAddress(collateral), getAddress(loan), fees);
  // A pool that is made later is found on the deployment's own fee at least.
  return found.length > 0 ? found : [encodePath([collateral, uniswap.fee, loan])];
}

export function listOf(routes: Hops | readonly Hops[]): readonly Hops[] {
  return routes.every((one) => Array.isArray(one)) ? routes : [routes as Hops];
}
