import { Transaction } from "ethers";
import type { World } from "../../../scenarios/replay/world.js";
import { liquidationEngineAbi, liquidatorAbi, loanManagerAbi, priceOracleAbi } from "../../../sdk/client/abi/index.js";
import { interfaceOf } from "../../../sdk/client/typedContract.js";
import { ChaosError } from "../errors.js";
import { failedItems, loansOf } from "./calls.js";
import type { BookLoan } from "./book.js";

/** A liquidation as its event says it. */
export interface Sale {
  readonly id: bigint;
  readonly liquidator: string;
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly debtClosed: bigint;
  readonly transaction: string;
}

/** A transaction of the bot's in a block. */
export interface BotTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly succeeded: boolean;
  /** what it was to liquidate; none where it was for something else */
  readonly loans: readonly bigint[];
  /** those of a bundle that failed though the transaction did not, and why */
  readonly failed: readonly { readonly loan: bigint; readonly revert: string }[];
  /** why the same call reverts on the state before its block; only of one that failed */
  readonly revert: string | undefined;
  readonly isOutOfGas: boolean;
  /** wei of gas; what L1 and the operator of the rollup took comes on top */
  readonly gasWei: bigint;
}

/** What a block left. */
export interface BlockTruth {
  readonly number: number;
  readonly timestamp: number;
  /** Every oracle gives a price at which collateral may be sold. */
  readonly isPriced: boolean;
  /** Loans that anyone could have liquidated in the block's last state, with what would be repaid and seized. */
  readonly liquidatable: ReadonlyMap<bigint, { repaid: bigint; seized: bigint }>;
  readonly sales: readonly Sale[];
  readonly transactions: readonly BotTransaction[];
}

const manager = interfaceOf(loanManagerAbi);
const liquidator = interfaceOf(liquidatorAbi);
const REVERTS = [manager, liquidator, interfaceOf(liquidationEngineAbi), interfaceOf(priceOracleAbi)];
const LIQUIDATED = manager.getEvent("Liquidated")?.topicHash ?? "";
/** Loans whose health is below this are asked about exactly; interest of hours moves it by far less. */
const NEAR_PERMILLE = 1_020n;
/** Below this nobody need be asked. */
const BEYOND_PERMILLE = 998n;
/** All loans are asked about this often, to check the choice. */
const FULL_EVERY = 250;
const CHUNK = 100;
const E36 = 10n ** 36n;

type Prices = ReadonlyMap<number, bigint>;

interface Size {
  debt: bigint;
  collateral: bigint;
}

/**
 * What is true on the chain, block by block, read from the node itself and from the contracts' own quotes; it shares nothing
 * with the keeper's judgement. It must look at a block before the node forgets its state.
 */
export class Truth {
  /** The chain as it is now, without what was taken back. */
  readonly blocks = new Map<number, BlockTruth>();
  /** For each loan, all blocks in which it was liquidatable, those taken back included. */
  readonly liquidatableAt = new Map<bigint, number[]>();
  /** Transactions of the bot's that were mined in blocks which were taken back: they may come again, and find another state. */
  readonly takenBack = new Set<string>();
  private readonly sizes = new Map<bigint, Size>();
  private last: number;
  /** Whether loans that are far beyond their limit are asked about too; how much could be sold of others is not known. */
  asksAboutAll = true;

  private constructor(
    private readonly world: World,
    private readonly bot: string,
    loans: readonly BookLoan[],
    first: number,
  ) {
    this.last = first;
    for (const { id, principal, collateral } of loans) this.sizes.set(id, { debt: principal, collateral });
  }

  /** @param bot address whose transactions are followed */
  static async from(world: World, bot: string, loans: readonly BookLoan[]): Promise<Truth> {
    return new Truth(world, bot.toLowerCase(), loans, await world.provider.getBlockNumber());
  }

  get head(): BlockTruth | undefined {
    return this.blocks.get(this.last);
  }

  get lastBlock(): number {
    return this.last;
  }

  /** Looks at all blocks since the last time. */
  async look(): Promise<BlockTruth[]> {
    const head = await this.world.provider.getBlockNumber();
    const seen: BlockTruth[] = [];
    while (this.last < head) {
      const block = await this.read(this.last + 1);
      this.last += 1;
      this.blocks.set(block.number, block);
      seen.push(block);
    }
    return seen;
  }

  /** Forgets what was taken back: the blocks after `block`. */
  rollBackTo(block: number): void {
    for (let number = this.last; number > block; number--) {
      for (const { id, seized, debtClosed } of this.blocks.get(number)?.sales ?? []) {
        const size = this.sizes.get(id);
        if (size !== undefined)
          this.sizes.set(id, { debt: size.debt + debtClosed, collateral: size.collateral + seized });
      }
      for (const { hash } of this.blocks.get(number)?.transactions ?? []) this.takenBack.add(hash);
      this.blocks.delete(number);
    }
    this.last = Math.min(this.last, block);
  }

  /** Whether a loan was liquidatable in one of the last states before or at a block. */
  wasLiquidatable(id: bigint, block: number, within: number): boolean {
    return (this.liquidatableAt.get(id) ?? []).some((at) => at <= block && at >= block - within);
  }

