import type { termLensAbi } from "./abi/index.js";
import { type Client, termPoolAt } from "./client.js";
import { ClientError } from "./errors.js";
import { refusalOf } from "./explain.js";
import { type Facility, facilityOf } from "./facility.js";
import { NoSuchLoan } from "./loanState.js";
import type { AbiResult, ReadOptions } from "./typedContract.js";

/** What a term facility lends at. Rates and shares in basis points, amounts in loan units, times in seconds. */
export interface TermSheet {
  /** Its number in the facility. */
  readonly number: number;
  readonly intervalSeconds: bigint;
  /** Of instalments. */
  readonly count: bigint;
  readonly graceSeconds: bigint;
  readonly latePremiumBps: bigint;
  readonly prepaymentFeeBps: bigint;
  readonly balloonBps: bigint;
  readonly spreadBps: bigint;
  readonly lateFee: bigint;
  /** No new loan takes it. */
  readonly retired: boolean;
}

/** One instalment to come. Amounts in loan units. */
export interface Instalment {
  /** From 1. */
  readonly number: bigint;
  readonly dueAt: bigint;
  readonly interest: bigint;
  readonly principal: bigint;
  /** Principal afterwards. */
  readonly left: bigint;
}

/** A term loan's dates and dues, as of one block. Amounts in loan units, times in seconds. */
export interface TermLoanState {
  readonly id: bigint;
  readonly facility: Facility;
  readonly sheet: number;
  readonly openedAt: bigint;
  readonly annualRateWad: bigint;
  readonly latePremiumWad: bigint;
  readonly lateFee: bigint;
  readonly intervalSeconds: bigint;
  readonly count: bigint;
  readonly graceSeconds: bigint;
  /** The equal payment. */
  readonly instalment: bigint;
  readonly principal: bigint;
  /** The part of it that is overdue. */
  readonly arrears: bigint;
  /** Money paid ahead of the next instalment. */
  readonly credit: bigint;
  /** How many due dates have passed, and for how many everything is paid. */
  readonly passed: bigint;
  readonly paid: bigint;
  readonly debt: bigint;
  /** What ends the loan now, with a fee for prepayment where one is due. */
  readonly payOff: bigint;
  /** What is overdue, with late charges. */
  readonly dueNow: bigint;
  /** Undefined after the last. */
  readonly nextDueAt: bigint | undefined;
  /** What that date asks for beyond what is due now. */
  readonly nextPayment: bigint;
  /** Last second at which what is overdue may be paid before the loan is in default; undefined where nothing is overdue. */
  readonly defaultsAfter: bigint | undefined;
  /** Undefined where it is not marked as in default. */
  readonly defaultMarkedAt: bigint | undefined;
  /** Loss that lenders expect of it, as last marked. */
  readonly expectedLoss: bigint;
}

/** The facility lends without dates, or the loan has none. */
export class NoTermLoan extends ClientError {}

type Overview = AbiResult<typeof termLensAbi, "termLoanOverview">;

const NOBODY = "0x0000000000000000000000000000000000000000";
const NEVER = 2n ** 256n - 1n;

/** A facility that lends by term sheets. */
export function termFacilityOf(client: Client, facility: number | string): Facility {
  const known = facilityOf(client.deployment, facility);
  if (known.kind === "term") return known;
  throw new NoTermLoan(
    `facility ${known.id} (${known.name}) is revolving: its loans have no dates. Leave --term out, or name a term facility`,
  );
}

/** All sheets a facility has published, retired ones included. */
export async function readTermSheets(
  client: Client,
  facility: number | string,
  options: ReadOptions = {},
): Promise<TermSheet[]> {
  const pool = termPoolAt(termFacilityOf(client, facility).pool);
  const count = Number(await pool.read(client.provider, "sheetCount", [], options));
  const numbers = [...Array(count).keys()];
  return Promise.all(
    numbers.map(async (number) => ({
      number,
      ...(await pool.read(client.provider, "sheetOf", [BigInt(number)], options)),
    })),
  );
}

