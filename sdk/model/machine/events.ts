import { ModelInputError } from "../errors.js";
import type { TermSheet } from "../termLoanBook.js";
import { type Address, isAddress, toAddress } from "./address.js";
import type { FacilityParams } from "./types.js";

/** Arguments of the contracts' events, named as in Solidity; every integer is a bigint, every address in lower case. */
export interface EventArguments {
  // Both loan managers, but for Opened and Drawn
  FacilityCreated: { facility: bigint; params: FacilityParams };
  Opened: {
    id: bigint;
    owner: Address;
    facility: bigint;
    receiver: Address;
    collateral: bigint;
    principal: bigint;
    shares: bigint;
  };
  Drawn: { id: bigint; caller: Address; receiver: Address; assets: bigint; shares: bigint };
  Repaid: { id: bigint; payer: Address; assets: bigint; shares: bigint };
  ToppedUp: { id: bigint; payer: Address; collateral: bigint };
  Withdrawn: { id: bigint; caller: Address; receiver: Address; collateral: bigint };
  Closed: { id: bigint; caller: Address; receiver: Address; assets: bigint; shares: bigint; collateral: bigint };
  Liquidated: {
    id: bigint;
    liquidator: Address;
    repaid: bigint;
    seized: bigint;
    debtClosed: bigint;
    shares: bigint;
  };
  Marked: { id: bigint; caller: Address; expectedLoss: bigint };
  TransferOffered: { id: bigint; owner: Address; newOwner: Address; caller: Address };
  Transferred: { id: bigint; from: Address; to: Address };
  AuthorisationSet: {
    owner: Address;
    facility: bigint;
    operator: Address;
    actions: bigint;
    expiresAt: bigint;
    cashLimit: bigint;
    collateralLimit: bigint;
  };
  NonceUsed: { owner: Address; nonce: bigint };
  NewLoansStopped: { facility: bigint; stopped: boolean };
  CapsSet: { facility: bigint; cap: bigint; loanCap: bigint };
  MaxLtvSet: { facility: bigint; maxLtvBps: bigint };
  GateSet: { facility: bigint; gate: Address };
  OracleSet: { facility: bigint; oracle: Address };
  // TermLoanManager
  TermLoanOpened: {
    id: bigint;
    owner: Address;
    facility: bigint;
    receiver: Address;
    collateral: bigint;
    principal: bigint;
    sheet: bigint;
    annualRate: bigint;
    instalment: bigint;
    /** Hash, 32 bytes in hexadecimal. */
    agreement: string;
  };
  DefaultMarked: { id: bigint; caller: Address; defaultedAt: bigint };
  Cured: { id: bigint };
  RolledOver: {
    id: bigint;
    caller: Address;
    principal: bigint;
    sheet: bigint;
    annualRate: bigint;
    instalment: bigint;
    agreement: string;
  };
  // Pools of both kinds
  Accrued: { interest: bigint; rateAtTarget: bigint };
  InterestSplit: { toSenior: bigint; toReserve: bigint };
  FirstLossIncome: { toJunior: bigint; toCover: bigint; premiumPaid: bigint };
  LumpIncome: { toJunior: bigint; toReserve: bigint };
  InterestReversed: { byJunior: bigint; bySenior: bigint; byReserve: bigint };
  ExpectedLossChanged: { expectedLoss: bigint };
  Entered: { trancheClass: bigint; assets: bigint };
  Left: { trancheClass: bigint; assets: bigint };
  LossRealised: { byCover: bigint; byJunior: bigint; bySenior: bigint; byReserve: bigint };
  ReserveFeeSet: { reserveFeeBps: bigint };
  ReserveCollected: { receiver: Address; assets: bigint };
  Initialised: { facility: bigint };
  RedemptionsQueued: { queued: boolean };
  // TermLendingPool
  TermSheetAdded: { sheet: bigint; terms: TermSheet };
  TermSheetRetired: { sheet: bigint };
  // RedemptionQueue (ERC-7540), beside Deposit and Withdraw
  OperatorSet: { controller: Address; operator: Address; approved: boolean };
  RedeemRequest: { controller: Address; owner: Address; requestId: bigint; sender: Address; shares: bigint };
  Served: { shares: bigint; assets: bigint; waiting: bigint };
  Claimed: { requestId: bigint; shares: bigint; assets: bigint };
  // Tranche (ERC-4626) and tokens (ERC-20)
  Deposit: { sender: Address; owner: Address; assets: bigint; shares: bigint };
  Withdraw: { sender: Address; receiver: Address; owner: Address; assets: bigint; shares: bigint };
  ExitRequested: { owner: Address; shares: bigint; opensAt: bigint; closesAt: bigint };
  Transfer: { from: Address; to: Address; value: bigint };
  Approval: { owner: Address; spender: Address; value: bigint };
}

