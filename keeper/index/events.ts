import { loanManagerAbi, protectionOrdersAbi, termLoanManagerAbi } from "../../sdk/client/abi/index.js";
import { interfaceOf } from "../../sdk/client/typedContract.js";
import { WORD, readHexWord } from "./table/words.js";

/** What the index needs of a log. */
export interface RawLog {
  /** In lower case. */
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
}

/** The events that change what is known of a loan; each named as in Solidity, with the words of data that are read. */
export const EVENTS = {
  Opened: 4,
  Drawn: 3,
  Repaid: 2,
  ToppedUp: 1,
  Withdrawn: 2,
  Closed: 4,
  Liquidated: 4,
  Marked: 1,
  Transferred: 0,
  FacilityCreated: 15,
  OracleSet: 1,
  TermLoanOpened: 7,
  RolledOver: 5,
  DefaultMarked: 1,
  OrderPlaced: 12,
  OrderCancelled: 0,
  OrderExecuted: 0,
} as const;

export type EventName = keyof typeof EVENTS;

/** Which argument stands in which word of the data; a struct's fields stand where its words do. */
export const FIELD = {
  Opened: { receiver: 0, collateral: 1, principal: 2, shares: 3 },
  Drawn: { receiver: 0, assets: 1, shares: 2 },
  Repaid: { assets: 0, shares: 1 },
  ToppedUp: { collateral: 0 },
  Withdrawn: { receiver: 0, collateral: 1 },
  Closed: { receiver: 0, assets: 1, shares: 2, collateral: 3 },
  Liquidated: { repaid: 0, seized: 1, debtClosed: 2, shares: 3 },
  Marked: { expectedLoss: 0 },
  OracleSet: { oracle: 0 },
  TermLoanOpened: { receiver: 0, collateral: 1, principal: 2, sheet: 3, annualRate: 4, instalment: 5, agreement: 6 },
  RolledOver: { principal: 0, sheet: 1, annualRate: 2, instalment: 3, agreement: 4 },
  DefaultMarked: { defaultedAt: 0 },
  FacilityCreated: {
    ...{ pool: 0, vault: 1, oracle: 2, gate: 3, kind: 4, maxLtvBps: 5, lltvBps: 6, targetLtvBps: 7 },
    ...{
      incentiveMinBps: 8,
      incentiveMaxBps: 9,
      healthForMaxBps: 10,
      rampSeconds: 11,
      minDebt: 12,
      cap: 13,
      loanCap: 14,
    },
  },
  // The struct has a dynamic field, so the first word says where it begins, which is after that word.
  OrderPlaced: {
    ...{ at: 0, expiresAt: 1, triggerLtvBps: 2, targetLtvBps: 3, maxSlippageBps: 4, feeBps: 5, maxFee: 6, assets: 7 },
    ...{ maxPerExecution: 8, limit: 9, triggerPriceE36: 10 },
  },
} as const;

/** Words that nobody here asks for: who received what, and amounts that others imply. */
const UNREAD: Partial<Record<EventName, readonly number[]>> = {
  Opened: [0, 2],
  Drawn: [0, 1],
  Withdrawn: [0],
  Closed: [0, 1],
  Liquidated: [0],
  TermLoanOpened: [0, 6],
  RolledOver: [4],
  DefaultMarked: [0],
};
const READ = Object.fromEntries(
  Object.entries(EVENTS).map(([name, count]) => [
    name,
    Array.from({ length: count }, (_, word) => word).filter((word) => !UNREAD[name as EventName]?.includes(word)),
  ]),
) as Record<EventName, number[]>;

const names = new Map<string, EventName>();
for (const abi of [loanManagerAbi, termLoanManagerAbi, protectionOrdersAbi]) {
  interfaceOf(abi).forEachEvent(({ name, topicHash }) => {
    if (Object.hasOwn(EVENTS, name)) names.set(topicHash, name as EventName);
  });
}

/** Room for the words of any event: the first topic's, then the data's. */
export const newWords = (): Uint32Array => new Uint32Array(WORD * (1 + Math.max(...Object.values(EVENTS))));

/** Where in the words the n-th word of the data begins. */
export const dataAt = (word: number): number => WORD * (1 + word);

/** @returns undefined for an event that changes neither a loan's size nor how it is judged */
export function eventOf({ topics }: RawLog): EventName | undefined {
  const [topic] = topics;
  return topic === undefined ? undefined : (names.get(topic) ?? names.get(topic.toLowerCase()));
}

/**
 * Reads the first indexed argument and the words of data that count, without an object.
 *
 * @returns whether the log is long enough
 */
export function readWords({ topics, data }: RawLog, name: EventName, out: Uint32Array): boolean {
  const count = EVENTS[name];
  const first = topics[1];
  if (first?.length !== 66 || data.length < 2 + 64 * count) return false;
  readHexWord(first, 2, out, 0);
  const read = READ[name];
  for (let at = 0; at < read.length; at++) readHexWord(data, 2 + 64 * read[at]!, out, dataAt(read[at]!));
  return true;
}

/** An indexed address, in lower case. */
export const addressTopic = ({ topics }: RawLog, index: number): string =>
  `0x${(topics[index] ?? "").slice(26).toLowerCase()}`;
