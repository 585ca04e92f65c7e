import type { Check } from "./accounting/checks.js";
import type { Totals } from "./accounting/totals.js";
import type { Group } from "./accounting/parties.js";
import type { Flow } from "./accounting/snapshot.js";
import type { PriceE8 } from "./prices/decimal.js";

/** Everything a replay found out; the report and the summary are made from it and from nothing else. */
export interface ReplayResult {
  settings: Settings;
  terms: FacilityTerms;
  tokens: { btc: Token; usd: Token };
  span: Span;
  /** one for each step, in order */
  moments: Moment[];
  holds: Hold[];
  liquidations: Liquidation[];
  borrowers: BorrowerOutcome[];
  keeper: KeeperOutcome;
  totals: Totals;
  /** What is only in the contracts' books: interest and bad debt, whose difference the balances confirm. */
  interest: bigint;
  badDebt: bigint;
  /** change of both tokens by party, for the table of balances */
  flows: PartyFlow[];
  checks: Check[];
}

export interface Settings {
  /** file the prices came from */
  prices: string;
  loans: number;
  seed: number;
  blockTimeSeconds: number;
  /** steps a leg; 1 jumps */
  stepsALeg: number;
}

export interface Token {
  symbol: string;
  decimals: number;
}

export interface FacilityTerms {
  maxLtvBps: number;
  lltvBps: number;
  targetLtvBps: number;
  incentiveMinBps: number;
  incentiveMaxBps: number;
  minDebt: bigint;
  secondSource: { windowSeconds: number; limitBps: number; capSeconds: number };
}

export interface Span {
  /** seconds of the chains' time */
  from: number;
  to: number;
  firstBlock: number;
  lastBlock: number;
  /** seconds it took here, from start of the devnet to the report */
  wallSeconds: number;
}

/** The book at the end of a step. */
export interface Moment {
  /** second */
  at: number;
  price: PriceE8;
  /** the second source's price; undefined where it had none */
  average: PriceE8 | undefined;
  /** loan units */
  debt: bigint;
  /** of all collateral, loan units */
  collateralValue: bigint;
  /** loans that owe something */
  open: number;
  /** of them, those whose health factor is below 1 */
  unhealthy: number;
  /** health factors of the loans that owe something; undefined when none does */
  health: HealthQuantiles | undefined;
  /** wei */
  l1BaseFee: bigint;
}

export interface HealthQuantiles {
  least: number;
  p10: number;
  p25: number;
  median: number;
  p75: number;
  p90: number;
}

/** A time in which the sources' disagreement held back the liquidation of at least one unhealthy loan. */
export interface Hold {
  /** seconds */
  from: number;
  until: number;
  endedBy: "agreement" | "cap" | "recovery" | "end";
  /** most of them at a time */
  loans: number;
  /** most of it at a time, loan units */
  debt: bigint;
  /** widest difference of the sources, as a share of the primary price */
  apartBps: number;
}

export interface Liquidation {
  /** second */
  at: number;
  block: number;
  transaction: string;
  /** decimal */
  loan: string;
  borrower: string;
  price: PriceE8;
  repaid: bigint;
  seized: bigint;
  /** debtClosed − repaid */
  badDebt: bigint;
  /** of what was seized, at the oracle's price, loan units */
  value: bigint;
  /** what Uniswap paid for it */
  proceeds: bigint;
  /** health factor; undefined where no debt is left */
  healthBefore: number;
  healthAfter: number | undefined;
  /** wei */
  cost: KeeperCost;
  /** seconds the loan had waited, unhealthy, while the sources' disagreement held it back */
  heldSeconds: number;
  /** it passed although the sources still disagreed, because the hold had lasted its cap */
  releasedByCap: boolean;
}

/** Of one transaction or of many, wei. */
export interface KeeperCost {
  l2Gas: bigint;
  l1Data: bigint;
  operator: bigint;
}

export interface KeeperOutcome {
  /** loan units, from balances */
  profit: bigint;
  /** of all its transactions */
  cost: KeeperCost;
  /** loan units one ether is counted at */
  etherPrice: bigint;
  transactions: number;
  /** of them, those that reverted */
  reverted: number;
  notesOfDisagreement: number;
}

export interface BorrowerOutcome {
  name: string;
  ltvBps: number;
  principal: bigint;
  collateral: bigint;
  liquidations: number;
  /** what it paid itself at the end */
  paid: bigint;
  /** what it got back at the end, collateral units */
  returned: bigint;
}

export interface PartyFlow extends Flow {
  name: string;
  group: Group;
}
