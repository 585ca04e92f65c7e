import { erc20Abi, loanManagerAbi, protectionOrdersAbi } from "../../sdk/client/abi/index.js";
import { type AbiNamed, interfaceOf, plainObject } from "../../sdk/client/typedContract.js";
import type { Log, Receipt } from "../chain/node.js";

/** What a liquidation did, by the log of its receipt. */
export interface Realised {
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly debtClosed: bigint;
  /** Loan units received for the collateral. */
  readonly proceeds: bigint;
  /** Loan units earned; where the collateral is kept, what it is worth beyond the payment by the oracle. */
  readonly grossProfit: bigint;
  /** Loan units the liquidator (of an order: the operator) holds more than before; negative where collateral is kept. */
  readonly cash: bigint;
}

/** What a Liquidator says of each item of a bundle; one that does single liquidations only says nothing of the kind. */
export const itemAbi = [
  {
    type: "event",
    name: "ItemDone",
    anonymous: false,
    inputs: [
      { name: "id", type: "uint256", indexed: true },
      { name: "repaid", type: "uint256", indexed: false },
      { name: "seized", type: "uint256", indexed: false },
      { name: "profit", type: "uint256", indexed: false },
      { name: "fromInventory", type: "bool", indexed: false },
    ],
  },
  {
    type: "event",
    name: "ItemFailed",
    anonymous: false,
    inputs: [
      { name: "id", type: "uint256", indexed: true },
      { name: "reason", type: "bytes", indexed: false },
    ],
  },
] as const;

/** Who is who in a receipt. */
export interface Parties {
  readonly managers: readonly string[];
  readonly liquidator: string;
  readonly loanAsset: string;
}

const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * What was realised for each loan of a transaction. In a bundle the logs of an item are those since the item before it: what
 * an item that failed had logged is undone.
 *
 * @returns no entry for a loan without a liquidation by that liquidator: nothing happened to it
 */
export function realisedOf(receipt: Receipt, loans: readonly bigint[], parties: Parties): Map<bigint, Realised> {
  const realised = new Map<bigint, Realised>();
  for (const { logs, done } of itemsOf(receipt, parties.liquidator)) {
    const one = realisedIn(logs, loans, parties);
    if (one === undefined) continue;
    const kept = done?.fromInventory === true ? { grossProfit: done.profit } : {};
    realised.set(one.loan, { ...one.realised, ...kept });
  }
  return realised;
}

/** Why the items of a bundle failed that did, by loan: the bytes each reverted with. */
export function failedItemsOf(receipt: Receipt, liquidator: string): Map<bigint, string> {
  const failed = receipt.logs
    .filter((log) => sameAddress(log.address, liquidator))
    .flatMap((log) => eventOf(itemAbi, "ItemFailed", log) as AbiNamed<typeof itemAbi, "event", "ItemFailed">[]);
  return new Map(failed.map(({ id, reason }) => [id, reason]));
}

type ItemDone = AbiNamed<typeof itemAbi, "event", "ItemDone">;

/** The receipt's logs, item by item; those of a transaction that is no bundle as one. */
function itemsOf(receipt: Receipt, liquidator: string): { logs: readonly Log[]; done: ItemDone | undefined }[] {
  const items: { logs: readonly Log[]; done: ItemDone | undefined }[] = [];
  let logs: Log[] = [];
  for (const log of receipt.logs) {
    const ends = sameAddress(log.address, liquidator) ? itemDoneOf(log) : undefined;
    if (ends === undefined) logs.push(log);
    else {
      items.push({ logs, done: ends });
      logs = [];
    }
  }
  return [...items, { logs, done: undefined }];
}

const itemDoneOf = (log: Log): ItemDone | undefined => eventOf(itemAbi, "ItemDone", log)[0] as ItemDone | undefined;

function realisedIn(
  logs: readonly Log[],
  loans: readonly bigint[],
  { managers, liquidator, loanAsset }: Parties,
): { loan: bigint; realised: Realised } | undefined {
  const done = logs
    .filter((log) => managers.some((manager) => sameAddress(log.address, manager)))
    .flatMap(
      (log) => eventOf(loanManagerAbi, "Liquidated", log) as AbiNamed<typeof loanManagerAbi, "event", "Liquidated">[],
    )
    .find((event) => loans.includes(event.id) && sameAddress(event.liquidator, liquidator));
  if (done === undefined) return undefined;

  let received = 0n;
  let sent = 0n;
  for (const log of logs.filter(({ address }) => sameAddress(address, loanAsset))) {
    for (const transfer of eventOf(erc20Abi, "Transfer", log) as AbiNamed<typeof erc20Abi, "event", "Transfer">[]) {
      if (sameAddress(transfer.to, liquidator)) received += transfer.value;
      if (sameAddress(transfer.from, liquidator)) sent += transfer.value;
    }
  }
  const { repaid, seized, debtClosed } = done;
  const cash = received - sent;
  return { loan: done.id, realised: { repaid, seized, debtClosed, proceeds: received, grossProfit: cash, cash } };
}

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

function eventOf(
  abi: typeof loanManagerAbi | typeof erc20Abi | typeof protectionOrdersAbi | typeof itemAbi,
  name: string,
  log: Log,
): unknown[] {
  const parsed = interfaceOf(abi).parseLog(log);
  return parsed?.name === name ? [plainObject(parsed.fragment.inputs, parsed.args)] : [];
}
