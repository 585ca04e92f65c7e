import type { StoredResult } from "../store/store.js";

/** What was earned and paid for over some results; amounts in the loan asset's smallest unit, fees wei. */
export interface LedgerRow {
  /** Day (UTC, 2026-01-31) or loan. */
  readonly key: string;
  readonly loanAsset: string;
  /** Liquidations and orders that were done. */
  readonly done: number;
  /** Everything else that was paid for: lost races, reverts, notes, cancellations. */
  readonly other: number;
  readonly repaid: bigint;
  readonly seized: bigint;
  readonly grossProfit: bigint;
  readonly fees: bigint;
  readonly netProfit: bigint;
  readonly feesWei: bigint;
  /** Results whose fees could not be counted in the loan asset, as there was no price of ether. */
  readonly unpriced: number;
}

/** What earns; the rest only costs. */
const EARNS = new Set(["liquidate", "order"]);
/** What no loan asset is known of. */
const NO_ASSET = "";

const dayOf = ({ timestamp }: Pick<StoredResult, "timestamp">): string =>
  new Date(timestamp * 1_000).toISOString().slice(0, 10);

export const byDay = (results: readonly StoredResult[]): LedgerRow[] => rowsBy(results, dayOf);
export const byLoan = (results: readonly StoredResult[]): LedgerRow[] => rowsBy(results, ({ subject }) => subject);
export const inAll = (results: readonly StoredResult[]): LedgerRow[] => rowsBy(results, () => "all");

/** One row for each key and loan asset, in the order in which they first occur. */
function rowsBy(results: readonly StoredResult[], keyOf: (result: StoredResult) => string): LedgerRow[] {
  const rows = new Map<string, LedgerRow>();
  for (const result of results) {
    const key = keyOf(result);
    const loanAsset = result.loanAsset ?? NO_ASSET;
    const place = `${key}/${loanAsset}`;
    rows.set(place, added(rows.get(place) ?? emptyRow(key, loanAsset), result));
  }
  return [...rows.values()];
}

const emptyRow = (key: string, loanAsset: string): LedgerRow => ({
  ...{ key, loanAsset, done: 0, other: 0, unpriced: 0 },
  ...{ repaid: 0n, seized: 0n, grossProfit: 0n, fees: 0n, netProfit: 0n, feesWei: 0n },
});

function added(row: LedgerRow, { kind, outcome, details, ...result }: StoredResult): LedgerRow {
  const isDone = outcome === "done" && EARNS.has(kind);
  const grossProfit = row.grossProfit + BigInt(result.grossProfit);
  const fees = row.fees + BigInt(result.feesInLoanAsset ?? 0);
  return {
    ...row,
    done: row.done + (isDone ? 1 : 0),
    other: row.other + (isDone ? 0 : 1),
    repaid: row.repaid + amountOf(details.repaid),
    seized: row.seized + amountOf(details.seized),
    grossProfit,
    fees,
    netProfit: grossProfit - fees,
    feesWei: row.feesWei + BigInt(result.feesWei),
    unpriced: row.unpriced + (result.feesInLoanAsset === null ? 1 : 0),
  };
}

const amountOf = (text: unknown): bigint => (typeof text === "string" ? BigInt(text) : 0n);