  private async read(number: number): Promise<BlockTruth> {
    const { provider, client, deployment } = this.world;
    const managers = [client.manager.address, client.termManager.address];
    const tag = `0x${number.toString(16)}`;
    const [block, logs] = await Promise.all([
      provider.getBlock(number, true),
      provider.getLogs({ fromBlock: number, toBlock: number, topics: [LIQUIDATED] }),
    ]);
    if (block === null) throw new ChaosError(`block ${number} is gone while it is looked at`);
    const sales = logs
      .filter(({ address }) => managers.includes(address))
      .map((log): Sale => {
        const parsed = manager.parseLog(log)?.args as unknown as Omit<Sale, "transaction">;
        const { id, liquidator: by, repaid, seized, debtClosed } = parsed;
        return { id, liquidator: by, repaid, seized, debtClosed, transaction: log.transactionHash };
      });
    for (const { id, seized, debtClosed } of sales) {
      const size = this.sizes.get(id);
      if (size !== undefined)
        this.sizes.set(id, { debt: size.debt - debtClosed, collateral: size.collateral - seized });
    }
    const own = block.prefetchedTransactions.filter(({ from }) => from.toLowerCase() === this.bot);
    const transactions = await Promise.all(
      own.map(async (transaction): Promise<BotTransaction> => {
        const receipt = await provider.getTransactionReceipt(transaction.hash);
        if (receipt === null) throw new ChaosError(`${transaction.hash} is mined but has no receipt`);
        const loans = loansOf(Transaction.from(transaction), deployment.liquidator);
        const failed = failedItems(receipt.logs).map(({ loan, reason }) => ({ loan, revert: nameOf(reason) }));
        const succeeded = receipt.status === 1;
        return {
          ...{ hash: transaction.hash, nonce: transaction.nonce, succeeded, loans, failed },
          revert: succeeded ? undefined : await this.revertOf(transaction, number),
          isOutOfGas: !succeeded && receipt.gasUsed === transaction.gasLimit,
          gasWei: receipt.gasUsed * receipt.gasPrice,
        };
      }),
    );
    const prices = await this.prices(tag);
    const liquidatable = await this.liquidatable(tag, prices, number % FULL_EVERY === 0);
    for (const id of liquidatable.keys()) {
      const known = this.liquidatableAt.get(id);
      if (known === undefined) this.liquidatableAt.set(id, [number]);
      else known.push(number);
    }
    const isPriced = prices.size === deployment.facilities.length;
    return { number, timestamp: block.timestamp, isPriced, liquidatable, sales, transactions };
  }

  private async liquidatable(blockTag: string, prices: Prices, all: boolean): Promise<BlockTruth["liquidatable"]> {
    const near = this.near(prices, NEAR_PERMILLE);
    const found = new Map<bigint, { repaid: bigint; seized: bigint }>();
    const beyond = this.asksAboutAll ? [] : this.near(prices, BEYOND_PERMILLE);
    for (const id of beyond) found.set(id, { repaid: 0n, seized: 0n });
    const asked = all && this.asksAboutAll ? [...this.sizes.keys()] : near.filter((id) => !found.has(id));
    for (let from = 0; from < asked.length; from += CHUNK) {
      const ids = asked.slice(from, from + CHUNK);
      const { client, provider, keeper } = this.world;
      const options = { blockTag, from: keeper.wallet.address };
      const [quotes, reasons] = await client.lens.read(provider, "liquidationQuotes", [ids], options);
      for (const [index, id] of ids.entries()) {
        const quote = quotes[index];
        if (quote === undefined || reasons[index] !== "0x" || quote.repaid === 0n) continue;
        found.set(id, { repaid: quote.repaid, seized: quote.seized });
      }
    }
    const missed = all ? [...found.keys()].filter((id) => !near.includes(id)) : [];
    if (missed.length > 0)
      throw new ChaosError(`loans ${missed.join(", ")} are liquidatable, and were taken for healthy without asking`);
    return found;
  }

  /** Prices of liquidation by facility; without those whose oracle refuses. */
  private async prices(blockTag: string): Promise<Prices> {
    const { client, provider, deployment, keeper } = this.world;
    const options = { blockTag, from: keeper.wallet.address };
    const prices = new Map<number, bigint>();
    for (const { id } of deployment.facilities) {
      const { liquidationPrice } = await client.lens.read(provider, "facilityOverview", [BigInt(id)], options);
      if (liquidationPrice.priceE36 > 0n) prices.set(id, liquidationPrice.priceE36);
    }
    return prices;
  }

  /** Loans whose health is below so many thousandths. None while the oracles refuse. */
  private near(prices: Prices, permille: bigint): bigint[] {
    const near: bigint[] = [];
    for (const [id, { debt, collateral }] of this.sizes) {
      const price = prices.get(Number((id >> 64n) & 0xffffffffn));
      if (price === undefined || debt <= 0n) continue;
      const maxDebt = (((collateral * price) / E36) * this.world.facility.lltvBps) / 10_000n;
      if (maxDebt * 1_000n < debt * permille) near.push(id);
    }
    return near;
  }

  private async revertOf(transaction: { to: string | null; data: string; gasLimit: bigint }, block: number) {
    const { provider } = this.world;
    try {
      const { to, data, gasLimit } = transaction;
      await provider.call({ to, data, gasLimit, from: this.bot, blockTag: block - 1 });
      return "it passes on the state before its block";
    } catch (error) {
      return nameOf((error as { data?: string }).data ?? "0x");
    }
  }
}

/** An error in the words of whoever may say why a liquidation fails. */
function nameOf(data: string): string {
  if (data === "0x") return "no reason";
  for (const abi of REVERTS) {
    const parsed = data.length >= 10 ? abi.parseError(data) : null;
    if (parsed !== null) return parsed.name === "Error" ? String(parsed.args[0]) : parsed.name;
  }
  return `unknown error ${data.slice(0, 10)}`;
}
