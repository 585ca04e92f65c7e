import { Interface, ZeroAddress } from "ethers";
import { poolAt, read, vaultAt } from "../../chain/contracts.js";
import type { Node } from "../../chain/node.js";
import { squareRootDown } from "../../../sdk/model/index.js";
import type { Session } from "../session.js";
import type { Fork } from "./fork.js";

const router = new Interface([
  "function factory() view returns (address)",
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96)) returns (uint256)",
]);
const factory = new Interface(["function getPool(address, address, uint24) view returns (address)"]);
const pool = new Interface(["function slot0() view returns (uint160, int24, uint16, uint16, uint16, uint8, bool)"]);
const token = new Interface(["function approve(address, uint256) returns (bool)"]);

/** Who trades on the fork; nobody has its key. */
const TRADER = "0x00000000000000000000000000000000b411a57e";
const SWAP_GAS = 12_000_000n;
const SCALE = 10n ** 18n;
const FOREVER = 2n ** 40n;
/** More than any pool holds, and less than overflows a token's sum. */
const PLENTY = 2n ** 100n;

interface Pool {
  readonly address: string;
  readonly fee: number;
  readonly collateral: string;
  readonly loanAsset: string;
  /** Price in the pool's own terms when the rehearsal began. */
  readonly startedAt: bigint;
}

/** The Uniswap pools of the deployment's pairs: as the oracle's price falls theirs has to, or every sale would look too good. */
export class Pools {
  private constructor(
    private readonly node: Node,
    private readonly fork: Fork,
    private readonly router: string,
    private readonly pools: readonly Pool[],
    /** Why they stay where they are; empty where they can be moved. */
    readonly fixedBecause: string,
  ) {}

  static async of({ config, deployment, node }: Session, fork: Fork): Promise<Pools> {
    const { uniswap } = deployment;
    if (uniswap === undefined) return new Pools(node, fork, "", [], "the deployment names no Uniswap router");
    const found = new Map<string, Pool>();
    const [factoryAddress] = await ask(node, router, uniswap.router, "factory", []);
    for (const facility of deployment.facilities) {
      const [loanAsset, collateral] = await Promise.all([
        read(node, poolAt(facility.pool), "asset", []),
        read(node, vaultAt(facility.vault), "asset", []),
      ]);
      for (const fee of new Set([uniswap.fee, ...config.feeTiers])) {
        const [address] = await ask(node, factory, String(factoryAddress), "getPool", [collateral, loanAsset, fee]);
        if (typeof address !== "string" || address === ZeroAddress) continue;
        const [startedAt] = await ask(node, pool, address, "slot0", []);
        found.set(address, { address, fee, collateral, loanAsset, startedAt: BigInt(String(startedAt)) });
      }
    }
    const pools = [...found.values()];
    await fork.impersonate(TRADER, 10n ** 24n);
    for (const asset of new Set(pools.flatMap(({ collateral, loanAsset }) => [collateral, loanAsset]))) {
      if (!(await fork.giveTokens(asset, TRADER, PLENTY))) {
        return new Pools(node, fork, uniswap.router, [], "this node cannot give out tokens (anvil can)");
      }
      const data = token.encodeFunctionData("approve", [uniswap.router, 2n ** 256n - 1n]);
      await fork.send(TRADER, asset, data, 200_000n);
      await fork.mine();
    }
    return new Pools(node, fork, uniswap.router, pools, "");
  }

  /** Trades until each pool's price is that part of what it was at first, whatever liquidations have made of it meanwhile. */
  async moveTo(ratioWad: bigint): Promise<void> {
    for (const one of this.pools) {
      const isFirst = BigInt(one.collateral) < BigInt(one.loanAsset);
      const root = squareRootDown(ratioWad * SCALE);
      // A pool's price is of its first token in its second.
      const target = isFirst ? (one.startedAt * root) / SCALE : (one.startedAt * SCALE) / root;
      const [now] = await ask(this.node, pool, one.address, "slot0", []);
      const current = BigInt(String(now));
      if (current === target) continue;
      // Selling the first token lowers the pool's price.
      const sellsFirst = current > target;
      const sellsCollateral = sellsFirst === isFirst;
      const [tokenIn, tokenOut] = sellsCollateral ? [one.collateral, one.loanAsset] : [one.loanAsset, one.collateral];
      const trade = [tokenIn, tokenOut, one.fee, TRADER, FOREVER, PLENTY / 2n, 0n, target];
      await this.fork.send(TRADER, this.router, router.encodeFunctionData("exactInputSingle", [trade]), SWAP_GAS);
      await this.fork.mine();
    }
  }
}

async function ask(
  node: Node,
  contract: Interface,
  to: string,
  name: string,
  args: readonly unknown[],
): Promise<unknown[]> {
  const answer = await node.call({ to, data: contract.encodeFunctionData(name, [...args]) });
  return [...contract.decodeFunctionResult(name, answer)] as unknown[];
}
