import { ZeroAddress, solidityPacked } from "ethers";
import { factoryAt, quoterAt, read, uniswapPoolAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";

/** Wrapped ether, the same predeploy on every chain of the OP Stack: the usual way round where a pair has no deep pool. */
const WRAPPED_ETHER = "0x4200000000000000000000000000000000000006";

interface Pool {
  readonly fee: number;
  readonly liquidity: bigint;
}

/**
 * Every pool of the pair that has liquidity, and the deepest way over wrapped ether: no two share a pool.
 *
 * @param fees of the pools to look for, hundredths of a basis point
 * @returns paths from the collateral to the loan asset
 */
export async function discoverPaths(
  node: Node,
  quoter: string,
  collateral: string,
  loan: string,
  fees: readonly number[],
): Promise<string[]> {
  const factory = await read(node, quoterAt(quoter), "factory", []);
  const pools = async (a: string, b: string): Promise<Pool[]> => {
    if (a === b) return [];
    const found = await Promise.all(
      fees.map(async (one): Promise<Pool> => {
        const pool = await read(node, factoryAt(factory), "getPool", [a, b, BigInt(one)]);
        if (pool === ZeroAddress) return { fee: one, liquidity: 0n };
        return { fee: one, liquidity: await read(node, uniswapPoolAt(pool), "liquidity", []) };
      }),
    );
    return found.filter(({ liquidity }) => liquidity > 0n);
  };
  const [direct, first, second] = await Promise.all([
    pools(collateral, loan),
    pools(collateral, WRAPPED_ETHER),
    pools(WRAPPED_ETHER, loan),
  ]);
  const paths = direct.map((pool) => solidityPacked(["address", "uint24", "address"], [collateral, pool.fee, loan]));
  const [into, out] = [deepest(first), deepest(second)];
  if (into === undefined || out === undefined) return paths;
  const types = ["address", "uint24", "address", "uint24", "address"];
  return [...paths, solidityPacked(types, [collateral, into.fee, WRAPPED_ETHER, out.fee, loan])];
}

function deepest(pools: readonly Pool[]): Pool | undefined {
  return [...pools].sort((a, b) => (a.liquidity > b.liquidity ? -1 : 1))[0];
}
