import { type Log, type TransactionReceipt } from "ethers";
import { loanManagerAbi } from "../../sdk/client/abi/index.js";
import { collateralValueDown } from "../../sdk/model/index.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { KeeperCost, Liquidation } from "../result.js";
import { swapEvents } from "../uniswapEvents.js";
import type { HoldTracker } from "./holds.js";
import { readSources } from "./sources.js";
import { toFactor, type Watcher } from "./watcher.js";
import type { World } from "./world.js";

/** A liquidation as far as it is known when it happens; what it cost comes with the keeper's transactions. */
export type UncostedLiquidation = Omit<Liquidation, "cost">;

const manager = interfaceOf(loanManagerAbi);
const LIQUIDATED = manager.getEvent("Liquidated")!.topicHash;

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
    const { id, repaid, seized, debtClosed } = manager.parseLog(log)?.args as unknown as Event;
    const block = log.blockNumber;
    await this.watcher.refresh([id], block);
    const [sources, receipt] = await Promise.all([
      readSources(this.world, block),
      this.world.provider.getTransactionReceipt(log.transactionHash),
    ]);
    const after = await this.watcher.loan(id, block, sources.primary);
    const before = { collateral: after.collateral + seized, debt: after.debt + debtClosed };
    return {
      ...{ at, block, price, repaid, seized },
      transaction: log.transactionHash,
      loan: id.toString(),
      borrower: this.names.get(id) ?? "somebody else",
      badDebt: debtClosed - repaid,
      value: collateralValueDown(seized, sources.primary),
      proceeds: this.proceeds(receipt, log.index),
      healthBefore: toFactor(this.watcher.health(before.collateral, before.debt, sources.primary)),
      healthAfter: after.debt === 0n ? undefined : toFactor(after.healthWad),
      heldSeconds: this.holds.liquidated(id, at),
      releasedByCap: sources.disagree,
    };
  }

  /** What the Uniswap pool paid after this liquidation and before the transaction's next. */
  private proceeds(receipt: TransactionReceipt | null, from: number): bigint {
    const { pool, btcIsToken0 } = this.world.devnet.info.uniswap;
    const later = (receipt?.logs ?? []).filter(({ index }) => index > from);
    const to = later.find(({ topics }) => topics[0] === LIQUIDATED)?.index ?? Infinity;
    return later
      .filter(({ address, index }) => index < to && address.toLowerCase() === pool.toLowerCase())
      .map((log) => swapEvents.parseLog(log)?.args[btcIsToken0 ? "amount1" : "amount0"] as bigint | undefined)
      .reduce<bigint>((sum, amount) => sum - (amount ?? 0n), 0n);
  }
}

export const withCost = (liquidation: UncostedLiquidation, cost: KeeperCost): Liquidation => ({ ...liquidation, cost });