function stateOf(client: Client, facility: number, o: Overview): TermLoanState {
  const { terms, balance } = o;
  return {
    id: o.id,
    facility: facilityOf(client.deployment, facility),
    sheet: Number(o.sheet),
    openedAt: terms.openedAt,
    annualRateWad: terms.annualRateWad,
    latePremiumWad: terms.latePremiumWad,
    lateFee: terms.lateFee,
    intervalSeconds: terms.intervalSeconds,
    count: terms.count,
    graceSeconds: terms.graceSeconds,
    instalment: balance.instalment,
    principal: balance.principal,
    arrears: balance.arrears,
    credit: balance.credit,
    passed: balance.passed,
    paid: balance.paid,
    debt: o.debt,
    payOff: o.payOff,
    dueNow: o.dueNow,
    nextDueAt: o.nextDueAt === 0n ? undefined : o.nextDueAt,
    nextPayment: o.nextPayment,
    defaultsAfter: o.defaultsAfter === NEVER || o.debt === 0n ? undefined : o.defaultsAfter,
    defaultMarkedAt: o.defaultMarkedAt === 0n ? undefined : o.defaultMarkedAt,
    expectedLoss: o.expectedLoss,
  };
}

/**
 * Dates and dues of a term loan.
 *
 * @throws NoSuchLoan, NoTermLoan
 */
export async function readTermLoan(client: Client, id: bigint, options: ReadOptions = {}): Promise<TermLoanState> {
  const facility = termFacilityOf(client, facilityNumber(id));
  const overview = await client.termLens.read(client.provider, "termLoanOverview", [id], options);
  if (overview.owner === NOBODY) throw new NoSuchLoan(id);
  return stateOf(client, facility.id, overview);
}

/** Whether a loan has dates: its facility's number says so. */
export function isTermLoan(client: Client, id: bigint): boolean {
  return facilityOf(client.deployment, facilityNumber(id)).kind === "term";
}

/** The instalments to come, if what is due now is paid now. */
export async function readSchedule(client: Client, id: bigint, options: ReadOptions = {}): Promise<Instalment[]> {
  termFacilityOf(client, facilityNumber(id));
  return [...(await client.termLens.read(client.provider, "schedule", [id], options))];
}

/** What a loan opened now would be: its rate, fixed for its life, and its instalments. */
export interface TermQuote {
  readonly annualRateWad: bigint;
  readonly schedule: Instalment[];
}

/**
 * The rate at which a loan would be opened, or rolled over, now.
 *
 * @param request.drawn cash that leaves the pool for it
 * @throws ContractRefused where the facility has not that much to lend, or offers no such sheet
 */
export async function readOfferedRate(
  client: Client,
  request: { readonly facility: number | string; readonly sheet: number; readonly drawn: bigint },
): Promise<bigint> {
  const facility = termFacilityOf(client, request.facility);
  return termPoolAt(facility.pool)
    .read(client.provider, "offeredRate", [BigInt(request.sheet), request.drawn])
    .catch((error: unknown) => {
      throw refusalOf(error, "to quote a rate", { facility }) ?? error;
    });
}

/** @throws ContractRefused where the facility has not that much to lend, or offers no such sheet */
export async function quoteTermLoan(
  client: Client,
  request: { readonly facility: number | string; readonly sheet: number; readonly principal: bigint },
  options: ReadOptions = {},
): Promise<TermQuote> {
  const facility = termFacilityOf(client, request.facility);
  const asked = [BigInt(facility.id), BigInt(request.sheet), request.principal] as const;
  const [annualRateWad, schedule] = await client.termLens
    .read(client.provider, "previewSchedule", asked, options)
    .catch((error: unknown) => {
      throw refusalOf(error, "to quote a term loan", { facility }) ?? error;
    });
  return { annualRateWad, schedule: [...schedule] };
}

const facilityNumber = (id: bigint): number => Number((id >> 64n) & 0xffffffffn);
