import { Wallet, type JsonRpcProvider, type TransactionReceipt } from "ethers";
import { ScenarioError } from "../errors.js";

export interface Call {
  to: string;
  data: string;
  gasLimit?: bigint;
}

/** What a transaction of a scenario may use where it does not say; anvil takes 60 million a block. */
const GAS_LIMIT = 1_500_000n;
const MAX_FEE = 10n ** 11n;
const PRIORITY_FEE = 10n ** 6n;
/** More than enough for any batch; a transaction that is still out then will never come in. */
const MOST_BLOCKS = 100;

/**
 * Puts transactions of many accounts into the node's pool, to be mined together: people act at the same time. Blocks are
 * made by whoever made the outbox.
 */
export class Outbox {
  private waiting: { hash: string; what: string }[] = [];

  constructor(
    private readonly provider: JsonRpcProvider,
    private readonly chainId: bigint,
    /** mines one block */
    private readonly mine: () => Promise<unknown>,
  ) {}

  /** Signs and sends; nothing is mined yet. @param what for an error message */
  async put(from: Wallet, { to, data, gasLimit = GAS_LIMIT }: Call, what: string): Promise<string> {
    const nonce = await this.provider.getTransactionCount(from.address, "pending");
    const raw = await from.signTransaction({
      ...{ type: 2, chainId: this.chainId, nonce, to, data },
      ...{ gasLimit, maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: PRIORITY_FEE },
    });
    const hash = (await this.provider.send("eth_sendRawTransaction", [raw])) as string;
    this.waiting.push({ hash, what });
    return hash;
  }

  /** Mines until everything put here is in a block. @throws ScenarioError when one of them reverts */
  async flush(): Promise<TransactionReceipt[]> {
    const receipts: TransactionReceipt[] = [];
    for (let blocks = 0; this.waiting.length > 0; blocks++) {
      if (blocks === MOST_BLOCKS)
        throw new ScenarioError(
          `Not mined after ${blocks} blocks: ${this.waiting.map(({ what }) => what).join("; ")}.`,
        );
      await this.mine();
      receipts.push(...(await this.collect()));
    }
    return receipts;
  }

  /** Takes out what has been mined. @throws ScenarioError when one of them reverted */
  async collect(): Promise<TransactionReceipt[]> {
    const looked = await Promise.all(
      this.waiting.map(async (sent) => ({ sent, receipt: await this.provider.getTransactionReceipt(sent.hash) })),
    );
    this.waiting = looked.filter(({ receipt }) => receipt === null).map(({ sent }) => sent);
    return looked.flatMap(({ sent: { hash, what }, receipt }) => {
      if (receipt?.status === 0) throw new ScenarioError(`A transaction was mined but reverted: ${what} (${hash}).`);
      return receipt ?? [];
    });
  }
}
