import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { keccak256 } from "ethers";
import {
  type TermPayment,
  type TermRequest,
  planMark,
  planMarkDefault,
  planPay,
  planRollOver,
} from "../../../sdk/client/actions/index.js";
import { formatCash, formatPercent, parsePositiveAmount, parsePercent } from "../../../sdk/client/amounts.js";
import { type Facility, facilityOf } from "../../../sdk/client/facility.js";
import { decodeLoanId, shortLoanId } from "../../../sdk/client/loanIds.js";
import {
  quoteTermLoan,
  readSchedule,
  readTermLoan,
  readTermSheets,
  termFacilityOf,
} from "../../../sdk/client/termLoan.js";
import { joined } from "../arguments.js";
import { calendarOf } from "../calendar.js";
import { execute } from "../execute.js";
import { UsageError } from "../exitCodes.js";
import { pairs } from "../output.js";
import { type Session, secondsArgument } from "../session.js";
import { readSigned } from "../signedFile.js";
import { instalmentJson, scheduleText, sheetJson, sheetsText, termJson, termRows } from "../termViews.js";
import { amountJson } from "../views.js";

export interface TermOptions {
  readonly term: string;
  /** Percent a year. */
  readonly maxRate?: string;
  /** How long the offer stands. */
  readonly within?: string;
  /** A hash, or the file that is hashed. */
  readonly agreement?: string;
}

/** What the options say of a loan's terms. */
export async function termRequest({ client }: Session, options: TermOptions): Promise<TermRequest> {
  const { maxRate, within, agreement } = options;
  const block = within === undefined ? null : await client.provider.getBlock("latest");
  return {
    sheet: sheetNumber(options.term),
    ...(maxRate === undefined ? {} : { maxAnnualRateWad: parsePercent(maxRate) }),
    ...(within === undefined ? {} : { deadline: BigInt(block?.timestamp ?? 0) + secondsArgument(within, "--within") }),
    ...(agreement === undefined ? {} : { agreement: agreementHash(agreement) }),
  };
}

function sheetNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--term "${text}" is no number of a term sheet: see ballast terms`);
  return Number(text);
}

function agreementHash(text: string): string {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text;
  if (!existsSync(text)) throw new UsageError(`--agreement "${text}" is neither 0x and 64 hex digits nor a file`);
  return keccak256(readFileSync(text));
}

/** What a term facility lends at. */
export async function terms({ client, output }: Session, facility: string): Promise<void> {
  const known = termFacilityOf(client, facility);
  const sheets = await readTermSheets(client, known.id);
  output.data(
    { facility: known.id, terms: sheets.map((sheet) => sheetJson(sheet, known)) },
    () => `Facility ${known.id} (${known.name}) lends at these terms:\n${sheetsText(sheets, known)}`,
  );
}

export interface ScheduleOptions {
  readonly facility?: string;
  readonly term?: string;
  readonly borrow?: readonly string[];
  readonly ics?: string;
}

/** The instalments of a loan, or of one that could be opened now. */
export async function schedule(session: Session, loan: string | undefined, options: ScheduleOptions): Promise<void> {
  if (loan === undefined) return preview(session, options);
  const { client, output } = session;
  const id = session.loanId(loan);
  const term = await readTermLoan(client, id);
  const rows = await readSchedule(client, id);
  if (options.ics !== undefined) {
    const block = await client.provider.getBlock("latest");
    writeFileSync(options.ics, calendarOf(term, rows, BigInt(block?.timestamp ?? 0)));
    output.message(`${rows.length} due dates written to ${options.ics}`);
  }
  const json = { loan: id, ...termJson(term), schedule: rows.map((row) => instalmentJson(row, term.facility)) };
  output.data(json, () => `${pairs(termRows(term))}\n${scheduleText(rows, term.facility)}`);
}

async function preview({ client, output }: Session, options: ScheduleOptions): Promise<void> {
  const { facility, term, borrow } = options;
  if (facility === undefined || term === undefined || borrow === undefined) {
    throw new UsageError("name a loan, or --facility, --term and --borrow of one that could be opened");
  }
  if (options.ics !== undefined) throw new UsageError("--ics needs a loan: what is not opened has no dates yet");
  const known = termFacilityOf(client, facility);
  const principal = parsePositiveAmount(joined(borrow), known.loan);
  const quote = await quoteTermLoan(client, { facility: known.id, sheet: sheetNumber(term), principal });
  const interest = quote.schedule.reduce((sum, row) => sum + row.interest, 0n);
  const json = {
    facility: known.id,
    term: sheetNumber(term),
    annualRateWad: quote.annualRateWad,
    principal: amountJson(principal, known.loan),
    interest: amountJson(interest, known.loan),
    schedule: quote.schedule.map((row) => instalmentJson(row, known)),
  };
  output.data(
    json,
    () =>
      `${formatCash(principal, known.loan)} at ${formatPercent(quote.annualRateWad)} a year, fixed; interest in all ${formatCash(interest, known.loan, "up")}:\n${scheduleText(quote.schedule, known)}`,
  );
}

function paymentOf(words: readonly string[], { loan }: Facility): TermPayment {
  const text = joined(words).trim().toLowerCase();
  if (text === "due" || text === "next" || text === "all") return text;
  return parsePositiveAmount(joined(words), loan);
}

export async function pay(session: Session, loan: string, amount: string[]): Promise<void> {
  const from = session.requireAddress();
  const id = session.loanId(loan, from);
  const facility = termFacilityOf(session.client, decodeLoanId(id).facility);
  await execute(session, await planPay(session.client, { from, id, payment: paymentOf(amount, facility) }));
}

export async function rollOver(
  session: Session,
  loan: string,
  options: TermOptions & { readonly authorisation?: string },
): Promise<void> {
  const from = session.requireAddress();
  const { authorisation } = options;
  const plan = await planRollOver(session.client, {
    from,
    id: session.loanId(loan, from),
    ...(await termRequest(session, options)),
    ...(authorisation === undefined ? {} : { authorisation: readSigned(authorisation) }),
  });
  await execute(session, plan);
}

export async function mark(session: Session, loan: string, options: { readonly default?: true }): Promise<void> {
  const from = session.requireAddress();
  const id = session.loanId(loan, from);
  if (options.default === true && facilityOf(session.client.deployment, decodeLoanId(id).facility).kind !== "term") {
    throw new UsageError(`loan ${shortLoanId(id)} has no dates: only a term loan can be in default`);
  }
  const plan = options.default === true ? planMarkDefault : planMark;
  await execute(session, await plan(session.client, { from, id }));
}
