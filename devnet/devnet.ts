import { encodeFunctionData, type Address, type Hex, type TransactionReceipt } from "viem";
import { signer, type DevnetAccount, type DevnetAccounts } from "./accounts.js";
import { publish, type Feeds } from "./feeds.js";
import { rollupFees, setFeeScalars, setL1Fees, type FeeScalars, type L1Fees } from "./fees.js";
import type { Nodes } from "./nodes.js";
import { portalAbi, predeploys, type L1Contracts } from "./opContracts.js";
import type { BlockTime, Pace } from "./pace.js";
import type { Inclusion, MinedBlock, Rollup } from "./rollup.js";
import type { Safe } from "./safe.js";
import { reportSequencer } from "./sequencer.js";
import { bridgeIn, mint, transfer, type Tokens } from "./tokens.js";
import { readPool, tradeToPrice, type Arbitrage, type PoolState, type Uniswap } from "./uniswap.js";
import { initiateErc20, initiateEth, proveAndFinalise } from "./withdrawals.js";

/** What a person or another process needs to know; plain JSON. */
export interface DevnetInfo {
  l1: { chainId: number; rpcUrl: string; wsUrl: string; contracts: L1Contracts };
  l2: { chainId: number; rpcUrl: string; wsUrl: string; predeploys: typeof predeploys };
  accounts: DevnetAccounts;
  tokens: Tokens;
  feeds: Feeds;
  sequencerUptimeFeed: Address;
  uniswap: Uniswap;
  safe: Safe;
}

export interface L2Outcome {
  hash: Hex;
  status: "success" | "reverted";
  blockNumber: bigint;
}

/** Something sent on L1 for L2. `l2` is empty when only the L1 part was asked for. */
export interface L1Action {
  l1Hash: Hex;
  l2: L2Outcome[];
}

export interface L1ActionOptions {
  /** Leave it waiting on L1: L2 will include it when it next derives. For outages. */
  queueOnly?: boolean;
}

export interface ForcedTransaction {
  to: Address;
  data?: Hex;
  /** wei, taken along from L1 and sent with the call on L2 */
  value?: bigint;
  /** gas on L2; default 1,000,000 */
  gas?: bigint;
}

export interface Funding {
  /** wei; the L2 balance becomes this */
  eth?: bigint;
  /** satoshis, from the deployer's stock */
  wrappedBtc?: bigint;
  /** dollar units, minted */
  dollars?: bigint;
}

const FORCED_GAS = 1_000_000n;

/** A running L1 and L2. `startDevnet` makes one. */
export class Devnet {
  constructor(
    readonly info: DevnetInfo,
    /** milliseconds from the call of `startDevnet` */
    readonly readyAfter: { rollup: number; everything: number },
    private readonly rollup: Rollup,
    private readonly pace: Pace,
    private readonly nodes: Nodes,
  ) {}

  // Time and blocks

  /** Second the next block will be at, at least. */
  now(): bigint {
    return this.rollup.clock.now();
  }

  /**
   * Moves time on both chains, forwards only. With automatic mining a block is mined on each, so that calls see it; on L2
   * not while it is paused.
   */
  setTime(timestamp: bigint): Promise<void> {
    return this.rollup.setTime(timestamp);
  }

  mineL1(timestamp?: bigint): Promise<MinedBlock> {
    return this.rollup.mineL1(timestamp);
  }

  /** One L2 block; it adopts the next L1 block, with its deposits, if there is one. */
  mineL2(timestamp?: bigint): Promise<MinedBlock> {
    return this.rollup.mineL2(timestamp);
  }

  /** Brings L2 up to L1's head, one L2 block or more for each L1 block. */
  async derive(): Promise<L2Outcome[]> {
    return (await this.rollup.derive()).map(({ receipt }: Inclusion) => outcome(receipt));
  }

  setBlockTime(blockTime: BlockTime): Promise<void> {
    return this.pace.set(blockTime);
  }

  /** A sequencer outage: L2 makes no blocks until resumed, L1 goes on. */
  pauseL2(): Promise<void> {
    return this.pace.pauseL2();
  }

  resumeL2(): Promise<void> {
    return this.pace.resumeL2();
  }

  // Fees

  /** Takes effect with the next L1 block, mined now unless blocks are mined by hand. */
  setL1Fees(fees: L1Fees): Promise<void> {
    return setL1Fees(this.rollup, fees);
  }

  setFeeScalars(scalars: FeeScalars): Promise<void> {
    return setFeeScalars(this.rollup, scalars);
  }

  /** What the GasPriceOracle says L2 charges beyond gas for a transaction. @returns wei */
  rollupFees(
    unsignedTransaction: Hex,
    gasUsed: bigint,
    blockNumber?: bigint,
  ): Promise<{ l1Fee: bigint; operatorFee: bigint }> {
    return rollupFees(this.rollup, unsignedTransaction, gasUsed, blockNumber);
  }

  // Prices

