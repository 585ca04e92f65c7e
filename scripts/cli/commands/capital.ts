import { formatBps, formatCash, formatPercent, formatTime, formatUnits } from "../../../sdk/client/amounts.js";
import {
  type BookCapital,
  type CapitalRatio,
  type CapitalReport,
  type FacilityCapital,
  readCapital,
} from "../../../sdk/client/capital.js";
import type { Token } from "../../../sdk/client/token.js";
import { UsageError } from "../exitCodes.js";
import { table } from "../output.js";
import type { Session } from "../session.js";
import { amountJson } from "../views.js";

/** Capital ratios, of one facility or of all and the whole book, as of any block. */
export async function capital(
  { client, output }: Session,
  facility: string | undefined,
  { block }: { readonly block?: string },
): Promise<void> {
  if (block !== undefined && !/^\d{1,15}$/.test(block)) throw new UsageError(`--block "${block}" is no block's number`);
  const report = await readCapital(client, {
    ...(facility === undefined ? {} : { facility }),
    ...(block === undefined ? {} : { blockTag: Number(block) }),
  });
  output.data(reportJson(report), () => reportText(report));
}

const fraction = (wad: bigint): string => formatUnits(wad, 18).replaceAll(",", "");

function ratioJson(ratio: CapitalRatio, loan: Token) {
  return {
    junior: amountJson(ratio.junior, loan),
    exposure: amountJson(ratio.exposure, loan),
    riskWeightedAssets: amountJson(ratio.riskWeightedAssets, loan),
    ratio: ratio.ratioWad === undefined ? null : fraction(ratio.ratioWad),
  };
}

function facilityJson(c: FacilityCapital) {
  const { loan } = c.facility;
  return {
    facility: c.facility.id,
    name: c.facility.name,
    regulatory: ratioJson(c, loan),
    riskClass: c.riskClass ?? null,
    weightBps: c.weightBps,
    minRatioBps: c.minRatioBps,
    required: amountJson(c.required, loan),
    headroom: c.headroom === undefined ? null : amountJson(c.headroom, loan),
    economic: c.economic.refusal === undefined ? ratioJson(c.economic, loan) : { refused: c.economic.refusal },
    haircutBps: c.haircutBps,
    table: c.table,
    nextTable: c.nextTable ?? null,
  };
}

function reportJson({ block, time, facilities, without, books }: CapitalReport) {
  return {
    block,
    time,
    facilities: facilities.map(facilityJson),
    withoutRatio: without.map(({ id, name }) => ({ facility: id, name })),
    books: books.map((book) => ({
      asset: book.loan.symbol,
      facilities: book.facilities,
      regulatory: ratioJson(book, book.loan),
      economic: book.economic === undefined ? null : ratioJson(book.economic, book.loan),
    })),
  };
}

const none = "–";
const ratioText = ({ ratioWad }: Pick<CapitalRatio, "ratioWad">): string =>
  ratioWad === undefined ? "nothing weighted" : formatPercent(ratioWad);

/** Of one column; what a book has not is a dash. */
type Cell = (ratio: CapitalRatio, loan: Token, facility: FacilityCapital | undefined) => string;

const ROWS: readonly (readonly [string, Cell])[] = [
  ["junior capital", ({ junior }, loan) => formatCash(junior, loan)],
  ["debt", ({ exposure }, loan) => formatCash(exposure, loan, "up")],
  ["risk class", (_, __, f) => (f === undefined ? none : (f.riskClass ?? "none assigned"))],
  ["weight", (_, __, f) => (f === undefined ? none : formatBps(f.weightBps))],
  ["risk-weighted assets", ({ riskWeightedAssets }, loan) => formatCash(riskWeightedAssets, loan, "up")],
  ["ratio", (ratio) => ratioText(ratio)],
  ["minimum", (_, __, f) => (f === undefined ? none : formatBps(f.minRatioBps))],
  ["required capital", (_, loan, f) => (f === undefined ? none : formatCash(f.required, loan, "up"))],
  ["may be lent more, by the ratio", (_, loan, f) => (f === undefined ? none : headroomText(f, loan))],
];

const headroomText = ({ headroom }: FacilityCapital, loan: Token): string =>
  headroom === undefined ? "any amount" : formatCash(headroom, loan);

const ECONOMIC_ROWS: readonly (readonly [string, Cell])[] = [
  ["not covered after haircut", ({ exposure }, loan) => formatCash(exposure, loan, "up")],
  ["weighted", ({ riskWeightedAssets }, loan) => formatCash(riskWeightedAssets, loan, "up")],
  ["economic ratio", (ratio) => ratioText(ratio)],
];

/** A facility, or a book. */
interface Column {
  readonly head: string;
  readonly ratio: CapitalRatio;
  readonly economic: CapitalRatio | undefined;
  readonly loan: Token;
  readonly facility: FacilityCapital | undefined;
}

function columnsOf(facilities: readonly FacilityCapital[], books: readonly BookCapital[]): Column[] {
  const ofFacility = (f: FacilityCapital): Column => ({
    head: `${f.facility.id} ${f.facility.name}`,
    ratio: f,
    economic: f.economic.refusal === undefined ? f.economic : undefined,
    loan: f.facility.loan,
    facility: f,
  });
  const ofBook = (book: BookCapital): Column => ({
    head: `book in ${book.loan.symbol}`,
    ratio: book,
    economic: book.economic,
    loan: book.loan,
    facility: undefined,
  });
  return [...facilities.map(ofFacility), ...books.map(ofBook)];
}

function reportText({ block, time, facilities, without, books }: CapitalReport): string {
  const lines = [`Block ${block}, ${formatTime(time)}.`];
  if (facilities.length > 0) {
    const columns = columnsOf(facilities, books);
    const rows = [
      ...ROWS.map(([name, of]) => [name, ...columns.map((c) => of(c.ratio, c.loan, c.facility))]),
      ["haircut", ...columns.map(({ facility }) => (facility === undefined ? none : formatBps(facility.haircutBps)))],
      ...ECONOMIC_ROWS.map(([name, of]) => [
        name,
        ...columns.map((c) => (c.economic === undefined ? "no price" : of(c.economic, c.loan, c.facility))),
      ]),
    ];
    lines.push(table(["", ...columns.map(({ head }) => head)], rows));
  }
  for (const { facility, table: t, nextTable } of facilities) {
    const next =
      nextTable === undefined
        ? ""
        : `; version ${nextTable.version.toString()} applies from ${formatTime(nextTable.effectiveAt)}`;
    lines.push(
      `Facility ${facility.id}: table of weights version ${t.version.toString()}, since ${formatTime(t.effectiveAt)}${next}.`,
    );
  }
  for (const { facility, economic } of facilities) {
    if (economic.refusal !== undefined)
      lines.push(`Facility ${facility.id} has no economic view: ${economic.refusal}.`);
  }
  for (const { id, name } of without) lines.push(`Facility ${id} (${name}) has no capital ratio.`);
  return lines.join("\n");
}
