import { setTimeout as sleep } from "node:timers/promises";
import { type JsonRpcProvider, type TransactionRequest, type TransactionResponse, Wallet } from "ethers";

/**
 * A wallet whose transactions are mined when sending them returns, where the node mines by itself. Waiting by ethers' own means
 * can take for ever there: when the only block comes between its look at the receipt and its first look at the height, it
 * waits for another block, and none comes.
 */
export class MinedWallet extends Wallet {
  /** Off while blocks are made by hand. */
  static waits = true;

  constructor(
    key: string,
    private readonly node: JsonRpcProvider,
  ) {
    super(key, node);
  }

  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    const response = await super.sendTransaction(transaction);
    while (MinedWallet.waits && (await this.node.getTransactionReceipt(response.hash)) === null) await sleep(10);
    return response;
  }
}