  /** @param answer with 8 decimals @param updatedAt second of the round; default now */
  async publishPrice(feed: keyof Feeds, answer: bigint, updatedAt: bigint = this.now()): Promise<Hex> {
    const { accounts, feeds } = this.info;
    return (await publish(this.rollup, accounts.publisher, feeds[feed], answer, updatedAt)).transactionHash;
  }

  pool(): Promise<PoolState> {
    return readPool(this.rollup, this.info.uniswap);
  }

  /** Real swaps by the market maker until the pool is at a price. @param priceE8 dollars per BTC, 8 decimals */
  tradeToPrice(priceE8: bigint): Promise<Arbitrage> {
    const { uniswap, tokens, accounts } = this.info;
    return tradeToPrice(this.rollup, uniswap, tokens, accounts.marketMaker, priceE8);
  }

  /** Reports from L1 that the sequencer is up or down. @param at second of the change; default now */
  async setSequencerStatus(up: boolean, options: L1ActionOptions & { at?: bigint } = {}): Promise<L1Action> {
    const { accounts, sequencerUptimeFeed } = this.info;
    const at = options.at ?? this.now();
    return this.relay(await reportSequencer(this.rollup, accounts.reporter, sequencerUptimeFeed, up, at), options);
  }

  // Value between the layers and to accounts

  /** Mints wrapped BTC on L1 and bridges it. @param amount satoshis */
  async bridgeIn(to: Address, amount: bigint, options: L1ActionOptions = {}): Promise<L1Action> {
    return this.relay(await bridgeIn(this.rollup, this.info.tokens, this.info.accounts.deployer, to, amount), options);
  }

  /** Obliges L2 to include a transaction of `from`, through the portal; the sequencer cannot refuse it. */
  async depositTransaction(
    from: DevnetAccount,
    { to, data = "0x", value = 0n, gas = FORCED_GAS }: ForcedTransaction,
    options: L1ActionOptions = {},
  ): Promise<L1Action> {
    const receipt = await this.rollup.l1.send(signer(from), {
      to: this.info.l1.contracts.optimismPortal,
      data: encodeFunctionData({
        abi: portalAbi,
        functionName: "depositTransaction",
        args: [to, value, gas, false, data],
      }),
      value,
    });
    return this.relay(receipt, options);
  }

  /** Starts a withdrawal of wrapped BTC on L2. @param amount satoshis @returns its L2 transaction, for `finaliseWithdrawal` */
  async withdrawWrappedBtc(from: DevnetAccount, to: Address, amount: bigint): Promise<Hex> {
    return (await initiateErc20(this.rollup, this.info.tokens, from, to, amount)).transactionHash;
  }

  /** Starts a withdrawal of ether on L2. @param amount wei */
  async withdrawEth(from: DevnetAccount, to: Address, amount: bigint): Promise<Hex> {
    return (await initiateEth(this.rollup, from, to, amount)).transactionHash;
  }

  /** Proposes, proves, resolves and finalises; time moves by days. @returns the finalising L1 transaction */
  async finaliseWithdrawal(from: DevnetAccount, l2Hash: Hex): Promise<Hex> {
    const receipt = await this.rollup.l2.receipt(l2Hash);
    return (await proveAndFinalise(this.rollup, from, receipt)).transactionHash;
  }

  /** Gives an account what it needs on L2. */
  async fund(to: Address, { eth, wrappedBtc, dollars }: Funding): Promise<void> {
    const { tokens, accounts } = this.info;
    if (eth !== undefined) await this.rollup.l2.client.setBalance({ address: to, value: eth });
    if (wrappedBtc) await transfer(this.rollup, tokens.wrappedBtc.l2, accounts.deployer, to, wrappedBtc);
    if (dollars) await mint(this.rollup, "l2", tokens.dollar, accounts.deployer, to, dollars);
  }

  // The nodes

  /** Any JSON-RPC method of a node. */
  rpc(layer: "l1" | "l2", method: string, params: unknown[] = []): Promise<unknown> {
    return this.rollup[layer].rpc(method, params);
  }

  /** Process ids of the nodes. */
  pids(): number[] {
    return [this.nodes.l1, this.nodes.l2].map(({ child }) => child.pid ?? 0);
  }

  /** Resolves with the reason when a node or the driver fails by itself; never otherwise. */
  get failed(): Promise<Error> {
    return this.nodes.failed;
  }

  async stop(): Promise<void> {
    await this.pace.stop();
    await this.nodes.stop();
  }

  private async relay(receipt: TransactionReceipt, { queueOnly = false }: L1ActionOptions): Promise<L1Action> {
    const l2 = queueOnly ? [] : await this.rollup.relay(receipt);
    return { l1Hash: receipt.transactionHash, l2: l2.map(outcome) };
  }
}

const outcome = ({ transactionHash, status, blockNumber }: TransactionReceipt): L2Outcome => ({
  hash: transactionHash,
  status,
  blockNumber,
});
