import type { Hex, TransactionReceipt } from "viem";
import { getL2TransactionHashes } from "viem/op-stack";
import { attributesDeposit, readFeeSettings, type FeeSettings, type Origin } from "./attributes.js";
import type { Chain } from "./chain.js";
import type { Clock } from "./clock.js";
import { depositsOf, type Deposit } from "./deposits.js";
import { DevnetError } from "./errors.js";
import type { L1Contracts } from "./opContracts.js";
import { Queue } from "./queue.js";

/** A deposit from L1 as it came out on L2. */
export interface Inclusion {
  l1Block: bigint;
  receipt: TransactionReceipt;
}

export interface MinedBlock {
  number: bigint;
  timestamp: bigint;
}

/**
 * The smallest honest rollup driver. Every L2 block is built on an L1 block, its origin; the first block of an origin
 * carries the L1 attributes and then each deposit the portal logged in it, in order, as type 0x7e. Nothing else moves a
 * message from L1 to L2, so an outage is simply this driver not being called.
 *
 * One difference to a real chain: transactions already waiting in the pool come before the attributes of the block.
 */
export class Rollup {
  /** True while both nodes mine each transaction as it arrives; a block then has one transaction. See pace.ts. */
  automine = true;
  /** True while background loops bring what happens on L1 to L2; otherwise L2 waits for `derive` or `mineL2`. */
  background = false;
  /** True during an outage of the sequencer: L2 makes no blocks. */
  paused = false;
  /** wei; held at every L1 block */
  l1BaseFee: bigint;
  /**
   * wei; a node cannot be told a block's excess blob gas, so the attributes carry this in place of what the L1 header
   * would give.
   */
  blobBaseFee: bigint;

  private adopted = 0n;
  private origin: Origin | undefined;
  private sequence = 0n;
  private fees: FeeSettings | undefined;
  /** The last block this driver mined on each chain. */
  private readonly heads = new Map<Chain, MinedBlock>();
  private readonly queue = new Queue();

  constructor(
    readonly l1: Chain,
    readonly l2: Chain,
    readonly contracts: L1Contracts,
    readonly clock: Clock,
    l1Fees: { baseFee: bigint; blobBaseFee: bigint },
  ) {
    this.l1BaseFee = l1Fees.baseFee;
    this.blobBaseFee = l1Fees.blobBaseFee;
    // The next block may be the first at a fee just set.
    l1.feeCap = () => 2n * this.l1BaseFee;
  }

  /** Mines one L1 block with all pending transactions. @param timestamp moves the clock there first */
  mineL1(timestamp?: bigint): Promise<MinedBlock> {
    return this.queue.run(async () => {
      this.moveClock(timestamp);
      await this.pinL1BaseFee();
      return this.mineAt(this.l1, this.clock.now());
    });
  }

  /**
   * Mines one L2 block with all pending transactions; when L1 has a block that L2 has not been built on, the next one
   * becomes its origin. @param timestamp moves the clock there first
   */
  mineL2(timestamp?: bigint): Promise<MinedBlock> {
    return this.queue.run(async () => {
      this.requireRunning();
      this.moveClock(timestamp);
      if ((await this.l1.client.getBlockNumber()) > this.adopted) await this.adoptNext(this.clock.now());
      else await this.continueOrigin(this.clock.now());
      return this.heads.get(this.l2) ?? this.head(this.l2);
    });
  }

  /** After something was sent on L1: waits until L2 has its deposits. @returns their receipts, in order */
  async relay(l1Receipt: TransactionReceipt): Promise<TransactionReceipt[]> {
    if (this.paused)
      throw new DevnetError(
        `L2 is paused, so it cannot include the deposits of L1 transaction ${l1Receipt.transactionHash} now: ` +
          `resume it first, or ask for the L1 part only (queueOnly).`,
      );
    if (!this.background) await this.derive();
    return Promise.all(getL2TransactionHashes(l1Receipt).map((hash) => this.l2.receipt(hash)));
  }

  /**
   * Builds L2 blocks until every L1 block has been an origin, each at its L1 block's time or the L2 head's if that is
   * later. @returns the deposits included, in order
   */
  derive(): Promise<Inclusion[]> {
    return this.queue.run(async () => {
      this.requireRunning();
      const included: Inclusion[] = [];
      while ((await this.l1.client.getBlockNumber()) > this.adopted) included.push(...(await this.adoptNext(0n)));
      return included;
    });
  }

  /** Moves the clock, forwards only. */
  async setTime(timestamp: bigint): Promise<void> {
    await this.queue.run(async () => {
      for (const chain of [this.l1, this.l2]) {
        const head = await this.head(chain);
        if (timestamp < head.timestamp)
          throw new DevnetError(
            `Time cannot be set to ${timestamp}: ${chain.name}'s block ${head.number} is at ${head.timestamp}, and time only moves forward.`,
          );
      }
      this.clock.set(timestamp);
    });
    // A node that mines by itself would otherwise answer calls with the old time until the next transaction.
    if (this.automine) {
      await this.mineL1();
      if (!this.paused) await this.mineL2();
    }
  }