export type EventName = keyof EventArguments;

/** One event of one contract, with the second of its block. */
export type ModelEvent = {
  [Name in EventName]: { name: Name; emitter: Address; timestamp: bigint; args: EventArguments[Name] };
}[EventName];

/** The fields each event must have; a log decoded with another ABI fails here and not three steps later. */
const FIELDS: { readonly [Name in EventName]: readonly (keyof EventArguments[Name])[] } = {
  FacilityCreated: ["facility", "params"],
  Opened: ["id", "owner", "facility", "receiver", "collateral", "principal", "shares"],
  Drawn: ["id", "caller", "receiver", "assets", "shares"],
  Repaid: ["id", "payer", "assets", "shares"],
  ToppedUp: ["id", "payer", "collateral"],
  Withdrawn: ["id", "caller", "receiver", "collateral"],
  Closed: ["id", "caller", "receiver", "assets", "shares", "collateral"],
  Liquidated: ["id", "liquidator", "repaid", "seized", "debtClosed", "shares"],
  Marked: ["id", "caller", "expectedLoss"],
  TransferOffered: ["id", "owner", "newOwner", "caller"],
  Transferred: ["id", "from", "to"],
  AuthorisationSet: ["owner", "facility", "operator", "actions", "expiresAt", "cashLimit", "collateralLimit"],
  NonceUsed: ["owner", "nonce"],
  NewLoansStopped: ["facility", "stopped"],
  CapsSet: ["facility", "cap", "loanCap"],
  MaxLtvSet: ["facility", "maxLtvBps"],
  GateSet: ["facility", "gate"],
  OracleSet: ["facility", "oracle"],
  TermLoanOpened: [
    ...(["id", "owner", "facility", "receiver", "collateral", "principal"] as const),
    ...(["sheet", "annualRate", "instalment", "agreement"] as const),
  ],
  DefaultMarked: ["id", "caller", "defaultedAt"],
  Cured: ["id"],
  RolledOver: ["id", "caller", "principal", "sheet", "annualRate", "instalment", "agreement"],
  Accrued: ["interest", "rateAtTarget"],
  InterestSplit: ["toSenior", "toReserve"],
  FirstLossIncome: ["toJunior", "toCover", "premiumPaid"],
  LumpIncome: ["toJunior", "toReserve"],
  InterestReversed: ["byJunior", "bySenior", "byReserve"],
  ExpectedLossChanged: ["expectedLoss"],
  Entered: ["trancheClass", "assets"],
  Left: ["trancheClass", "assets"],
  LossRealised: ["byCover", "byJunior", "bySenior", "byReserve"],
  ReserveFeeSet: ["reserveFeeBps"],
  ReserveCollected: ["receiver", "assets"],
  Initialised: ["facility"],
  RedemptionsQueued: ["queued"],
  TermSheetAdded: ["sheet", "terms"],
  TermSheetRetired: ["sheet"],
  OperatorSet: ["controller", "operator", "approved"],
  RedeemRequest: ["controller", "owner", "requestId", "sender", "shares"],
  Served: ["shares", "assets", "waiting"],
  Claimed: ["requestId", "shares", "assets"],
  Deposit: ["sender", "owner", "assets", "shares"],
  Withdraw: ["sender", "receiver", "owner", "assets", "shares"],
  ExitRequested: ["owner", "shares", "opensAt", "closesAt"],
  Transfer: ["from", "to", "value"],
  Approval: ["owner", "spender", "value"],
};

/** A log as ethers or viem decode it. Integers may be numbers, addresses of any spelling. */
export interface DecodedLog {
  readonly name: string;
  /** Address of the contract. */
  readonly emitter: string;
  /** Second of the log's block. */
  readonly timestamp: bigint | number;
  readonly args: Readonly<Record<string, unknown>>;
}

function normalise(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (typeof value === "string") return isAddress(value) ? toAddress(value) : value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalise(inner)]));
}

/**
 * A decoded log as the machine reads it; undefined for events that say nothing about its state.
 *
 * @example
 * const event = toModelEvent({ name: log.name, emitter: log.address, timestamp: block.timestamp, args: log.args.toObject(true) });
 */
export function toModelEvent(log: DecodedLog): ModelEvent | undefined {
  if (!Object.hasOwn(FIELDS, log.name)) return undefined;
  const name = log.name as EventName;
  const args = normalise(log.args) as Record<string, unknown>;
  for (const field of FIELDS[name]) {
    if (args[field] === undefined)
      throw new ModelInputError(`${name}.${String(field)}`, "missing", "in the decoded log");
  }
  return { name, emitter: toAddress(log.emitter), timestamp: BigInt(log.timestamp), args } as ModelEvent;
}
