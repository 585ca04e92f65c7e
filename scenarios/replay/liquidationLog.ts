import { type Log, type TransactionReceipt } from "ethers";
import { loanManagerAbi } from "../../sdk/client/abi/index.js";
import { readLoans } from "../../sdk/client/loanState.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { KeeperCost, Liquidation } from "../result.js";
import { swapEvents } from "../uniswapEvents.js";
import type { HoldTracker } from "./holds.js";
import type { Watcher } from "./watcher.js";
import type { World } from "./world.js";

/** A liquidation as far as it is known when it happens; what it cost comes with the keeper's transactions. */
export type UncostedLiquidation = Omit<Liquidation, "cost">;

const manager = interfaceOf(loanManagerAbi);
const LIQUIDATED = manager.getEvent("Liquidated")!.topicHash;
const PRICE_SCALE = 10n ** 36n;
const LLTV_SCALE = 10_000n;

interface Event {
  id: bigint;
  repaid: bigint;
  seized: bigint;
  debtClosed: bigint;
}

/** Finds liquidations in new blocks and describes each as of its own block. */
export class LiquidationLog {
  readonly found: UncostedLiquidation[] = [];

  constructor(
    private readonly world: World,
    private readonly watcher: Watcher,
    private readonly holds: HoldTracker,
    /** names of the borrowers by loan */
    private readonly names: ReadonlyMap<bigint, string>,
  ) {}

  /** @returns those of the block, in order */
  async read(block: number, at: number, price: PriceE8): Promise<UncostedLiquidation[]> {
    const { provider, deployment } = this.world;
    const filter = { address: deployment.loanManager, topics: [LIQUIDATED], fromBlock: block, toBlock: block };
    const found: UncostedLiquidation[] = [];
    for (const log of await provider.getLogs(filter)) found.push(await this.describe(log, at, price));
    this.found.push(...found);
    return found;
  }

  private async describe(log: Log, at: number, price: PriceE8): Promise<UncostedLiquidation> {
    const { client, provider } = this.world;
    const event = manager.parseLog(log)?.args as unknown as Event;
    const { id, repaid, seized, debtClosed } = event;
    const [[loan], sources, receipt] = await Promise.all([
      readLoans(client, [id], { blockTag: log.blockNumber }),
      this.watcher.sources(log.blockNumber),
      provider.getTransactionReceipt(log.transactionHash),
    ]);
    const after = { collateral: loan?.collateral ?? 0n, debt: loan?.debt ?? 0n };
    const healthAt = (collateral: bigint, debt: bigint) => this.health(collateral, debt, sources.primary);
    return {
      at,
      block: log.blockNumber,
      transaction: log.transactionHash,
      loan: id.toString(),
      borrower: this.names.get(id) ?? "somebody else",
      price,
      repaid,
      seized,
      badDebt: debtClosed - repaid,
      value: (seized * sources.primary) / PRICE_SCALE,
      proceeds: this.proceeds(receipt),
      healthBefore: healthAt(after.collateral + seized, after.debt + debtClosed),
      healthAfter: after.debt === 0n ? undefined : healthAt(after.collateral, after.debt),
      heldSeconds: this.holds.liquidated(id, at),
      releasedByCap: sources.disagree,
    };
  }

  private health(collateral: bigint, debt: bigint, priceE36: bigint): number {
    const value = (collateral * priceE36) / PRICE_SCALE;
    return Number((value * this.world.facility.lltvBps * 1_000_000n) / (LLTV_SCALE * debt)) / 1_000_000;
  }

  /** What the Uniswap pool paid in this transaction. */
  private proceeds(receipt: TransactionReceipt | null): bigint {
    const { pool, btcIsToken0 } = this.world.devnet.info.uniswap;
    return (receipt?.logs ?? [])
      .filter(({ address }) => address.toLowerCase() === pool.toLowerCase())
      .map((log) => swapEvents.parseLog(log)?.args[btcIsToken0 ? "amount1" : "amount0"] as bigint | undefined)
      .reduce<bigint>((sum, amount) => sum - (amount ?? 0n), 0n);
  }
}

export const withCost = (liquidation: UncostedLiquidation, cost: KeeperCost): Liquidation => ({ ...liquidation, cost });
