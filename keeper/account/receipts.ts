import { protectionOrdersAbi } from "../../sdk/client/abi/index.js";
import { type AbiNamed, interfaceOf, plainObject } from "../../sdk/client/typedContract.js";
import type { Log, Receipt } from "../chain/node.js";

/** What a liquidation did, by the log of its receipt. */
export interface Realised {
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly debtClosed: bigint;
  /** Loan units received for the collateral. */
  readonly proceeds: bigint;
  /** Loan units earned. */
  readonly grossProfit: bigint;
  /** Loan units the liquidator (of an order: the operator) holds more than before; negative where collateral is kept. */
  readonly cash: bigint;
}

const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** OrderKind whose fee is in collateral, and so in no total of loan assets. */
const AUTO_TOP_UP = 3n;

/** What executing an order earned; undefined when the receipt has no execution by that keeper. */
export function feeOf(receipt: Receipt, orders: string, keeper: string): Realised | undefined {
  const executed = receipt.logs
    .filter((log) => sameAddress(log.address, orders))
    .flatMap(
      (log) =>
        eventOf(protectionOrdersAbi, "OrderExecuted", log) as AbiNamed<
          typeof protectionOrdersAbi,
          "event",
          "OrderExecuted"
        >[],
    )
    .find((event) => sameAddress(event.keeper, keeper));
  if (executed === undefined) return undefined;
  const fee = executed.kind === AUTO_TOP_UP ? 0n : executed.fee;
  return { repaid: 0n, seized: 0n, debtClosed: 0n, proceeds: fee, grossProfit: fee, cash: fee };
}

function eventOf(abi: typeof protectionOrdersAbi, name: string, log: Log): unknown[] {
  const parsed = interfaceOf(abi).parseLog(log);
  return parsed?.name === name ? [plainObject(parsed.fragment.inputs, parsed.args)] : [];
}
