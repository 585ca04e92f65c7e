import type { Check } from "../accounting/checks.js";
import type { Group } from "../accounting/parties.js";
import type { Flow } from "../accounting/snapshot.js";
import type { KeeperCost, PartyFlow, Token } from "../result.js";
import type { PriceE8 } from "../prices/decimal.js";
import type { TrancheName } from "../../sdk/client/tranches.js";
import type { DayOfPrices } from "./prices.js";
import type { LoanPlan } from "./people.js";

/** Who a loss, income or cash belongs to: a class of lenders, or the pool's reserve. */
export type Holder = TrancheName | "reserve";
/** In the order in which a loss is borne. */
export const LOSS_ORDER: readonly Holder[] = ["cover", "junior", "senior", "reserve"];

export type ByHolder = Record<Holder, bigint>;
export const nothing = (): ByHolder => ({ cover: 0n, junior: 0n, senior: 0n, reserve: 0n });

/** What one facility's contracts wrote down in one month. Loan units. */
export interface MonthOfEvents {
  /** Cash that came in and went out. */
  lent: ByHolder;
  redeemed: ByHolder;
  principal: bigint;
  repaid: bigint;
  /** debt paid by liquidators */
  proceeds: bigint;
  /** What belongs to whom, without cash moving. */
  income: ByHolder;
  /** income counted earlier and taken back at a default */
  reversed: ByHolder;
  losses: ByHolder;
  /** How often. */
  opened: number;
  liquidated: number;
  defaults: number;
  cured: number;
  rolledOver: number;
}

/** What one facility holds at one block. Loan units. */
export interface FacilityBooks {
  /** of the loan asset, by its own contract */
  balance: bigint;
  /** what each class of lenders is worth to one who enters, and the reserve */
  worth: ByHolder;
  debt: bigint;
}

export interface Month {
  /** of the year, from 1 */
  number: number;
  /** no month: everybody paid and left after the last day */
  isSettlement: boolean;
  /** last block of it */
  block: number;
  /** second of that block */
  at: number;
  /** by facility number, at the month's end */
  books: Record<number, FacilityBooks>;
  events: Record<number, MonthOfEvents>;
}

/** The book at the end of a day. */
export interface Day {
  /** second */
  at: number;
  price: PriceE8;
  facilities: Record<number, DayOfFacility>;
}

export interface DayOfFacility {
  debt: bigint;
  cash: bigint;
  /** loans that owe something */
  open: number;
  /** price of a share in assets, against 1 on the first day; undefined where a class has no shares */
  sharePrice: Partial<Record<TrancheName, number>>;
  /** stake of the underwriters */
  cover: bigint;
  junior: bigint;
  /** undefined without a capital ratio, or with no debt */
  capitalRatio: number | undefined;
  /** senior shares wait in the queue */
  queued: boolean;
}

/** A liquidation or the sale of a loan in default. */
export interface Sale {
  /** second */
  at: number;
  block: number;
  transaction: string;
  facility: number;
  /** decimal */
  loan: string;
  borrower: string;
  repaid: bigint;
  seized: bigint;
  /** of it, borne by whom */
  losses: ByHolder;
}

/** What became of a loan. */
export interface LoanOutcome extends LoanPlan {
  name: string;
  /** second; undefined where it was never granted */
  openedAt: number | undefined;
  /** days it was asked for in vain, and why at last */
  daysRefused: number;
  refusal: string | undefined;
  sales: number;
  markedInDefault: number;
  rolledOver: number;
}

export interface YearResult {
  settings: { loans: number; seed: number; days: number };
  tokens: { btc: Token; usd: Token };
  facilities: {
    id: number;
    name: string;
    kind: "revolving" | "term";
    tranches: TrancheName[];
    minRatio: number | undefined;
  }[];
  span: { from: number; to: number; firstBlock: number; lastBlock: number; wallSeconds: number };
  prices: DayOfPrices[];
  days: Day[];
  months: Month[];
  sales: Sale[];
  loans: LoanOutcome[];
  /** what could not be done, day by day: who, what, why */
  refusals: { at: number; who: string; what: string; why: string }[];
  keeper: { profit: bigint; cost: KeeperCost; etherPrice: bigint; transactions: number; reverted: number };
  flows: PartyFlow[];
  groups: Record<Group, Flow>;
  checks: Check[];
}