  /** Before the next L1 block is mined by the node itself, its base fee is what was asked for, not EIP-1559's drift. */
  async pinL1BaseFee(): Promise<void> {
    await this.l1.client.setNextBlockBaseFeePerGas({ baseFeePerGas: this.l1BaseFee });
  }

  private requireRunning(): void {
    if (this.paused) throw new DevnetError("L2 is paused and makes no blocks: resume it first.");
  }

  private moveClock(timestamp: bigint | undefined): void {
    if (timestamp === undefined) return;
    if (timestamp < this.clock.now())
      throw new DevnetError(`A block at ${timestamp} cannot be mined: the clock is at ${this.clock.now()} already.`);
    this.clock.set(timestamp);
  }

  private async adoptNext(at: bigint): Promise<Inclusion[]> {
    const next = this.adopted + 1n;
    const [block, { deposits, feesChanged }] = await Promise.all([
      this.l1.client.getBlock({ blockNumber: next }),
      depositsOf(this.l1, this.contracts, next),
    ]);
    if (feesChanged || !this.fees) this.fees = await readFeeSettings(this.l1, this.contracts.systemConfig);
    this.origin = { ...block, baseFee: block.baseFeePerGas ?? 0n };
    this.sequence = 0n;
    const time = at > block.timestamp ? at : block.timestamp;

    const attributes = await this.openBlock(time);
    for (const deposit of deposits) await this.include(deposit, time);
    if (!this.automine) await this.mineAt(this.l2, time);

    await this.expectSuccess(attributes);
    const included: Inclusion[] = [];
    for (const deposit of deposits)
      included.push({ l1Block: block.number, receipt: await this.l2.receipt(deposit.hash) });
    this.adopted = block.number;
    // The node computed the next base fee from the block just seen.
    if (this.automine) await this.pinL1BaseFee();
    return included;
  }

  private async continueOrigin(at: bigint): Promise<void> {
    if (!this.automine && this.origin) {
      this.sequence++;
      await this.openBlock(at);
    }
    await this.mineAt(this.l2, at);
  }

  /** Sends the attributes that begin a block. */
  private async openBlock(time: bigint): Promise<Hex> {
    if (!this.origin || !this.fees)
      throw new DevnetError("L2 has no L1 origin yet: mine an L1 block and derive first.");
    if (this.automine)
      await this.l2.client.setNextBlockTimestamp({ timestamp: latest(time, (await this.head(this.l2)).timestamp) });
    return this.sendRaw(attributesDeposit(this.origin, this.sequence, this.fees, this.blobBaseFee));
  }

  private async include(deposit: Deposit, time: bigint): Promise<void> {
    try {
      await this.sendRaw(deposit.raw);
    } catch (error) {
      // The node's pool holds one deposit a sender: the block is closed and the next one, of the same origin and time,
      // takes the rest.
      if (!(error instanceof Error) || !error.message.includes("replacement transaction underpriced")) throw error;
      await this.mineAt(this.l2, time);
      this.sequence++;
      await this.openBlock(time);
      await this.sendRaw(deposit.raw);
    }
  }

  private async sendRaw(raw: Hex): Promise<Hex> {
    const hash = (await this.l2.rpc("eth_sendRawTransaction", [raw])) as Hex;
    if (this.automine) await this.l2.receipt(hash);
    return hash;
  }

  private async expectSuccess(attributes: Hex): Promise<void> {
    const receipt = await this.l2.receipt(attributes);
    if (receipt.status !== "success")
      throw new DevnetError(`The L1 attributes ${attributes} reverted on L2: the genesis and this driver do not fit.`);
  }

  /** Mines a block at a second, or at its predecessor's if that is later: a block may share a second, not precede it. */
  private async mineAt(chain: Chain, timestamp: bigint): Promise<MinedBlock> {
    const known = this.heads.get(chain) ?? (await this.head(chain));
    try {
      return await this.mineExactly(chain, latest(timestamp, known.timestamp));
    } catch (error) {
      // Someone else mined meanwhile, or the node did by itself.
      if (!(error instanceof Error) || !error.message.includes("lower than previous block's timestamp")) throw error;
      return this.mineExactly(chain, latest(timestamp, (await this.head(chain)).timestamp));
    }
  }

  private async mineExactly(chain: Chain, timestamp: bigint): Promise<MinedBlock> {
    type Mined = { number: Hex; timestamp: Hex };
    const [block] = (await chain.rpc("evm_mine_detailed", [{ timestamp: Number(timestamp) }])) as [Mined];
    const mined = { number: BigInt(block.number), timestamp: BigInt(block.timestamp) };
    this.heads.set(chain, mined);
    return mined;
  }

  private async head(chain: Chain): Promise<MinedBlock> {
    const { number, timestamp } = await chain.client.getBlock();
    return { number, timestamp };
  }
}

const latest = (a: bigint, b: bigint) => (a > b ? a : b);
