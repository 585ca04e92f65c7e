import { maxOf } from "../../sdk/model/index.js";
import type { Node } from "../chain/node.js";
import type { Dispatcher } from "../dispatch/dispatcher.js";
import type { Intent } from "../dispatch/intent.js";

/** The operator's ether, less what the transactions under way may still cost. */
export class Purse {
  /** What each transaction sent by this process could cost when it was priced: all fees, at the limit. */
  private readonly worst = new WeakMap<Intent, bigint>();

  constructor(
    private readonly node: Node,
    private readonly operator: string,
    private readonly dispatcher: Pick<Dispatcher, "pending">,
    private readonly onBalance: (wei: bigint) => void,
  ) {}

  reserve(intent: Intent, worstWei: bigint): void {
    this.worst.set(intent, worstWei);
  }

  async free(): Promise<bigint> {
    const balance = await this.node.balance(this.operator);
    this.onBalance(balance);
    const reserved = this.dispatcher.pending.reduce((sum, { intent, attempts }) => {
      const last = attempts.at(-1);
      const gas = last === undefined ? 0n : last.intent.gasLimit * last.fees.maxFeePerGas;
      return sum + maxOf(gas, this.worst.get(intent) ?? 0n);
    }, 0n);
    return maxOf(balance - reserved, 0n);
  }
}
