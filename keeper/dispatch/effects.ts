import { Interface, dataSlice, getAddress } from "ethers";
import { loanManagerAbi, priceOracleAbi, protectionOrdersAbi, termLoanManagerAbi } from "../../sdk/client/abi/index.js";
import { explainRevert } from "../chain/contracts.js";
import type { Log, Receipt } from "../chain/node.js";
import type { Intent } from "./intent.js";

/** Contracts whose word counts; another's event of the same name is nothing. */
export interface KnownContracts {
  readonly managers: readonly string[];
  readonly liquidator: string;
  /** ProtectionOrders, where there is one. */
  readonly orders: string | undefined;
}

/** What a mined transaction did, against what it was sent for. */
export interface Effect {
  readonly expected: number;
  /** Events of the expected kind about the intent's subjects. */
  readonly found: number;
  /** Items of a bundle that failed by themselves, and why. */
  readonly failed: readonly { readonly subject: string; readonly why: string }[];
}

const topicOf = (abi: ConstructorParameters<typeof Interface>[0], name: string): string =>
  new Interface(abi).getEvent(name)?.topicHash ?? "";

const LIQUIDATED = topicOf(loanManagerAbi, "Liquidated");
const MARKED = [topicOf(loanManagerAbi, "Marked"), topicOf(termLoanManagerAbi, "DefaultMarked")];
const EXECUTED = topicOf(protectionOrdersAbi, "OrderExecuted");
const NOTED = topicOf(priceOracleAbi, "DisagreementNoted");
const itemFailed = new Interface(["event ItemFailed(uint256 indexed id, bytes reason)"]);
const ITEM_FAILED = itemFailed.getEvent("ItemFailed")?.topicHash ?? "";

const isFrom = (log: Log, addresses: readonly (string | undefined)[]): boolean =>
  addresses.some((address) => address?.toLowerCase() === log.address.toLowerCase());

/**
 * Status 1 says only that nothing reverted. Whether something happened is in the log: each kind of intent leaves an event of a
 * contract that is known, about the loan it was sent for.
 */
export function effectOf({ logs }: Receipt, intent: Intent, contracts: KnownContracts): Effect {
  const about = new Set(intent.subjects.map((subject) => subject.toLowerCase()));
  const isAbout = ({ topics }: Log): boolean => about.has((topics[1] ?? "").toLowerCase());
  const counts = logs.filter((log) => isExpected(log, intent, contracts) && (intent.kind === "note" || isAbout(log)));
  const failed = logs
    .filter((log) => log.topics[0] === ITEM_FAILED && isFrom(log, [contracts.liquidator]) && isAbout(log))
    .map((log) => {
      const reason = itemFailed.decodeEventLog("ItemFailed", log.data, log.topics)[1] as string;
      return { subject: log.topics[1] ?? "", why: explainRevert(reason).text };
    });
  return { expected: intent.expectedEvents, found: counts.length, failed };
}

function isExpected(log: Log, { kind, to }: Intent, { managers, liquidator, orders }: KnownContracts): boolean {
  const [topic = "", , second = ""] = log.topics;
  switch (kind) {
    case "liquidate":
      return topic === LIQUIDATED && isFrom(log, managers) && addressIn(second) === getAddress(liquidator);
    case "mark":
      return MARKED.includes(topic) && isFrom(log, managers);
    case "order":
      return topic === EXECUTED && isFrom(log, [orders]);
    case "note":
      return topic === NOTED && isFrom(log, [to]);
    case "cancel":
      return false;
  }
}

function addressIn(topic: string): string {
  return topic.length === 66 ? getAddress(dataSlice(topic, 12)) : "";
}
